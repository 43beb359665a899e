/*
 * The answer history: what live names were answered with, as far back as the state
 * directory has it: a snapshot of all answers at each start and each new configuration,
 * and every move between them, with its reason. Used by the main thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "resolver/live/publish.h"

struct answer_history;
struct store;

enum answer_history_kind {
	ANSWER_HISTORY_START,
	ANSWER_HISTORY_RELOAD,
	ANSWER_HISTORY_MOVE,
	ANSWER_HISTORY_KINDS
};

/* s: NULL: nothing is saved. */
struct answer_history *answer_history_new(struct store *s);
void answer_history_free(struct answer_history *p); /* NULL does nothing */

void answer_history_add_moves(struct answer_history *p, int64_t wall_ms,
			      const struct live_move *moves, size_t count);

/* Answers that are unchanged since the last snapshot are not written again. */
void answer_history_add_all(struct answer_history *p, int64_t wall_ms,
			    enum answer_history_kind kind,
			    const struct live_answers *a);

/* One past answer; the caller frees its strings with answer_history_answer_fini(). */
struct answer_history_answer {
	int64_t first_ms; /* start of the history; 0: there is none */
	int64_t since_ms; /* 0: unknown, or not a live name then */
	enum answer_history_kind kind;
	char *answer, *reason;
	int64_t until_ms; /* the next change or start; 0: until now */
	enum answer_history_kind until_kind;
	char *until_answer; /* NULL: not a live name then */
};

/* A search, in slices, for what clients of a site got at a live name at a moment. */
struct answer_history_walk;

/* live, site: borrowed until answer_history_walk_free() */
struct answer_history_walk *answer_history_walk_new(struct answer_history *p,
						    const char *live, const char *site,
						    int64_t at_ms);
void answer_history_walk_free(struct answer_history_walk *w); /* NULL does nothing */

/* Reads the next slice. Returns whether there is more to read. */
bool answer_history_walk_on(struct answer_history_walk *w);

/* When all was read: writes the answer, which the caller frees with
 * answer_history_answer_fini(). */
void answer_history_walk_take(struct answer_history_walk *w,
			      struct answer_history_answer *out);
void answer_history_answer_fini(struct answer_history_answer *a);
