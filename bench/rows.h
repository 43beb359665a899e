/*
 * What the programs of bench/ have alike: --help, --json, how long they take, and their
 * rows, as a table or as one JSON object a row. bench/rows.py is the same for commands
 * in Python.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct row_column {
	const char *key;  /* in JSON */
	const char *head; /* in the table */
	int width;        /* negative: to the left */
	int digits;       /* behind the point */
};

struct rows {
	bool json;
	const char *table;
	const struct row_column *columns;
	size_t at, count;
};

/*
 * Takes --json and --help out of the arguments and says on standard error how long the
 * program takes. Ends the program after --help.
 *
 * help     what it tells, and its arguments
 * seconds  with its defaults
 */
struct rows rows_open(int *argc, char **argv, const char *help, unsigned seconds);

/* A line that is no row: on standard output, or standard error with --json. */
void rows_tell(const struct rows *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Begins a table: its headings. `columns` stays the caller's and must last. */
void rows_table(struct rows *r, const char *name, const struct row_column *columns,
		size_t count);

/* The next cell of a row; the last one ends it. Text has no quotes in it. */
void rows_text(struct rows *r, const char *text);
void rows_number(struct rows *r, double number);
