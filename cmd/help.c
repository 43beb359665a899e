#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/operator/diag.h"
#include "cmd/cli.h"
#include "cmd/commands.h"

enum { HELP_COLUMN = 44 };

static const char head[] =
	"usage: deputy [--json] [--run DIR] [-c FILE] COMMAND "
	"[ARGUMENT...]\n"
	"  --json    print answers as JSON\n"
	"  --run DIR the directory of the control sockets; default: from the "
	"configuration\n"
	"  -c FILE   the configuration file; " CONF_PATH_PRESET " by default\n\n";

static const char statuses[] =
	"\n"
	"exit status: 0 success, 1 negative result, 2 usage error, 3 not running,\n"
	"4 permission denied, 5 conflict, 6 timed out, 7 partly done\n";

static void print_row(const struct command *row)
{
	int len = printf("  %s%s%s", row->name, *row->args ? " " : "", row->args);

	if (len >= HELP_COLUMN)
		printf("\n%*s", HELP_COLUMN, "");
	else
		printf("%*s", HELP_COLUMN - len, "");
	puts(row->help);
}

/* All rows whose name begins with the words; returns how many. */
static size_t print_rows(const char *begin)
{
	const struct command *row;
	size_t count = 0;

	for (size_t i = 0; (row = command_at(i)); i++)
		if (strncmp(row->name, begin, strlen(begin)) == 0) {
			print_row(row);
			count++;
		}
	return count;
}

static char *joined(const char *const *words, size_t count)
{
	struct buffer b = { 0 };

	for (size_t i = 0; i < count; i++)
		buffer_printf(&b, "%s%s", i ? " " : "", words[i]);
	return buffer_take_text(&b);
}

enum exit_status cli_help(struct cli *c)
{
	const struct command_table *table;
	const struct command *row;
	size_t used;
	size_t count;
	char *begin;

	if (c->arg_count == 0) {
		fputs(head, stdout);
		(void)print_rows("");
		fputs(statuses, stdout);
		return EXIT_DONE;
	}
	row = command_find(c->args, c->arg_count, &used, &table);
	if (row && used == c->arg_count) {
		printf("usage: deputy %s%s%s\n%s\n", row->name, *row->args ? " " : "",
		       row->args, row->help);
		if (row->right == MAY_CHANGE)
			puts("allowed for root, the daemon's user "
			     "and the socket's group");
		return EXIT_DONE;
	}
	begin = joined(c->args, c->arg_count);
	count = print_rows(begin);
	free(begin);
	return count ? EXIT_DONE : cli_unknown(c->args, c->arg_count);
}

static const char *name_at(const void *arg, size_t i)
{
	const struct command *row = command_at(i);

	(void)arg;
	return row ? row->name : NULL;
}

/* Whether a command begins with these words and goes on. */
static bool is_begun(const char *words)
{
	const struct command *row;
	size_t len = strlen(words);

	for (size_t i = 0; (row = command_at(i)); i++)
		if (strncmp(row->name, words, len) == 0 && row->name[len] == ' ')
			return true;
	return false;
}

enum exit_status cli_unknown(const char *const *words, size_t count)
{
	const char *meant = NULL;
	size_t rows = 0;
	char *text;

	if (words[0][0] == '-')
		return cli_fail(EXIT_USAGE,
				"unknown option '%s', or its value "
				"is missing; see `deputy help`",
				words[0]);
	while (command_at(rows))
		rows++;
	for (size_t n = count < 3 ? count : 3; n > 0 && meant == NULL; n--) {
		text = joined(words, n);
		meant = suggest(text, rows, name_at, NULL);
		free(text);
	}
	text = joined(words, count < 2 ? count : 2);
	if (count == 1 && is_begun(words[0]))
		(void)cli_fail(EXIT_USAGE,
			       "incomplete command '%s'; `deputy help "
			       "%s` lists its subcommands",
			       text, text);
	else if (meant)
		(void)cli_fail(EXIT_USAGE, "unknown command '%s'; did you mean '%s'?",
			       text, meant);
	else
		(void)cli_fail(EXIT_USAGE, "unknown command '%s'; see `deputy help`",
			       text);
	free(text);
	return EXIT_USAGE;
}
