/*
 * The one pointer that workers read: the current answers, made on the prober's thread
 * at each new board from the previous ones.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/live/live_answers.h"

enum { LIVE_MOVES_MAX = 64 }; /* reported one by one for one board */

/* One live name's answer that changed, for clients of one site. Borrowed texts. */
struct live_move {
	const char *live;
	const char *site; /* "-": all other clients */
	const char *from, *to;
	const char *reason;
};

struct publisher_calls {
	/* The previous answers: only workers that read them just now still use them. */
	void (*retire)(void *arg, struct live_answers *was);

	/* Answers that no worker has ever read; the callee owns them. */
	void (*drop)(void *arg, struct live_answers *unused);

	/* The variants of a world must be built again for this board; both are
	 * borrowed. */
	void (*rebuild)(void *arg, struct world *world, struct board *board);

	/* The settings changed, or more answers moved than `moved` reports. May be
	 * NULL. */
	void (*renewed)(void *arg);

	/* Answers changed, in the order of live names: the first ones of `total`. */
	void (*moved)(void *arg, const struct live_move *moves, size_t count,
		      size_t total);
	void *arg;
};

struct publisher;

/* first: the answers to begin with, owned by the publisher from now on. */
struct publisher *publisher_new(const struct publisher_calls *calls,
				struct live_answers *first);

/* When no worker reads any more. */
void publisher_free(struct publisher *p);

/* Returns the current answers; valid until the next quiescent state of the thread. */
const struct live_answers *publisher_now(const struct publisher *p);

/* On the prober's thread: takes over the caller's reference to a new board. */
void publisher_board(struct publisher *p, struct board *fresh);

/*
 * On the prober's thread: takes over answers with other variants. If they do not fit
 * the current board they wait until there is a board that knows all their pbxs, or
 * until they have been built again.
 */
void publisher_adopt(struct publisher *p, struct live_answers *fresh);

/*
 * On the prober's thread: a world with other zones and the same settings, borrowed.
 * Nothing is chosen or built again. A world that is older than the published one, or
 * has other settings, changes nothing.
 */
void publisher_zones(struct publisher *p, struct world *world);

/* On the prober's thread: the call of `rebuild` has failed. */
void publisher_gave_up(struct publisher *p);
