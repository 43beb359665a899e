/* The source lines of semantic errors: a zone stores only their numbers. */
#pragma once

#include <stddef.h>

struct diags;

/*
 * Sets the column of the first word for rows with a line but no column, and the source
 * line for rows without one, for the caret.
 *
 * from  the first row to look at
 */
void source_lines_add(struct diags *d, size_t from);
