/* One call of `deputy`: what it was told, and how it talks to processes and people. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/operator/command.h"

struct buffer;
struct command_table;

struct cli {
	const char *conf_path; /* NULL: not given */
	const char *run_dir;   /* NULL: of the configuration */
	bool json;             /* answers are printed as they came */
	bool text_only;        /* of answers: their member "text" */
	const struct command *row;
	const struct command_table *table;
	const char *const *args; /* behind the command's words, NULL-terminated */
	size_t arg_count;
	struct request words; /* the same, for request_word() and request_option() */
};

#define CONF_PATH_PRESET "/etc/deputy/deputy.conf"

/* The configuration meant: the one given, or the usual one. */
const char *cli_conf_path(const struct cli *c);

/* Asks the process of the row's table, prints what it says. */
enum exit_status cli_ask(struct cli *c);

/* Asks all processes that serve the row's name, and tells which do not answer. */
enum exit_status cli_ask_all(struct cli *c);

/* Asks what would be answered, of the node or, without one, of the configuration. */
enum exit_status cli_whatif(struct cli *c);

/* Prints an answer made here as one that came from a process; takes the octets. */
enum exit_status cli_print(const struct cli *c, struct buffer *answer);

/* Prints what all processes counted, also as the answer to an HTTP request. */
enum exit_status cli_metrics(struct cli *c);

/*
 * Asks and hands the answer back instead of printing it.
 *
 * answer  one JSON object as text, the caller's to free(); NULL if there is none
 */
enum exit_status cli_fetch(struct cli *c, const char *socket, const char *command,
			   const char *const *args, size_t arg_count, char **answer);

/* Prints "deputy: ..." on standard error. Returns `status`. */
enum exit_status cli_fail(enum exit_status status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints all commands, or one; EXIT_USAGE where there is none of that name. */
enum exit_status cli_help(struct cli *c);

/* Prints what a shell reads to complete commands. */
enum exit_status cli_completion(struct cli *c);

/* Says what may have been meant by words that are no command. */
enum exit_status cli_unknown(const char *const *words, size_t count);
