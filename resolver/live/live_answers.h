/*
 * The current ready answers: world, board, and for each live name and class of clients
 * what is answered and why. An immutable snapshot; its rows are in reference-counted
 * blocks, and its successor shares those in which nothing changed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "health/board.h"
#include "health/trace.h"
#include "resolver/live/live.h"
#include "resolver/live/world.h"

enum { LIVE_BLOCK_ROWS = 64 };

/* What one class of clients gets at one live name. */
struct live_answer {
	const struct ready *sets[LIVE_SETS]; /* NULL: as its zone says */
	const char *answer; /* the chosen pbx: a text of the world's conf */
	struct choice choice;
	bool all_down;
	uint8_t reason_len;
	char reason[TRACE_REASON_MAX + 1]; /* without the generation */
};

struct live_block {
	uint32_t refs; /* touched atomically */
	struct live_answer rows[LIVE_BLOCK_ROWS];
};

struct live_answers {
	struct live *live;
	struct world *world; /* of live's settings */
	struct board *board;
	size_t class_count;
	size_t row_count;    /* by live name (index in conf) and class */
	size_t block_count;  /* of them */
	size_t misfit_count; /* pbxs not laid out as `live` knows them: the rows that
				depend on them are older than the board */
	size_t renewed;      /* a block that was made anew though nothing changed */
	char gen[TRACE_GEN_MAX + 1]; /* how each reason ends */
	uint8_t gen_len;
	uint64_t *fresh; /* bit per row: it may differ from the predecessor's; NULL:
			    all may */
	struct live_block *blocks[];
};

/* Chooses all rows. Takes a reference to all three. Returns NULL if a row does not fit
 * `board`. */
struct live_answers *live_answers_new(struct live *live, struct world *world,
				      struct board *board);

/*
 * The same for the next board; the time it takes depends on what changed between the
 * two. Rows whose pbxs are not laid out as the variants know them stay as they are.
 */
struct live_answers *live_answers_next(const struct live_answers *was,
				       struct board *board);

/* The same over another world with the same settings: all blocks are shared. */
struct live_answers *live_answers_over(const struct live_answers *was,
				       struct world *world);
void live_answers_free(struct live_answers *a); /* NULL does nothing */

static inline const struct live_answer *live_answers_at(const struct live_answers *a,
							size_t row)
{
	return &a->blocks[row / LIVE_BLOCK_ROWS]->rows[row % LIVE_BLOCK_ROWS];
}

static inline const struct live_answer *live_answers_row(const struct live_answers *a,
							 uint32_t live, uint32_t class)
{
	return live_answers_at(a, live * a->class_count + class);
}

/* Writes the reason for a row, as trace_ede() does. Returns its length. */
size_t live_answers_reason(const struct live_answers *a, const struct live_answer *row,
			   char out[TRACE_EDE_MAX + 1]);

/* Returns the blob for a number of the world's live names: made for the owner name of
 * the set, or without answers for a name above it. NULL: what the zone file has. */
const struct ready *live_answers_find(const struct live_answers *a, uint32_t number,
				      uint32_t class, enum live_set set);

/* Returns the class of the clients of a site; CONF_NONE: all other clients. */
static inline uint32_t live_answers_class(const struct live_answers *a, uint32_t site)
{
	return site == CONF_NONE ? (uint32_t)a->class_count - 1 : site;
}
