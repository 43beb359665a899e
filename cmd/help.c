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
	if (row == NULL) {
		row = cli_meant_choice(c->args, c->arg_count);
		used = c->arg_count;
	}
	if (row && used == c->arg_count) {
		printf("usage: deputy %s%s%s\n%s\n", row->name, *row->args ? " " : "",
		       row->args, row->help);
		if (row->right == MAY_CHANGE)
			puts("allowed for root, the daemon's user "
			     "and the socket's group");
		return EXIT_DONE;
	}
	begin = cli_joined(c->args, c->arg_count);
	count = print_rows(begin);
	free(begin);
	return count ? EXIT_DONE : cli_unknown(c->args, c->arg_count);
}
