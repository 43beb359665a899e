/*
 * The one pointer that workers read: the answers of now, made on the prober's thread at
 * each new board from those before.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/live/live_answers.h"

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

	/* Answers that nobody ever read are the callee's. */
	void (*drop)(void *arg, struct live_answers *unused);

	/* The variants of a world must be built anew for this board; both are lent. */
	void (*rebuild)(void *arg, struct world *world, struct board *board);

	/* Answers under other settings, or more others than `moved` tells. May be
	 * NULL. */
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
 * On the prober's thread: answers with other variants, the publisher's from now on. If
 * they do not fit the present board they wait: for one that knows all their pbxs, or
 * for being built anew.
 */
void publisher_adopt(struct publisher *p, struct live_answers *fresh);

/*
 * On the prober's thread: other zones under the same settings; lent. Nothing is chosen
 * or built anew. One that is older than what is published, or of other settings,
 * changes nothing.
 */
void publisher_zones(struct publisher *p, struct world *world);

/* On the prober's thread: what was asked of `rebuild` could not be done. */
void publisher_gave_up(struct publisher *p);
