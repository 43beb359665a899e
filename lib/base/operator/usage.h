/*
 * The arguments of a command, as its row describes them: "PBX up|down|drain [--for
 * TIME] [NAME...]". Lower-case alternatives are literal words; everything else is the
 * name of a value.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct command;
struct text;

/* Returns whether the option, given without its dashes, takes a value. */
bool usage_takes_value(const struct command *row, const struct text *option);

/* Returns whether the word is one of the literal words that an argument may be. */
bool usage_has_choice(const struct command *row, const char *word);

/*
 * Checks arguments against their row.
 *
 * why  receives one line if they are wrong: the error, a suggestion, the usage
 *
 * Returns 0 or ERR_INVALID.
 */
int usage_check(const struct command *row, const char *const *args, size_t count,
		struct buffer *why);
