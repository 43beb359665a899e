/* What answers are printed on: how wide it is, and whether it shows colours. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct buffer;

enum colour_when { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

struct terminal {
	size_t width; /* in columns; 0: lines may have any length, as for a pipe */
	bool colours;
};

/* Looks at standard output and at the environment: COLUMNS, NO_COLOR, TERM. */
struct terminal terminal_of_output(enum colour_when when);

/*
 * Appends text that begins in column `indent`, broken at blanks where the width ends;
 * lines that follow are indented.
 */
void terminal_put_wrapped(const struct terminal *t, struct buffer *out, struct text s,
			  size_t indent);
