/*
 * Diagnoses of a text that an operator wrote: all errors, each with
 * file:line:col, the line with a caret, and a suggestion.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

struct diag_place {
	const char *file; /* as printed; copied */
	uint32_t line;    /* from 1; 0: the file as a whole */
	uint32_t col;     /* from 1, in octets; 0: the whole line */
};

struct diag {
	enum diag_level level;
	struct diag_place place;
	char *text;       /* without the position */
	char *source;     /* the source line, or NULL: no caret is drawn */
	char *suggestion; /* or NULL */
	const char
		*name; /* of a warning or note that can be silenced; static; or NULL */
};

/* A list in the order in which they were found. All zero is an empty list. */
struct diags {
	struct diag *rows;
	size_t count;
	size_t error_count;
	size_t limit; /* maximum of rows kept; 0: 1000. Beyond it they are only counted
		       */
	size_t more_count; /* found but not kept */
	char **files; /* the file names that the rows borrow, by first appearance */
	size_t file_count;
};

/*
 * Adds one row.
 *
 * source      the line's octets, not necessarily NUL-terminated; NULL if not available
 * suggestion  or NULL
 */
void diags_add(struct diags *d, enum diag_level level, struct diag_place place,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Set the source line and the suggestion of the row added last. */
void diags_source(struct diags *d, const char *line, size_t len);
void diags_suggest(struct diags *d, const char *suggestion);

/* Sets the name of the row added last; `name` must outlive the list. */
void diags_name(struct diags *d, const char *name);

/* Orders by file (in order of first appearance), line and column. */
void diags_sort(struct diags *d);

/*
 * Writes all rows as
 *   FILE:LINE:COL: warning: TEXT; did you mean 'X'? [NAME]
 *       SOURCE LINE
 *          ^
 */
void diags_format(const struct diags *d, struct buffer *out);

void diags_fini(struct diags *d);

/*
 * Returns the name among `count` that is nearest to `word`, within two edits (one for
 * words below four octets), or NULL. Transposed neighbours count as one edit; case is
 * ignored.
 *
 * name_at   returns name number i, or NULL to skip it
 */
typedef const char *suggest_name_fn(const void *arg, size_t i);
const char *suggest(const char *word, size_t count, suggest_name_fn *name_at,
		    const void *arg);
