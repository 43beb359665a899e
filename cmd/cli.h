/* One run of `deputy`: its arguments, and how it talks to processes and users. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/operator/command.h"
#include "base/text.h"
#include "cmd/terminal.h"

struct buffer;
struct command_table;

struct cli {
	const char *conf_path; /* NULL: not given */
	const char *run_dir;   /* NULL: of the configuration */
	struct terminal terminal;
	bool json; /* answers are printed unchanged */
	const struct command *row;
	const struct command_table *table;
	const char *const *args; /* after the command's words, NULL-terminated */
	size_t arg_count;
	struct request words; /* the same, for request_word() and request_option() */
};

#define CONF_PATH_PRESET "/etc/deputy/deputy.conf"

/* Returns the path of the configuration: the one given, or the default. */
const char *cli_conf_path(const struct cli *c);

/* Queries the process of the row's table and prints the answer. */
enum exit_status cli_ask(struct cli *c);

/* Prints the one sentence that matters, then the states of all processes. */
enum exit_status cli_status(struct cli *c);

/* Returns that sentence, which the caller frees, and the status that goes with it. */
char *cli_summary(struct cli *c, enum exit_status *status);

/* Prints the counters of all processes, and which do not answer. */
enum exit_status cli_metrics_of_all(struct cli *c);

/* Returns whether the sockets are looked for where a node would have them. */
bool cli_knows_run_dir(const struct cli *c);

/* Prints how to start the node, as an error. */
enum exit_status cli_say_how_to_start(const struct cli *c);

/* Runs `whatif` on the node or, if there is none, on the configuration. */
enum exit_status cli_whatif(struct cli *c);

/* Prints an answer that was fetched. Returns its status. */
int cli_print_answer(const struct cli *c, const char *answer);

/* Prints a local answer like one from a process; takes ownership of the octets. */
enum exit_status cli_print(const struct cli *c, struct buffer *answer);

/* Prints the counters of all processes, also as the answer to an HTTP request. */
enum exit_status cli_metrics(struct cli *c);

/*
 * Queries and returns the answer instead of printing it.
 *
 * answer  one JSON object as text, which the caller frees with free(); NULL if there is
 * none
 */
enum exit_status cli_fetch(struct cli *c, const char *socket, const char *command,
			   const char *const *args, size_t arg_count, char **answer);

/* Prints lines in which much is the word of others: what a terminal would obey is shown
 * as "\x1b". */
void cli_write(FILE *to, struct text t);

/* Returns a text with the times in it as local time; the caller frees it. */
char *cli_local_times(const char *text);

/* Prints text that begins in column `indent` and a line end: its times local, in lines
 * no longer than the terminal is wide. */
void cli_print_text(const struct cli *c, const char *text, size_t indent);

/* Prints "deputy: ..." on standard error. Returns `status`. */
enum exit_status cli_fail(enum exit_status status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints all commands, or one; EXIT_USAGE if there is none of that name. */
enum exit_status cli_help(struct cli *c);

/* Prints a completion script. */
enum exit_status cli_completion(struct cli *c);

/* Suggests a command for words that are not a command, of which there is one at least.
 */
enum exit_status cli_unknown(const char *const *words, size_t count);

/* Returns the one row of which the words name an argument ("pbx down"), or NULL. */
const struct command *cli_meant_choice(const char *const *words, size_t count);

/* Returns the words with blanks between them, which the caller frees. */
char *cli_joined(const char *const *words, size_t count);
