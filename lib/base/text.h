/*
 * A cursor over untrusted text: SIP, configuration values, master files.
 *
 * A read past the end returns zero or an empty text and latches `err`. It borrows
 * the octets, which need not be NUL-terminated and may contain NULs.
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

/* Return the next octet, or -1 at the end; text_next consumes it, text_peek does not.
 */
int text_peek(const struct text *t);
int text_next(struct text *t);

/* Consumes `c` if it is next. Returns whether it did. */
bool text_skip(struct text *t, char c);

/* Consumes all spaces and tabs. Returns how many. */
size_t text_skip_blanks(struct text *t);

/* Consumes and returns the octets before the first of `stops`, which is not consumed.
 */
struct text text_until(struct text *t, const char *stops);

/* Consumes the octets before the first `stop`, which it returns, and the stop; all if
 * there is none.
 */
struct text text_split(struct text *t, char stop);

/* Consumes and returns octets as long as they are in `set` (NUL-terminated). */
struct text text_while(struct text *t, const char *set);

/* Consumes a decimal number of at most `max`. Latches ERR_MALFORMED or ERR_RANGE. */
uint64_t text_u64(struct text *t, uint64_t max);

/* Returns the text without blanks at both ends. */
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
