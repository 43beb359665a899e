/* What the arguments of a command mean, for its help and for deputy(1). */
#pragma once

#include <stddef.h>

#include "base/text.h"

struct command;

struct argument {
	struct text word;    /* as the row has it, without brackets: "--for TIME" */
	struct text meaning; /* in one line */
};

enum { ARGUMENTS_MAX = 24 };

/* Takes from a row what has an explanation, in its order. Returns how many. */
size_t arguments_of(const struct command *row, struct argument out[ARGUMENTS_MAX]);
