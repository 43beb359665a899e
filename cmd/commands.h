/* All commands of `deputy`: help, completion and deputy(1) are generated from them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/operator/command.h"

struct cli;

/* Run by the command line itself. */
typedef enum exit_status local_command_fn(struct cli *c);

struct command_table {
	const struct command *rows; /* terminated by one without a name */
	const char *socket;         /* the socket in the run folder; NULL: none */
	const char *process;        /* its name in messages */
	bool optional; /* it is skipped without a message if it does not run */
	local_command_fn *const *run; /* of rows without a socket, in their order */
};

extern const struct command_table command_tables[]; /* terminated by one without rows */
extern const struct command local_commands[];
extern local_command_fn *const local_runs[];

/* Returns the first table whose process has this socket; there always is one. */
const struct command_table *command_table_of(const char *socket);

/* Returns row number i over all tables, without duplicates, or NULL. */
const struct command *command_at(size_t i);

/*
 * Finds the row with the longest name that the words start with.
 *
 * used  receives the number of words of its name
 *
 * Returns NULL if none does.
 */
const struct command *command_find(const char *const *words, size_t count, size_t *used,
				   const struct command_table **table);
