/* The lines that faults of meaning stand in: a zone keeps their numbers only. */
#pragma once

#include <stddef.h>

struct diags;

/*
 * Gives rows with a line but no column the column of the line's first word, and those
 * without their source line that line, for a caret.
 *
 * from  the first row to look at
 */
void source_lines_add(struct diags *d, size_t from);
