/*
 * The one pointer that workers read: world, board, and for each live name and class of
 * askers the ready answers of now. Made on the prober's thread at each new board.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "health/board.h"
#include "health/trace.h"
#include "resolver/live/live.h"
#include "resolver/live/world.h"

/* What one class of askers gets at one live name. */
struct live_answer {
	const struct ready *sets[LIVE_SETS]; /* NULL: what the zone file holds */
	const char *answer; /* who is answered: a text of the world's conf */
	uint8_t reason_len;
	char reason[TRACE_EDE_MAX + 1];
};

/* Immutable once published. */
struct live_answers {
	struct live *live;
	struct world *world; /* live's */
	struct board *board;
	size_t class_count;
	bool complete;             /* no row is older than the board */
	struct live_answer rows[]; /* by live name (index in conf) and class */
};

/*
 * Takes a reference to `live` and one to `board`. Rows whose pbxs are not laid out as
 * `live` knows them are copied from `was`, which is of the same `live`.
 *
 * was  or NULL: then every row must fit
 *
 * Returns NULL if a row neither fits nor can be copied.
 */
struct live_answers *live_answers_new(struct live *live, struct board *board,
				      const struct live_answers *was);
void live_answers_free(struct live_answers *a); /* NULL does nothing */

static inline const struct live_answer *live_answers_row(const struct live_answers *a,
							 uint32_t live, uint32_t class)
{
	return &a->rows[live * a->class_count + class];
}

/* The blob for a number of the world's live names. NULL: what the zone file holds. */
const struct ready *live_answers_find(const struct live_answers *a, uint32_t number,
				      uint32_t class, enum live_set set);

/* The class of clients of a site; CONF_NONE: everybody else. */
static inline uint32_t live_answers_class(const struct live_answers *a, uint32_t site)
{
	return site == CONF_NONE ? (uint32_t)a->class_count - 1 : site;
}

enum { LIVE_MOVES_MAX = 64 }; /* told of one board */

/* One live name's answer that changed, for clients of one site. Borrowed texts. */
struct live_move {
	const char *live;
	const char *site; /* "-": everybody else */
	const char *from, *to;
	const char *reason;
};

struct publisher_calls {
	/* The answers before are nobody's any more but perhaps a reading worker's. */
	void (*retire)(void *arg, struct live_answers *was);

	/* A reference to variants that were never used is the callee's. */
	void (*drop)(void *arg, struct live *unused);

	/* `live` must be built anew for this board; both are lent. */
	void (*rebuild)(void *arg, struct live *live, struct board *board);

	/* Answers of another world, or more others than `moved` tells. May be NULL. */
	void (*renewed)(void *arg);

	/* Answers changed, in the order of live names: the first ones of `total`. */
	void (*moved)(void *arg, const struct live_move *moves, size_t count,
		      size_t total);
	void *arg;
};

struct publisher;

/* Begins with these answers, the publisher's from now on. */
struct publisher *publisher_new(const struct publisher_calls *calls,
				struct live_answers *first);

/* When no worker reads any more. */
void publisher_free(struct publisher *p);

/* What workers read, between two quiescent states. */
const struct live_answers *publisher_now(const struct publisher *p);

/* On the prober's thread: a new board, of which the caller's reference is taken. */
void publisher_board(struct publisher *p, struct board *fresh);

/*
 * On the prober's thread: other variants, of which the caller's reference is taken. If
 * they do not fit the present board they wait: for one that knows all their pbxs, or
 * for being built anew.
 */
void publisher_adopt(struct publisher *p, struct live *fresh);

/* On the prober's thread: what was asked of `rebuild` could not be done. */
void publisher_gave_up(struct publisher *p);
