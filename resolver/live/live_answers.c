#include "resolver/live/live_answers.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static bool same_pick(const struct pick *a, const struct pick *b)
{
	return a->member == b->member && a->endpoints == b->endpoints &&
	       a->addresses == b->addresses;
}

static bool same_choice(const struct choice *a, const struct choice *b)
{
	return a->kind == b->kind && a->phase == b->phase &&
	       same_pick(&a->winner, &b->winner) && same_pick(&a->next, &b->next);
}

/* What a row is made of. */
struct filling {
	const struct live_answers *answers;
	const struct board *before; /* that the row shows now; NULL: it is empty */
	uint32_t live, class;
};

/* Whether the text of the row is still what trace_reason() says. */
static bool tells_the_same(const struct filling *f, const struct live_answer *row,
			   const struct trace *t, const char *answer)
{
	uint32_t home = t->chain->members[0].slot;

	return f->before && row->answer == answer && row->all_down == t->all_down &&
	       board_row(f->before, home) == board_row(t->board, home);
}

static void fill_row(const struct filling *f, struct live_answer *row)
{
	const struct live_answers *a = f->answers;
	const struct chain *chain = live_chain(a->live, f->live, f->class);
	struct choice choice;
	struct trace trace;
	const char *answer;

	chain_choose(chain, a->board, &choice, &trace);
	answer = trace_answer(&trace);
	if (!tells_the_same(f, row, &trace, answer))
		row->reason_len = (uint8_t)trace_reason(&trace, row->reason);
	row->answer = answer;
	row->all_down = trace.all_down;
	if (f->before && same_choice(&row->choice, &choice))
		return;
	row->choice = choice;
	for (enum live_set set = 0; set < LIVE_SETS; set++)
		row->sets[set] = live_find(a->live, f->live, f->class, set, a->board,
					   &choice);
}

static struct live_answers *begin(struct live *live, struct world *world,
				  struct board *board)
{
	size_t class_count = live_class_count(live);
	size_t row_count = world->conf->live_count * class_count;
	size_t block_count = (row_count + LIVE_BLOCK_ROWS - 1) / LIVE_BLOCK_ROWS;
	struct live_answers *a = alloc(sizeof(*a) +
				       block_count * sizeof(struct live_block *));

	assert(live_settings(live) == world->settings);
	a->live = live_ref(live);
	a->world = world_ref(world);
	a->board = board_ref(board);
	a->class_count = class_count;
	a->row_count = row_count;
	a->block_count = block_count;
	a->gen_len = (uint8_t)trace_gen(board->generation, a->gen);
	return a;
}

/* Fills the rows of a block whose bits are set, where they fit. */
static void fill_block(struct live_answers *a, size_t block, uint64_t rows,
		       const struct board *before)
{
	for (; rows; rows &= rows - 1) {
		size_t at = (size_t)__builtin_ctzll(rows);
		size_t row = block * LIVE_BLOCK_ROWS + at;
		struct filling f = { .answers = a, .before = before };

		if (row >= a->row_count)
			return;
		f.live = (uint32_t)(row / a->class_count);
		f.class = (uint32_t)(row % a->class_count);
		if (live_chain_fits(a->live, f.live, f.class, a->board))
			fill_row(&f, &a->blocks[block]->rows[at]);
	}
}

struct live_answers *live_answers_new(struct live *live, struct world *world,
				      struct board *board)
{
	struct live_answers *a;

	if (!live_fits(live, board))
		return NULL;
	a = begin(live, world, board);
	for (size_t i = 0; i < a->block_count; i++) {
		a->blocks[i] = alloc(sizeof(struct live_block));
		a->blocks[i]->refs = 1;
		fill_block(a, i, UINT64_MAX, NULL);
	}
	return a;
}

/* Marks the rows whose chains have a pbx with another row than before. */
static void mark_changed(struct live_answers *a, const struct board *before)
{
	uint32_t end = live_slot_end(a->live);

	for (uint32_t slot = 0; slot < end; slot++) {
		const uint32_t *rows;
		size_t count;

		if (board_row(before, slot) == board_row(a->board, slot))
			continue;
		rows = live_rows_of(a->live, slot, &count);
		if (count == 0)
			continue;
		a->misfit_count += !live_slot_fits(a->live, slot, a->board);
		a->misfit_count -= !live_slot_fits(a->live, slot, before);
		for (size_t i = 0; i < count; i++)
			a->fresh[rows[i] / LIVE_BLOCK_ROWS] |=
				(uint64_t)1 << rows[i] % LIVE_BLOCK_ROWS;
	}
}

static struct live_block *block_ref(struct live_block *b)
{
	__atomic_add_fetch(&b->refs, 1, __ATOMIC_RELAXED);
	return b;
}

/* Without its count, which other threads lower meanwhile. */
static struct live_block *block_copy(const struct live_block *was)
{
	struct live_block *b = alloc(sizeof(*b));

	b->refs = 1;
	memcpy(b->rows, was->rows, sizeof(b->rows));
	return b;
}

struct live_answers *live_answers_next(const struct live_answers *was,
				       struct board *board)
{
	struct live_answers *a = begin(was->live, was->world, board);
	/* With misfits some rows show boards older than the last. */
	const struct board *before = was->misfit_count ? NULL : was->board;

	a->misfit_count = was->misfit_count;
	a->fresh = alloc_array(a->block_count, sizeof(*a->fresh));
	mark_changed(a, was->board);
	a->renewed = was->renewed + 1 < a->block_count ? was->renewed + 1 : 0;
	for (size_t i = 0; i < a->block_count; i++) {
		struct live_block *b = was->blocks[i];

		if (a->fresh[i] == 0 && i != a->renewed) {
			a->blocks[i] = block_ref(b);
			continue;
		}
		a->blocks[i] = block_copy(b);
		fill_block(a, i, a->fresh[i], before);
		/* Texts depend on the present day: so each board makes one block again
		 * even if nothing changed, and never all of a fleet at once. */
		if (i == a->renewed)
			fill_block(a, i, UINT64_MAX, NULL);
	}
	return a;
}

struct live_answers *live_answers_over(const struct live_answers *was,
				       struct world *world)
{
	struct live_answers *a = begin(was->live, world, was->board);

	a->misfit_count = was->misfit_count;
	a->renewed = was->renewed;
	a->fresh = alloc_array(a->block_count, sizeof(*a->fresh));
	for (size_t i = 0; i < a->block_count; i++)
		a->blocks[i] = block_ref(was->blocks[i]);
	return a;
}

static void block_unref(struct live_block *b)
{
	if (b && __atomic_sub_fetch(&b->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free(b);
}

void live_answers_free(struct live_answers *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->block_count; i++)
		block_unref(a->blocks[i]);
	free(a->fresh);
	board_unref(a->board);
	live_unref(a->live);
	world_unref(a->world);
	free(a);
}

size_t live_answers_reason(const struct live_answers *a, const struct live_answer *row,
			   char out[TRACE_EDE_MAX + 1])
{
	memcpy(out, row->reason, row->reason_len);
	memcpy(out + row->reason_len, a->gen, a->gen_len + 1U);
	return (size_t)row->reason_len + a->gen_len;
}

/* What the zone answers if no pbx does. */
static const struct ready *zone_says(const struct live_zone *z, enum live_set set,
				     const struct choice *choice)
{
	if (z == NULL) /* a zone that is kept while its live names are free ones now */
		return NULL;
	if (choice->kind == CHOICE_FILE && z->file[set][choice->phase])
		return z->file[set][choice->phase];
	return z->no_data[choice->phase];
}

const struct ready *live_answers_find(const struct live_answers *a, uint32_t number,
				      uint32_t class, enum live_set set)
{
	static const struct choice steady = { .phase = TTL_STEADY };
	const struct choice *choice = &steady;
	const struct live_name *n;
	const struct ready *found;

	if (number >= a->world->names->count)
		return NULL;
	n = &a->world->names->rows[number];
	if (n->live == CONF_NONE)
		return NULL;
	if (n->pbx == CONF_NONE) {
		const struct live_answer *row = live_answers_row(a, n->live, class);

		found = row->sets[set];
		choice = &row->choice;
	} else {
		found = live_find_member(a->live, number, class, set);
	}
	if (found || !(n->sets >> set & 1))
		return found;
	return zone_says(a->world->live_zones[n->live], set, choice);
}
