#include "resolver/live/live.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/fnv.h"
#include "conf/conf.h"
#include "dns/rr.h"
#include "resolver/live/live_names.h"
#include "resolver/live/live_set.h"
#include "resolver/live/settings.h"

/* The variants of one owned set: by state and phase. */
struct live_table {
	struct chain_part part;
	size_t state_count;
	const struct ready **variants;
};

struct live_row {
	struct chain chain;
	struct live_table *tables; /* LIVE_SETS; perhaps those of an earlier row */
	bool owns_tables;
};

struct blob {
	uint64_t hash;
	struct ready *ready; /* NULL: the slot is free */
};

/* Equal blobs are kept once. */
struct blobs {
	struct blob *slots;
	size_t slot_count; /* a power of two, or 0 */
	size_t count;
	size_t octets_len;
};

struct live {
	uint32_t refs; /* touched atomically */
	struct settings *settings;
	struct board *board;
	size_t class_count;
	struct live_row *rows; /* by live name and class */
	size_t row_count;
	uint32_t slot_end;
	uint32_t *of_slot;   /* by slot: first place in `depending`; one more behind */
	uint32_t *depending; /* rows whose chain has the slot's pbx */
	const struct ready **members; /* by number, view and set; see member_at */
	size_t *member_at;            /* by number: first place in `members` */
	struct ready *servfail;
	struct blobs blobs;
	struct ready_builder *builder; /* while it is made */
};

/* The slot of an equal blob, or the free one where it belongs. */
static struct blob *blob_slot(const struct blobs *b, uint64_t hash,
			      const struct ready *r, size_t len)
{
	size_t at = hash & (b->slot_count - 1);

	while (b->slots[at].ready &&
	       (b->slots[at].hash != hash || ready_len(b->slots[at].ready) != len ||
		memcmp(b->slots[at].ready, r, len) != 0))
		at = (at + 1) & (b->slot_count - 1);
	return &b->slots[at];
}

static void blobs_grow(struct blobs *b)
{
	struct blobs fresh = *b;

	fresh.slot_count = b->slot_count ? 2 * b->slot_count : 64;
	fresh.slots = alloc_array(fresh.slot_count, sizeof(*fresh.slots));
	for (size_t i = 0; i < b->slot_count; i++) {
		const struct blob *was = &b->slots[i];

		if (was->ready)
			*blob_slot(&fresh, was->hash, was->ready,
				   ready_len(was->ready)) = *was;
	}
	free(b->slots);
	*b = fresh;
}

/* Returns a copy that is kept, perhaps one that was there. NULL stays NULL. */
static const struct ready *blobs_keep(struct blobs *b, const struct ready *r)
{
	struct blob *slot;
	uint64_t hash;
	size_t len;

	if (r == NULL)
		return NULL;
	if (2 * b->count >= b->slot_count)
		blobs_grow(b);
	len = ready_len(r);
	hash = fnv_fold(FNV_BEGIN, r, len);
	slot = blob_slot(b, hash, r, len);
	if (slot->ready == NULL) {
		*slot = (struct blob){ hash, alloc_copy(r, len) };
		b->count++;
		b->octets_len += len;
	}
	return slot->ready;
}

static void blobs_fini(struct blobs *b)
{
	for (size_t i = 0; i < b->slot_count; i++)
		free(b->slots[i].ready);
	free(b->slots);
}

static struct live_row *row_at(const struct live *l, uint32_t live, uint32_t class)
{
	return &l->rows[live * l->class_count + class];
}

/* A hash over what is equal if rows_agree(). */
static uint64_t row_hash(const struct live *l, const struct chain *c)
{
	uint64_t hash = fnv_fold(FNV_BEGIN, &c->needs, sizeof(c->needs));

	for (size_t i = 0; i < c->member_count; i++) {
		const struct board_row *row = board_row(l->board, c->members[i].slot);
		uint64_t view = row ? (uint64_t)(row_view(row, c->site) - row->views)
				    : 0;

		hash = fnv_fold(hash, &c->members[i].slot, sizeof(c->members[i].slot));
		hash = fnv_fold(hash, &view, sizeof(view));
	}
	return hash ^ hash >> 32;
}

/* Whether the same states give the same answers: then the tables are shared. */
static bool rows_agree(const struct live *l, const struct chain *a,
		       const struct chain *b)
{
	if (a->member_count != b->member_count || a->needs != b->needs)
		return false;
	for (size_t i = 0; i < a->member_count; i++) {
		const struct board_row *row = board_row(l->board, a->members[i].slot);

		if (a->members[i].slot != b->members[i].slot || row == NULL ||
		    row_view(row, a->site) != row_view(row, b->site))
			return false;
	}
	return true;
}

struct row_filling {
	struct live *live;
	struct live_table *table;
	const struct live_place *place;
	enum live_set set;
};

static void fill_state(void *arg, size_t index, const struct choice *choice)
{
	struct row_filling *f = arg;
	const struct ready **at = &f->table->variants[index * TTL_PHASES];

	if (choice->kind != CHOICE_PBX)
		return;
	for (enum ttl_phase phase = 0; phase < TTL_PHASES; phase++) {
		uint32_t ttl_s = chain_ttl(f->place->chain->ttl_s, phase);

		at[phase] = blobs_keep(&f->live->blobs,
				       live_set_build(f->place, f->set, choice, ttl_s));
	}
}

static int fill_table(struct live *l, struct live_table *table,
		      const struct live_place *place, enum live_set set)
{
	struct row_filling f = { l, table, place, set };
	int err;

	table->part = live_set_part(place, set);
	if (table->part.families && table->part.transports &&
	    chain_state_count(place->chain, l->board, &table->part,
			      LIVE_GLUED_STATES_MAX, &table->state_count))
		table->part.families = 0; /* clients ask for the addresses */
	err = chain_state_count(place->chain, l->board, &table->part, LIVE_STATES_MAX,
				&table->state_count);
	if (err)
		return err;
	table->variants = alloc_array(table->state_count * TTL_PHASES,
				      sizeof(struct ready *));
	chain_states(place->chain, l->board, &table->part, fill_state, &f);
	return OK;
}

static struct live_place place_of(const struct live *l, const struct live_name *n,
				  const struct chain *chain)
{
	return (struct live_place){
		.name = n->name,
		.chain = chain,
		.board = l->board,
		.builder = l->builder,
	};
}

/* The rows of one live name that own tables, by hash: a class + 1 each, 0: free. */
struct owners {
	uint32_t *slots;
	size_t slot_count; /* a power of two, more than there are classes */
};

/* The place of a row that agrees, or where this one belongs. */
static uint32_t *owner_slot(const struct live *l, const struct owners *o,
			    const struct live_name *n, const struct chain *chain)
{
	size_t at = row_hash(l, chain) & (o->slot_count - 1);

	while (o->slots[at] &&
	       !rows_agree(l, &row_at(l, n->live, o->slots[at] - 1)->chain, chain))
		at = (at + 1) & (o->slot_count - 1);
	return &o->slots[at];
}

static int fill_row(struct live *l, const struct live_name *n, uint32_t class,
		    const struct owners *owners)
{
	const struct conf *c = l->settings->conf;
	struct live_row *row = row_at(l, n->live, class);
	struct live_place place;
	uint32_t *owner;
	int err = OK;

	chain_init(&row->chain, c, l->settings->slots, n->live,
		   class < c->site_count ? class : CONF_NONE);
	place = place_of(l, n, &row->chain);
	owner = owner_slot(l, owners, n, &row->chain);
	if (*owner) {
		row->tables = row_at(l, n->live, *owner - 1)->tables;
		return OK;
	}
	*owner = class + 1;
	row->tables = alloc_array(LIVE_SETS, sizeof(*row->tables));
	row->owns_tables = true;
	for (enum live_set set = 0; set < LIVE_SETS && !err; set++)
		if (n->sets >> set & 1)
			err = fill_table(l, &row->tables[set], &place, set);
	return err;
}

/* All classes of one live name. */
static int fill_name(struct live *l, const struct live_name *n)
{
	struct owners owners = { .slot_count = 4 };
	int err = OK;

	while (owners.slot_count < 2 * l->class_count)
		owners.slot_count *= 2;
	owners.slots = alloc_array(owners.slot_count, sizeof(*owners.slots));
	for (uint32_t k = 0; k < l->class_count && !err; k++)
		err = fill_row(l, n, k, &owners);
	free(owners.slots);
	return err;
}

/* Which rows depend on which pbx. */
static void fill_index(struct live *l)
{
	uint32_t *next;

	for (size_t i = 0; i < l->row_count; i++)
		for (size_t m = 0; m < l->rows[i].chain.member_count; m++)
			if (l->slot_end <= l->rows[i].chain.members[m].slot)
				l->slot_end = l->rows[i].chain.members[m].slot + 1;
	l->of_slot = alloc_array(l->slot_end + 1, sizeof(*l->of_slot));
	for (size_t i = 0; i < l->row_count; i++)
		for (size_t m = 0; m < l->rows[i].chain.member_count; m++)
			l->of_slot[l->rows[i].chain.members[m].slot + 1]++;
	for (uint32_t slot = 0; slot < l->slot_end; slot++)
		l->of_slot[slot + 1] += l->of_slot[slot];
	l->depending = alloc_array(l->of_slot[l->slot_end], sizeof(*l->depending));
	next = alloc_array(l->slot_end + 1, sizeof(*next));
	memcpy(next, l->of_slot, (l->slot_end + 1) * sizeof(*next));
	for (uint32_t i = 0; i < l->row_count; i++)
		for (size_t m = 0; m < l->rows[i].chain.member_count; m++)
			l->depending[next[l->rows[i].chain.members[m].slot]++] = i;
	free(next);
}

/* The row of the pbx that a name is of, or NULL. */
static const struct board_row *member_row(const struct live *l,
					  const struct live_name *n)
{
	if (n->pbx == CONF_NONE)
		return NULL;
	return board_row(l->board, slots_at(l->settings->slots, n->pbx));
}

static size_t member_views(const struct live *l, const struct live_name *n)
{
	const struct board_row *row = member_row(l, n);

	return row ? row->view_count : 0;
}

static void fill_member(struct live *l, const struct live_name *n, size_t at)
{
	const struct board_row *row = member_row(l, n);
	struct live_place place;

	if (row == NULL)
		return;
	place = place_of(l, n, &row_at(l, n->live, 0)->chain);
	for (size_t v = 0; v < row->view_count; v++)
		for (enum live_set set = 0; set <= LIVE_NAPTR; set++)
			l->members[at + v * LIVE_SETS + (size_t)set] =
				blobs_keep(&l->blobs,
					   live_set_build_member(&place, &n->name, row,
								 &row->views[v], set));
}

static void fill_members(struct live *l)
{
	const struct live_names *names = l->settings->names;
	size_t count = 0;

	l->member_at = alloc_array(names->count, sizeof(*l->member_at));
	for (size_t i = 0; i < names->count; i++) {
		const struct live_name *n = &names->rows[i];

		l->member_at[i] = count;
		count += LIVE_SETS * member_views(l, n);
	}
	l->members = alloc_array(count, sizeof(struct ready *));
	for (size_t i = 0; i < names->count; i++)
		if (names->rows[i].pbx != CONF_NONE)
			fill_member(l, &names->rows[i], l->member_at[i]);
}

int live_new(struct settings *settings, struct board *board, struct diags *diags,
	     struct live **out)
{
	const struct ready_plan servfail = {
		.qname = (const uint8_t *)"",
		.rcode = RCODE_SERVFAIL,
	};
	struct live *l = alloc(sizeof(*l));
	int result = OK;

	l->refs = 1;
	l->settings = settings_ref(settings);
	l->board = board_ref(board);
	l->class_count = settings->conf->site_count + 1;
	l->row_count = settings->conf->live_count * l->class_count;
	l->rows = alloc_array(l->row_count, sizeof(*l->rows));
	l->servfail = ready_new(&servfail);
	l->builder = ready_builder_new();
	for (size_t i = 0; i < settings->names->count; i++) {
		const struct live_name *n = &settings->names->rows[i];

		if (n->live == CONF_NONE || n->pbx != CONF_NONE || !fill_name(l, n))
			continue;
		diags_add(
			diags, DIAG_ERROR, settings->conf->lives[n->live].place,
			"%s has more than %d possible answers of one kind: use fewer members or endpoints",
			settings->conf->lives[n->live].name.text, LIVE_STATES_MAX);
		result = ERR_INVALID;
	}
	fill_members(l);
	fill_index(l);
	ready_builder_free(l->builder);
	l->builder = NULL;
	if (result) {
		live_unref(l);
		return result;
	}
	*out = l;
	return OK;
}

struct live *live_ref(struct live *l)
{
	__atomic_add_fetch(&l->refs, 1, __ATOMIC_RELAXED);
	return l;
}

void live_unref(struct live *l)
{
	if (l == NULL || __atomic_sub_fetch(&l->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	for (size_t i = 0; i < l->row_count; i++) {
		if (!l->rows[i].owns_tables)
			continue;
		for (int set = 0; set < LIVE_SETS; set++)
			free(l->rows[i].tables[set].variants);
		free(l->rows[i].tables);
	}
	free(l->rows);
	free(l->of_slot);
	free(l->depending);
	free(l->members);
	free(l->member_at);
	free(l->servfail);
	blobs_fini(&l->blobs);
	board_unref(l->board);
	settings_unref(l->settings);
	free(l);
}

struct settings *live_settings(const struct live *l)
{
	return l->settings;
}

size_t live_class_count(const struct live *l)
{
	return l->class_count;
}

const struct chain *live_chain(const struct live *l, uint32_t live, uint32_t class)
{
	return &row_at(l, live, class)->chain;
}

bool live_slot_fits(const struct live *l, uint32_t slot, const struct board *board)
{
	const struct board_row *built = board_row(l->board, slot);
	const struct board_row *row = board_row(board, slot);

	return built && row && built->layout == row->layout;
}

bool live_chain_fits(const struct live *l, uint32_t live, uint32_t class,
		     const struct board *board)
{
	const struct chain *chain = &row_at(l, live, class)->chain;

	for (size_t i = 0; i < chain->member_count; i++)
		if (!live_slot_fits(l, chain->members[i].slot, board))
			return false;
	return true;
}

uint32_t live_slot_end(const struct live *l)
{
	return l->slot_end;
}

const uint32_t *live_rows_of(const struct live *l, uint32_t slot, size_t *count)
{
	*count = l->of_slot[slot + 1] - l->of_slot[slot];
	return l->depending + l->of_slot[slot];
}

bool live_fits(const struct live *l, const struct board *board)
{
	for (uint32_t slot = 0; slot < l->slot_end; slot++)
		if (l->of_slot[slot] != l->of_slot[slot + 1] &&
		    !live_slot_fits(l, slot, board))
			return false;
	return true;
}

bool live_is_known(const struct live *l, const struct board *board)
{
	for (uint32_t slot = 0; slot < l->slot_end; slot++)
		if (l->of_slot[slot] != l->of_slot[slot + 1] && !board_row(board, slot))
			return false;
	return true;
}

const struct ready *live_find(const struct live *l, uint32_t live, uint32_t class,
			      enum live_set set, const struct board *board,
			      const struct choice *choice)
{
	const struct live_row *row = row_at(l, live, class);
	const struct live_table *table = &row->tables[set];
	size_t state;

	if (table->variants == NULL || choice->kind == CHOICE_FILE)
		return NULL;
	if (choice->kind != CHOICE_PBX)
		return l->servfail;
	state = chain_state_index(&row->chain, board, &table->part, choice);
	assert(state < table->state_count);
	return table->variants[state * TTL_PHASES + choice->phase];
}

const struct ready *live_find_member(const struct live *l, uint32_t number,
				     uint32_t class, enum live_set set)
{
	const struct live_name *n = &l->settings->names->rows[number];
	const struct board_row *row = member_row(l, n);
	const struct board_view *view;

	if (row == NULL)
		return l->servfail;
	view = row_view(row, class < l->settings->conf->site_count ? class : CONF_NONE);
	return l->members[l->member_at[number] +
			  (size_t)(view - row->views) * LIVE_SETS + set];
}

size_t live_variant_count(const struct live *l)
{
	return l->blobs.count;
}
