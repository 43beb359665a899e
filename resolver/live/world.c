#include "resolver/live/world.h"

#include <assert.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "resolver/live/free_zone.h"
#include "zones/hosts.h"
#include "zones/load.h"

enum { FREE_SLICE_LEN = 1 << 20 };

/* The live names that stand in one zone of conf, or are one free live name and what is
 * below it. */
struct zone_lives {
	struct zone_live *rows;
	size_t count;
};

static void add_live(struct zone_lives *l, const struct live_name *n, size_t number)
{
	l->rows = alloc_resize(l->rows, l->count + 1, sizeof(*l->rows));
	l->rows[l->count++] = (struct zone_live){
		.name = n->name,
		.index = (uint32_t)number,
		.sets = n->sets,
	};
}

static struct zone_lives lives_of_zone(const struct world *w, uint32_t zone)
{
	struct zone_lives l = { 0 };

	for (size_t i = 0; i < w->names->count; i++) {
		const struct live_name *n = &w->names->rows[i];

		if (n->live != CONF_NONE && w->conf->lives[n->live].zone == zone)
			add_live(&l, n, i);
	}
	return l;
}

static struct zone_lives lives_of_free(const struct world *w, uint32_t live)
{
	struct zone_lives l = { 0 };

	for (size_t i = 0; i < w->names->count; i++)
		if (w->names->rows[i].live == live)
			add_live(&l, &w->names->rows[i], i);
	return l;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool same_lives(const struct zone_lives *a, const struct zone_lives *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->rows[i].index != b->rows[i].index ||
		    a->rows[i].sets != b->rows[i].sets)
			return false;
	return true;
}

/* The same zone of the configuration before, or CONF_NONE. */
static uint32_t zone_before(const struct world *was, const struct conf_zone *z)
{
	for (uint32_t i = 0; was && i < was->conf->zone_count; i++)
		if (strcmp(was->conf->zones[i].name, z->name) == 0)
			return i;
	return CONF_NONE;
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

/* The zone as it was, where its file and its live names are what they were. */
static struct zone *unchanged(const struct world *w, const struct world *was,
			      uint32_t zone, const struct name *origin,
			      const struct zone_lives *lives)
{
	uint32_t old = zone_before(was, &w->conf->zones[zone]);
	struct zone *good = was ? zone_set_exact(was->zones, origin) : NULL;
	struct zone_lives before;
	bool same;

	if (was == NULL || old == CONF_NONE || was->states[old].broken ||
	    strcmp(was->conf->zones[old].file, w->conf->zones[zone].file) != 0 ||
	    !same_file(&was->states[old].file, &w->states[zone].file) ||
	    zone_has_includes(good)) /* whose files may have changed */
		return NULL;
	before = lives_of_zone(was, old);
	same = same_lives(&before, lives);
	free(before.rows);
	if (!same)
		return NULL;
	w->states[zone].loaded_at = was->states[old].loaded_at;
	return good;
}

static void keep_or_break(struct world *w, const struct world *was, uint32_t zone,
			  const struct name *origin)
{
	uint32_t old = zone_before(was, &w->conf->zones[zone]);
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

static void add_zone(struct world *w, const struct world *was, uint32_t zone,
		     enum world_reading reading, struct diags *diags)
{
	const struct conf_zone *z = &w->conf->zones[zone];
	struct zone_lives lives = lives_of_zone(w, zone);
	size_t before = diags->count;
	struct zone *loaded = NULL;
	struct name origin;
	int err = name_parse(z->name, strlen(z->name), NULL, &origin);

	assert(err == OK); /* checked with the configuration */
	name_lower(&origin);
	if (stat(z->file, &w->states[zone].file) == 0 && reading == WORLD_CHANGED_FILES)
		loaded = unchanged(w, was, zone, &origin, &lives);
	if (loaded) {
		zone_ref(loaded);
	} else {
		const struct zone_load load = {
			.path = z->file,
			.origin = &origin,
			.lives = lives.rows,
			.live_count = lives.count,
		};

		w->states[zone].loaded_at = time(NULL);
		err = zone_load(&load, diags, &loaded);
	}
	if (err) {
		w->states[zone].error = first_error(diags, before);
		keep_or_break(w, was, zone, &origin);
	} else {
		err = zone_set_add(w->zones, loaded);
		assert(err == OK);
		zone_unref(loaded);
	}
	free(lives.rows);
}

static int add_free(struct world *w, uint32_t live, struct diags *diags)
{
	struct zone_lives lives = lives_of_free(w, live);
	struct zone *made;
	int err = free_zone_new(&w->conf->lives[live], lives.rows, lives.count,
				w->conf->node.name, diags, &made);

	if (err == OK) {
		err = zone_set_add(w->zones, made);
		if (err)
			diags_add(diags, DIAG_ERROR, w->conf->lives[live].place,
				  "%s is already the name of a zone or host",
				  w->conf->lives[live].name);
		zone_unref(made);
	}
	free(lives.rows);
	return err ? ERR_INVALID : OK;
}

int world_new(struct conf *conf, const struct world *was, enum world_reading reading,
	      struct diags *diags, struct diags *zones, struct world **out)
{
	struct world *w = alloc(sizeof(*w));
	int err;

	w->refs = 1;
	w->serial = was ? was->serial + 1 : 1;
	w->conf = conf;
	w->slots = slots_new(conf, was ? was->slots : NULL);
	w->access = access_new(conf);
	w->zones = zone_set_new();
	w->names = live_names_new(conf, was ? was->names : NULL);
	w->rebind = rebind_new((const char *const *)conf->recursion.inside,
			       conf->recursion.inside_count);
	w->states = alloc_array(conf->zone_count, sizeof(*w->states));
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
	*out = w;
	return OK;
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
	live_names_free(w->names);
	rebind_free(w->rebind);
	access_free(w->access);
	slots_free(w->slots);
	conf_free(w->conf);
	free(w);
}
