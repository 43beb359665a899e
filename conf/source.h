/* The octets of a configuration file, and its lines for diagnoses. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/operator/diag.h"

enum { SOURCE_MAX_LEN = 4 << 20 }; /* a fleet of 10,000 sites stays below */

struct source {
	const char *path; /* borrowed, as the octets are */
	const char *octets;
	size_t len;
	size_t *line_starts; /* offsets; the source's */
	size_t line_count;
};

void source_init(struct source *s, const char *path, const void *octets, size_t len);
void source_fini(struct source *s);

/* Where a place is in the octets; both numbers from 1. */
size_t source_offset(const struct source *s, uint32_t line, uint32_t col);

/* Adds a diagnosis with its source line, if it has a place and a line one can read. */
void source_report(const struct source *s, struct diags *diags, enum diag_level level,
		   struct diag_place place, const char *text);

/* Refuses what no YAML text holds: control characters, broken UTF-8. Returns 0 or
 * ERR_INVALID, with one diagnosis. */
int source_check(const struct source *s, struct diags *diags);
