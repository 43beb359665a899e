/* The octets of a configuration file, and its lines for diagnoses. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/operator/diag.h"

enum { SOURCE_MAX_LEN = 4 << 20 }; /* a fleet of 10,000 sites stays below */

struct source {
	const char *path; /* borrowed, like the octets */
	const char *octets;
	size_t len;
	size_t *line_starts; /* offsets; owned */
	size_t line_count;
};

void source_init(struct source *s, const char *path, const void *octets, size_t len);
void source_fini(struct source *s);

/* Returns the offset of a position; `line` and `col` count from 1. */
size_t source_offset(const struct source *s, uint32_t line, uint32_t col);

/* Returns a line without its end, or NULL if it is too long to be shown; `line` counts
 * from 1. */
const char *source_line(const struct source *s, uint32_t line, size_t *len);

/* Adds a diagnosis with its source line, if it has a position and the line is readable.
 */
void source_report(const struct source *s, struct diags *diags, enum diag_level level,
		   struct diag_place place, const char *text);

/* Refuses what is not allowed in YAML: control characters, invalid UTF-8. Returns 0 or
 * ERR_INVALID, with one diagnosis. */
int source_check(const struct source *s, struct diags *diags);
