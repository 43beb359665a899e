/*
 * A table for people, no wider than the terminal: the columns that matter least give
 * way, long texts are wrapped, and what identifies a row and its state always stay.
 */
#pragma once

#include <stddef.h>

struct buffer;
struct terminal;

enum { TABLE_COLUMNS_MAX = 32 };

struct table {
	const char
		*keys[TABLE_COLUMNS_MAX]; /* members of JSON: what is known of them */
	char **cells;                     /* by row; the first row is the headings */
	size_t column_count, row_count;
};

/* Makes an empty table; the cells, on the heap, are the caller's to fill in. */
void table_init(struct table *t, size_t row_count);
void table_fini(struct table *t);

/* Puts what belongs below a row of the table. */
typedef void table_below_fn(void *arg, size_t row, struct buffer *out);

/*
 * Prints it.
 *
 * indent  of all lines, the first included
 */
void table_put(const struct table *t, const struct terminal *on, size_t indent,
	       struct buffer *out, table_below_fn *below, void *arg);

/* Returns the escape sequence of the colour in which the value of a member is shown, or
 * NULL: the states that are good, bad, or between both. */
const char *table_colour(const char *key, const char *value);

#define TABLE_COLOUR_END "\x1b[0m"
