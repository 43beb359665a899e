#include "resolver/live/live.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "dns/rr.h"
#include "resolver/live/live_names.h"
#include "resolver/live/live_set.h"
#include "resolver/live/world.h"

/* The variants of one owned set: by state and phase. */
struct live_table {
	struct chain_part part;
	size_t state_count;
	const struct ready **variants;
	const struct ready *file[TTL_PHASES]; /* under the policy of that name */
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
	struct world *world;
	struct board *board;
	size_t class_count;
	struct live_row *rows;        /* by live name and class */
	const struct ready **members; /* by number, view and set; see member_at */
	size_t *member_at;            /* by number: first place in `members` */
	struct ready *servfail;
	struct blobs blobs;
	struct ready_builder *builder; /* while it is made */
};

static uint64_t blob_hash(const struct ready *r, size_t len)
{
	const uint8_t *at = (const uint8_t *)r;
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * 0x100000001b3;
	return hash;
}

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
	hash = blob_hash(r, len);
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

struct filling {
	struct live *live;
	struct live_table *table;
	const struct live_place *place;
	enum live_set set;
};

static void fill_state(void *arg, size_t index, const struct choice *choice)
{
	struct filling *f = arg;
	const struct ready **at = &f->table->variants[index * TTL_PHASES];

	if (choice->kind != CHOICE_PBX)
		return;
	for (enum ttl_phase phase = 0; phase < TTL_PHASES; phase++) {
		uint32_t ttl_s = chain_ttl(f->place->chain->ttl_s, phase);

		at[phase] = blobs_keep(&f->live->blobs,
				       live_set_build(f->place, f->set, choice, ttl_s));
	}
}

/* What the zone file holds, for no longer than the answers of pbxs, or no data. */
static void fill_file(struct live *l, struct live_table *table,
		      const struct live_place *place, enum live_set set)
{
	const struct ready *held = zone_live_file_set(place->zone, &place->name, set);
	const struct choice nobody = {
		.kind = CHOICE_PBX,
		.winner.member = CHAIN_NONE,
		.next.member = CHAIN_NONE,
	};

	for (enum ttl_phase phase = 0; phase < TTL_PHASES; phase++) {
		uint32_t ttl_s = chain_ttl(place->chain->ttl_s, phase);
		struct ready *lowered = held ? ready_lowered(held, ttl_s) : NULL;

		table->file[phase] =
			blobs_keep(&l->blobs, lowered ? lowered
						      : live_set_build(place, set,
								       &nobody, ttl_s));
		free(lowered);
	}
}

static int fill_table(struct live *l, struct live_table *table,
		      const struct live_place *place, enum live_set set)
{
	struct filling f = { l, table, place, set };
	int err;

	table->part = live_set_part(place, set);
	err = chain_state_count(place->chain, l->board, &table->part, LIVE_STATES_MAX,
				&table->state_count);
	if (err)
		return err;
	table->variants = alloc_array(table->state_count * TTL_PHASES,
				      sizeof(struct ready *));
	chain_states(place->chain, l->board, &table->part, fill_state, &f);
	if (place->chain->all_down == ALL_DOWN_FILE)
		fill_file(l, table, place, set);
	return OK;
}

/* Where a live name stands: the last word is the world's. */
static void place_of(const struct live *l, const struct live_name *n,
		     const struct chain *chain, struct live_place *out)
{
	bool broken;

	*out = (struct live_place){
		.name = n->name,
		.chain = chain,
		.board = l->board,
		.zone = zone_set_find(l->world->zones, &n->name, &broken),
		.builder = l->builder,
	};
}

static int fill_row(struct live *l, const struct live_name *n, uint32_t class)
{
	const struct conf *c = l->world->conf;
	struct live_row *row = row_at(l, n->live, class);
	struct live_place place;
	int err = OK;

	chain_init(&row->chain, c, l->world->slots, n->live,
		   class < c->site_count ? class : CONF_NONE);
	place_of(l, n, &row->chain, &place);
	if (place.zone == NULL)
		return OK; /* broken: SERVFAIL for all of it */
	for (uint32_t k = 0; k < class && !row->tables; k++) {
		struct live_row *other = row_at(l, n->live, k);

		if (other->owns_tables && rows_agree(l, &other->chain, &row->chain))
			row->tables = other->tables;
	}
	if (row->tables)
		return OK;
	row->tables = alloc_array(LIVE_SETS, sizeof(*row->tables));
	row->owns_tables = true;
	for (enum live_set set = 0; set < LIVE_SETS && !err; set++)
		if (n->sets >> set & 1)
			err = fill_table(l, &row->tables[set], &place, set);
	return err;
}

/* The row of the pbx that a name is of, or NULL. */
static const struct board_row *member_row(const struct live *l,
					  const struct live_name *n)
{
	if (n->pbx == CONF_NONE)
		return NULL;
	return board_row(l->board, slots_at(l->world->slots, n->pbx));
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

	place_of(l, n, &row_at(l, n->live, 0)->chain, &place);
	if (place.zone == NULL || row == NULL)
		return;
	for (size_t v = 0; v < row->view_count; v++)
		for (enum live_set set = 0; set <= LIVE_NAPTR; set++)
			l->members[at + v * LIVE_SETS + (size_t)set] =
				blobs_keep(&l->blobs,
					   live_set_build_member(&place, &n->name, row,
								 &row->views[v], set));
}

static void fill_members(struct live *l)
{
	const struct live_names *names = l->world->names;
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

int live_new(struct world *world, struct board *board, struct diags *diags,
	     struct live **out)
{
	const struct ready_plan servfail = {
		.qname = (const uint8_t *)"",
		.rcode = RCODE_SERVFAIL,
	};
	struct live *l = alloc(sizeof(*l));
	int result = OK;

	l->refs = 1;
	l->world = world_ref(world);
	l->board = board_ref(board);
	l->class_count = world->conf->site_count + 1;
	l->rows = alloc_array(world->conf->live_count * l->class_count,
			      sizeof(*l->rows));
	l->servfail = ready_new(&servfail);
	l->builder = ready_builder_new();
	for (size_t i = 0; i < world->names->count; i++) {
		const struct live_name *n = &world->names->rows[i];
		int err = OK;

		if (n->live == CONF_NONE || n->pbx != CONF_NONE)
			continue;
		for (uint32_t k = 0; k < l->class_count && !err; k++)
			err = fill_row(l, n, k);
		if (!err)
			continue;
		diags_add(diags, DIAG_ERROR, world->conf->lives[n->live].place,
			  "%s has more than %d possible states: use fewer members, "
			  "endpoints or addresses",
			  world->conf->lives[n->live].name, LIVE_STATES_MAX);
		result = ERR_INVALID;
	}
	fill_members(l);
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
	size_t row_count;

	if (l == NULL || __atomic_sub_fetch(&l->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	row_count = l->world->conf->live_count * l->class_count;
	for (size_t i = 0; i < row_count; i++) {
		if (!l->rows[i].owns_tables)
			continue;
		for (int set = 0; set < LIVE_SETS; set++)
			free(l->rows[i].tables[set].variants);
		free(l->rows[i].tables);
	}
	free(l->rows);
	free(l->members);
	free(l->member_at);
	free(l->servfail);
	blobs_fini(&l->blobs);
	board_unref(l->board);
	world_unref(l->world);
	free(l);
}

struct world *live_world(const struct live *l)
{
	return l->world;
}

size_t live_class_count(const struct live *l)
{
	return l->class_count;
}

const struct chain *live_chain(const struct live *l, uint32_t live, uint32_t class)
{
	return &row_at(l, live, class)->chain;
}

bool live_chain_fits(const struct live *l, uint32_t live, uint32_t class,
		     const struct board *board)
{
	const struct chain *chain = &row_at(l, live, class)->chain;

	for (size_t i = 0; i < chain->member_count; i++) {
		uint32_t slot = chain->members[i].slot;
		const struct board_row *built = board_row(l->board, slot);
		const struct board_row *row = board_row(board, slot);

		if (!built || !row || built->layout != row->layout)
			return false;
	}
	return true;
}

bool live_is_known(const struct live *l, const struct board *board)
{
	size_t row_count = l->world->conf->live_count * l->class_count;

	for (size_t i = 0; i < row_count; i++) {
		const struct chain *chain = &l->rows[i].chain;

		for (size_t m = 0; m < chain->member_count; m++)
			if (!board_row(board, chain->members[m].slot))
				return false;
	}
	return true;
}

const struct ready *live_find(const struct live *l, uint32_t live, uint32_t class,
			      enum live_set set, const struct board *board,
			      const struct choice *choice)
{
	const struct live_row *row = row_at(l, live, class);
	const struct live_table *table;
	size_t state;

	if (row->tables == NULL)
		return l->servfail;
	table = &row->tables[set];
	if (table->variants == NULL)
		return NULL;
	if (choice->kind == CHOICE_FILE)
		return table->file[choice->phase];
	if (choice->kind != CHOICE_PBX)
		return l->servfail;
	state = chain_state_index(&row->chain, board, &table->part, choice);
	assert(state < table->state_count);
	return table->variants[state * TTL_PHASES + choice->phase];
}

const struct ready *live_find_member(const struct live *l, uint32_t number,
				     uint32_t class, enum live_set set)
{
	const struct live_name *n = &l->world->names->rows[number];
	const struct board_row *row = member_row(l, n);
	const struct board_view *view;

	if (row == NULL)
		return l->servfail;
	view = row_view(row, class < l->world->conf->site_count ? class : CONF_NONE);
	return l->members[l->member_at[number] +
			  (size_t)(view - row->views) * LIVE_SETS + set];
}

const struct ready *live_servfail(const struct live *l)
{
	return l->servfail;
}

size_t live_variant_count(const struct live *l)
{
	return l->blobs.count;
}

size_t live_memory_len(const struct live *l)
{
	return l->blobs.octets_len;
}
