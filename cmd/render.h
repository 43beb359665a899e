/*
 * Prints a JSON object for people: scalars as `key: value`, arrays of objects as
 * tables. Members that end in `_ms` are spans and get a unit; times are local, as
 * `explain --at` takes them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct terminal;

/* What an object says besides what is shown. */
struct rendered {
	int status;  /* its member "status", or -1 if there is none (more lines follow)
		      */
	char *error; /* its member "error", which the caller frees, or NULL */
};

/*
 * Renders one object.
 *
 * stream  one of several: if it has only scalars, they are printed on one line
 * on      its width and colours
 *
 * Returns 0 or ERR_MALFORMED.
 */
int render(const char *json, size_t len, bool stream, const struct terminal *on,
	   struct buffer *out, struct rendered *said);

/* Returns the text of a member, which the caller frees, or NULL. */
char *render_member(const char *json, const char *key);

/* Appends a member of each row of a table, one a line; repeated ones once. */
void render_column(const char *json, const char *table, const char *key,
		   struct buffer *out);

/* Returns the member "status", or -1 if there is none. */
int render_status(const char *json);

/* Returns whether a member is true. */
bool render_flag(const char *json, const char *key);
