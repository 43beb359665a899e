/* All that `deputy` can be told: help, completion and deputy(1) come out of these. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/operator/command.h"

struct cli;

/* Done by the command line itself. */
typedef enum exit_status local_command_fn(struct cli *c);

struct command_table {
	const struct command *rows; /* ended by one without a name */
	const char *socket;  /* who is asked: a file in the run folder; NULL: none */
	const char *process; /* its name for people */
	bool optional;       /* it is not asked, when it does not run, and not missed */
	local_command_fn *const *run; /* of rows without a socket, in their order */
};

extern const struct command_table command_tables[]; /* ended by one without rows */
extern const struct command local_commands[];
extern local_command_fn *const local_runs[];

/* The first table whose process listens there; there is one. */
const struct command_table *command_table_of(const char *socket);

/* Row number i over all tables but those that another table has too, or NULL. */
const struct command *command_at(size_t i);

/*
 * Finds the row whose name the words begin with, the longest.
 *
 * used  gets how many words its name is
 *
 * Returns NULL if none does.
 */
const struct command *command_find(const char *const *words, size_t count, size_t *used,
				   const struct command_table **table);
