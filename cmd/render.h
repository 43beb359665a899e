/*
 * Prints a JSON object for people: scalars as `key: value`, arrays of objects as
 * tables. Members that end in `_ms` are spans and get a unit.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buffer;

/*
 * Renders one object.
 *
 * stream  one of several: scalars alone stand in one line
 * status  gets the member "status", or -1 where there is none (more lines follow)
 * error   gets the member "error", the caller's to free(), or NULL
 *
 * Returns 0 or ERR_MALFORMED.
 */
int render(const char *json, size_t len, bool stream, struct buffer *out, int *status,
	   char **error);

/* The text that a member holds, the caller's to free(), or NULL. */
char *render_member(const char *json, const char *key);

/* Whether a member is true. */
bool render_flag(const char *json, const char *key);
