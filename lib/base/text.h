/*
 * A cursor over text from outside: SIP, configuration values, master files.
 *
 * A read past the end returns zero or an empty text and latches `err`. Borrows
 * the octets; they need no NUL at their end and may hold NULs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct text {
	const char *at;
	const char *end;
	int err;
};

struct text text_of(const void *octets, size_t len);
struct text text_from(const char *nul_ended);

static inline size_t text_len(const struct text *t)
{
	return (size_t)(t->end - t->at);
}

/* The next octet or -1 at the end; text_next takes it, text_peek leaves it. */
int text_peek(const struct text *t);
int text_next(struct text *t);

/* Takes `c` if it is next. Returns whether it did. */
bool text_skip(struct text *t, char c);

/* Takes all spaces and tabs. Returns how many. */
size_t text_skip_blanks(struct text *t);

/* Takes the octets before the first of `stops`, which stays. */
struct text text_until(struct text *t, const char *stops);

/* Takes the octets before the first `stop` and the stop itself; all, if there is none.
 */
struct text text_split(struct text *t, char stop);

/* Takes the octets as long as they stand in `set` (NUL-ended). */
struct text text_while(struct text *t, const char *set);

/* Takes a decimal number of at most `max`. Latches ERR_MALFORMED or ERR_RANGE. */
uint64_t text_u64(struct text *t, uint64_t max);

/* The same octets without blanks at both ends. */
struct text text_trim(struct text t);

/* ASCII letters in lower case. */
static inline char text_lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		return "abcdefghijklmnopqrstuvwxyz"[c - 'A'];
	return c;
}

bool text_is(const struct text *t, const char *nul_ended); /* octet by octet */
bool text_is_nocase(const struct text *t,
		    const char *nul_ended); /* ASCII case folded */
