/*
 * Reads what a command takes from its row: "PBX up|down|drain [--for TIME] [NAME...]".
 * Lower case alternatives are words to choose from; the rest are names of values.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct command;
struct text;

/* Whether a value stands behind the option, given without its dashes. */
bool usage_takes_value(const struct command *row, const struct text *option);

/*
 * Judges arguments by their row.
 *
 * why  gets one line when they are wrong: what, what may have been meant, the usage
 *
 * Returns 0 or ERR_INVALID.
 */
int usage_check(const struct command *row, const char *const *args, size_t count,
		struct buffer *why);
