/*
 * What live names were answered with, as far back as the state folder tells: a snapshot
 * of all answers at each start and each other configuration, and every move between
 * them, with its reason. The main thread's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "resolver/publish.h"

struct past;
struct store;

enum past_kind { PAST_START, PAST_RELOAD, PAST_MOVE, PAST_KINDS };

/* s: or NULL, then nothing is kept. */
struct past *past_new(struct store *s);
void past_free(struct past *p); /* NULL does nothing */

void past_add_moves(struct past *p, int64_t wall_ms, const struct live_move *moves,
		    size_t count);

/* Answers that are what they were at the last snapshot are not written again. */
void past_add_all(struct past *p, int64_t wall_ms, enum past_kind kind,
		  const struct live_answers *a);

/* One answer of the past, its texts the caller's to free by past_answer_fini(). */
struct past_answer {
	int64_t first_ms; /* the past begins here; 0: there is none */
	int64_t since_ms; /* 0: not known, or no such live name then */
	enum past_kind kind;
	char *answer, *reason;
	int64_t until_ms; /* the next change or start; 0: until now */
	enum past_kind until_kind;
	char *until_answer; /* NULL: no such live name then */
};

/* What clients of a site got at a live name at a moment. */
void past_find(struct past *p, const char *live, const char *site, int64_t at_ms,
	       struct past_answer *out);
void past_answer_fini(struct past_answer *a);
