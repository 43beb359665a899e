#include "resolver/live/world.h"

#include <assert.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "conf/conf.h"
#include "resolver/live/free_zone.h"
#include "zones/hash.h"
#include "zones/hosts.h"
#include "zones/load.h"

enum { FREE_SLICE_LEN = 1 << 20 };

/* Returns the live names for building zones; the caller frees them with free(). */
static struct zone_live *lives_of(const struct settings *s, const uint32_t *numbers,
				  size_t count)
{
	struct zone_live *rows = alloc_array(count, sizeof(*rows));

	for (size_t i = 0; i < count; i++) {
		const struct live_name *n = &s->names->rows[numbers[i]];
		const struct conf_live *l = &s->conf->lives[n->live];

		rows[i] = (struct zone_live){
			.name = &n->name,
			.index = numbers[i],
			.sets = n->sets,
			.uses_file = n->pbx == CONF_NONE &&
				     l->all_down == ALL_DOWN_FILE,
			.place = l->place,
		};
	}
	return rows;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Whether a zone has the same live names, with the same sets. */
static bool same_lives(const struct settings *a, uint32_t a_zone,
		       const struct settings *b, uint32_t b_zone)
{
	size_t a_count, b_count;
	const uint32_t *x = settings_of_zone(a, a_zone, &a_count);
	const uint32_t *y = settings_of_zone(b, b_zone, &b_count);

	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (x[i] != y[i] ||
		    a->names->rows[x[i]].sets != b->names->rows[y[i]].sets)
			return false;
	return true;
}

/* Returns the number of the same zone in the previous configuration, or CONF_NONE; in a
 * zone set the zones of conf are first. */
static uint32_t zone_before(const struct world *was, const struct name *origin)
{
	size_t number;

	if (was == NULL || !zone_set_number(was->zones, origin, &number) ||
	    number >= was->conf->zone_count)
		return CONF_NONE;
	return (uint32_t)number;
}

/* "FILE:3:7: TEXT", without the numbers that are not known. */
static char *placed(const struct diag *d)
{
	const struct diag_place *at = &d->place;

	if (at->line == 0)
		return alloc_format("%s: %s", at->file ? at->file : "-", d->text);
	if (at->col == 0)
		return alloc_format("%s:%u: %s", at->file, at->line, d->text);
	return alloc_format("%s:%u:%u: %s", at->file, at->line, at->col, d->text);
}

static char *first_error(const struct diags *d, size_t from)
{
	for (size_t i = from; i < d->count; i++)
		if (d->rows[i].level == DIAG_ERROR)
			return placed(&d->rows[i]);
	return alloc_text("it cannot be loaded");
}

/* Returns the previous zone if its file and its live names are unchanged. */
static struct zone *unchanged(const struct world *w, const struct world *was,
			      uint32_t zone, const struct name *origin)
{
	uint32_t old = zone_before(was, origin);
	struct zone *good;

	if (old == CONF_NONE || was->states[old].broken ||
	    strcmp(was->conf->zones[old].file, w->conf->zones[zone].file) != 0 ||
	    !same_file(&was->states[old].file, &w->states[zone].file))
		return NULL;
	good = zone_set_exact(was->zones, origin);
	if (zone_has_includes(good) || /* whose files may have changed */
	    !same_lives(was->settings, old, w->settings, zone))
		return NULL;
	w->states[zone].loaded_at = was->states[old].loaded_at;
	return good;
}

static void keep_or_break(struct world *w, const struct world *was, uint32_t zone,
			  const struct name *origin)
{
	uint32_t old = zone_before(was, origin);
	struct zone *good = was ? zone_set_exact(was->zones, origin) : NULL;
	int err;

	w->states[zone].broken = true;
	if (good && old != CONF_NONE) {
		w->states[zone].kept = true;
		w->states[zone].loaded_at = was->states[old].loaded_at;
		err = zone_set_add(w->zones, good);
	} else {
		err = zone_set_add_broken(w->zones, origin);
	}
	assert(err == OK); /* conf names no zone twice */
}

static void load_zone(struct world *w, const struct world *was, uint32_t zone,
		      const struct name *origin, struct diags *diags)
{
	size_t count;
	const uint32_t *numbers = settings_of_zone(w->settings, zone, &count);
	struct zone_live *lives = lives_of(w->settings, numbers, count);
	const struct zone_load load = {
		.path = w->conf->zones[zone].file,
		.origin = origin,
		.lives = lives,
		.live_count = count,
	};
	size_t before = diags->count;
	struct zone *loaded;
	int err;

	w->states[zone].loaded_at = time(NULL);
	err = zone_load(&load, diags, &loaded);
	if (err) {
		w->states[zone].error = first_error(diags, before);
		keep_or_break(w, was, zone, origin);
	} else {
		err = zone_set_add(w->zones, loaded);
		assert(err == OK);
		zone_unref(loaded);
	}
	free(lives);
}

static void add_zone(struct world *w, const struct world *was, uint32_t zone,
		     enum world_reading reading, struct diags *diags)
{
	const struct conf_zone *z = &w->conf->zones[zone];
	struct zone *same = NULL;
	const struct name *origin = &z->name.wire;

	if (stat(z->file, &w->states[zone].file) == 0 && reading == WORLD_CHANGED_FILES)
		same = unchanged(w, was, zone, origin);
	if (same) {
		int err = zone_set_add(w->zones, same);

		assert(err == OK);
	} else {
		load_zone(w, was, zone, origin, diags);
	}
}

static int add_free(struct world *w, uint32_t live, struct diags *diags)
{
	size_t count;
	const uint32_t *numbers = settings_of_free(w->settings, live, &count);
	struct zone_live *lives = lives_of(w->settings, numbers, count);
	struct zone *made;
	int err = free_zone_new(&w->conf->lives[live], lives, count, w->conf->node.name,
				diags, &made);

	if (err == OK) {
		err = zone_set_add(w->zones, made);
		if (err)
			diags_add(diags, DIAG_ERROR, w->conf->lives[live].place,
				  "%s is already the name of a zone or host",
				  w->conf->lives[live].name.text);
		zone_unref(made);
	}
	free(lives);
	return err ? ERR_INVALID : OK;
}

/* Sets the answers at live names that depend on their zones; those of unchanged zones
 * are shared. */
static void add_live_zones(struct world *w, const struct world *was)
{
	bool same = was && was->settings == w->settings;

	w->live_zones = alloc_array(w->conf->live_count, sizeof(struct live_zone *));
	for (size_t i = 0; i < w->conf->live_count; i++) {
		const struct conf_live *l = &w->conf->lives[i];
		bool broken;
		struct zone *zone = zone_set_find(w->zones, &l->name.wire, &broken);

		if (zone && same && was->live_zones[i] &&
		    was->live_zones[i]->zone == zone)
			w->live_zones[i] = live_zone_ref(was->live_zones[i]);
		else if (zone)
			w->live_zones[i] = live_zone_new(l, &l->name.wire, zone);
	}
}

static uint64_t fold_text(uint64_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = hash_fold(hash ^ (uint8_t)*text, hash_key[1]);
	return hash_fold(hash ^ 0x100, hash_key[1]);
}

/* See `foreign`. Files that the recursor reads may have changed. */
static uint64_t foreign_of(const struct world *w)
{
	const struct conf_recursion *r = &w->conf->recursion;
	uint64_t hash = hash_fold(hash_root() ^ r->validate, hash_key[1]);
	uint64_t apexes = 0;

	for (size_t i = 0; i < zone_set_count(w->zones); i++) {
		const struct name *origin;
		char text[NAME_TEXT_LEN];

		(void)zone_set_at(w->zones, i, &origin);
		apexes += fold_text(hash_root(), name_format(origin->wire, text));
	}
	for (size_t i = 0; i < r->inside_count; i++)
		hash = fold_text(hash, r->inside[i].text);
	for (size_t i = 0; i < r->forwarder_count; i++) {
		char text[ADDR_TEXT_LEN];

		hash = fold_text(hash, addr_format(&r->forwarders[i], text));
		hash = hash_fold(hash ^ r->forwarders[i].port, hash_key[1]);
	}
	if (r->root_hints || r->trust_anchors)
		hash = hash_fold(hash ^ w->settings->serial, hash_key[1]);
	return hash_fold(hash ^ apexes, hash_key[1]);
}

/* Makes a world without zones, which takes over the reference to the settings. */
static struct world *world_of(struct settings *s, const struct world *was)
{
	struct world *w = alloc(sizeof(*w));

	w->refs = 1;
	w->serial = was ? was->serial + 1 : 1;
	w->settings = s;
	w->conf = s->conf;
	w->slots = s->slots;
	w->access = s->access;
	w->names = s->names;
	w->rebind = s->rebind;
	w->zones = zone_set_new();
	w->states = alloc_array(s->conf->zone_count, sizeof(*w->states));
	return w;
}

int world_new(struct conf *conf, const struct world *was, enum world_reading reading,
	      struct diags *diags, struct diags *zones, struct world **out)
{
	struct world *w = world_of(settings_new(conf, was ? was->settings : NULL), was);
	int err;

	for (uint32_t i = 0; i < conf->zone_count; i++)
		add_zone(w, was, i, reading, zones);
	err = hosts_add_zones(conf, w->zones, diags);
	for (uint32_t i = 0; i < conf->live_count; i++)
		if (conf->lives[i].zone == CONF_NONE && add_free(w, i, diags))
			err = ERR_INVALID;
	if (err) {
		world_unref(w);
		return err;
	}
	add_live_zones(w, was);
	w->foreign = foreign_of(w);
	*out = w;
	return OK;
}

/* Takes over a zone unchanged. */
static void share_zone(struct world *w, const struct world *was, size_t number)
{
	const struct name *origin;
	struct zone *zone = zone_set_at(was->zones, number, &origin);
	int err = zone ? zone_set_add(w->zones, zone)
		       : zone_set_add_broken(w->zones, origin);

	assert(err == OK);
	if (number >= w->conf->zone_count)
		return;
	w->states[number] = was->states[number];
	if (was->states[number].error)
		w->states[number].error = alloc_text(was->states[number].error);
}

struct world *world_reread(const struct world *was, uint32_t zone, struct diags *diags)
{
	struct world *w = world_of(settings_ref(was->settings), was);

	for (uint32_t i = 0; i < zone_set_count(was->zones); i++)
		if (i < w->conf->zone_count && (zone == CONF_NONE || zone == i))
			add_zone(w, was, i, WORLD_ALL_FILES, diags);
		else
			share_zone(w, was, i);
	add_live_zones(w, was);
	w->foreign = was->foreign;
	return w;
}

struct world *world_ref(struct world *w)
{
	__atomic_add_fetch(&w->refs, 1, __ATOMIC_RELAXED);
	return w;
}

void world_unref(struct world *w)
{
	if (w == NULL || __atomic_sub_fetch(&w->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	while (!zone_set_free_slice(w->zones, FREE_SLICE_LEN))
		sched_yield();
	for (size_t i = 0; i < w->conf->zone_count; i++)
		free(w->states[i].error);
	free(w->states);
	for (size_t i = 0; w->live_zones && i < w->conf->live_count; i++)
		live_zone_unref(w->live_zones[i]);
	free(w->live_zones);
	settings_unref(w->settings);
	free(w);
}
