/*
 * What is wrong with a text an operator wrote: all of it, each with
 * file:line:col, the line itself with a caret, and what may have been meant.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

struct diag_place {
	const char *file; /* as it is to be printed; copied */
	uint32_t line;    /* from 1; 0: the file as a whole */
	uint32_t col;     /* from 1, in octets; 0: the whole line */
};

struct diag {
	enum diag_level level;
	struct diag_place place;
	char *text;       /* without the place */
	char *source;     /* the line it stands in, or NULL: then no caret is drawn */
	char *suggestion; /* what may have been meant, or NULL */
};

/* A list in the order of finding. All zero is an empty one. */
struct diags {
	struct diag *rows;
	size_t count;
	size_t error_count;
	size_t limit;      /* rows kept; 0: 1000. Beyond it only the counts go on */
	size_t more_count; /* found but not kept */
	char **files;      /* the names the rows' places borrow, by first appearance */
	size_t file_count;
};

/*
 * Adds one row.
 *
 * source      the line's octets, need not end in NUL; NULL if not at hand
 * suggestion  or NULL
 */
void diags_add(struct diags *d, enum diag_level level, struct diag_place place,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same for the row added last: its source line, and what may have been meant. */
void diags_source(struct diags *d, const char *line, size_t len);
void diags_suggest(struct diags *d, const char *suggestion);

/* Orders by file (in order of first appearance), line and column. */
void diags_sort(struct diags *d);

/*
 * Writes all rows as
 *   FILE:LINE:COL: error: TEXT; did you mean 'X'?
 *       SOURCE LINE
 *          ^
 */
void diags_format(const struct diags *d, struct buffer *out);

void diags_fini(struct diags *d);

/*
 * The one of `count` names nearest to `word` by at most two edits (one, below four
 * octets), or NULL. Transposed neighbours count as one edit; case is folded.
 *
 * name_at   gives name number i, or NULL to pass over it
 */
typedef const char *suggest_name_fn(const void *arg, size_t i);
const char *suggest(const char *word, size_t count, suggest_name_fn *name_at,
		    const void *arg);
