#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "cmd/arguments.h"
#include "cmd/cli.h"
#include "cmd/commands.h"

enum { HELP_COLUMN = 44, HELP_COLUMN_NARROW = 8, WORD_COLUMN = 2, WIDE = 100 };

static const char head[] =
	"usage: deputy [OPTION...] COMMAND [ARGUMENT...]\n"
	"  --json        print answers as JSON\n"
	"  --color WHEN  auto, always or never: states in colour\n"
	"  --run DIR     the directory of the control sockets; default: as configured\n"
	"  -c FILE       the configuration file; " CONF_PATH_PRESET " by default\n"
	"  --help        behind a command: what it takes\n\n";

static const char statuses[] =
	"\n"
	"exit status: 0 success, 1 negative result, 2 usage error, 3 not running,\n"
	"4 permission denied, 5 conflict, 6 timed out, 7 partly done\n";

/* Where helps begin: below their commands where lines are short. */
static size_t help_column(const struct terminal *t)
{
	return t->width && t->width < WIDE ? HELP_COLUMN_NARROW : HELP_COLUMN;
}

static void put_row(const struct terminal *t, struct buffer *out,
		    const struct command *row)
{
	size_t column = help_column(t);
	size_t begin = out->len;
	size_t len;

	buffer_printf(out, "  %s%s", row->name, *row->args ? " " : "");
	terminal_put_wrapped(t, out, text_from(row->args), out->len - begin);
	len = out->len - begin;
	if (len + 2 > column || column == HELP_COLUMN_NARROW)
		buffer_printf(out, "\n%*s", (int)column, "");
	else
		buffer_printf(out, "%*s", (int)(column - len), "");
	terminal_put_wrapped(t, out, text_from(row->help), column);
	buffer_put_text(out, "\n");
}

/* All rows whose name begins with the words; returns how many. */
static size_t put_rows(const struct terminal *t, struct buffer *out, const char *begin)
{
	const struct command *row;
	size_t count = 0;

	for (size_t i = 0; (row = command_at(i)); i++)
		if (strncmp(row->name, begin, strlen(begin)) == 0) {
			put_row(t, out, row);
			count++;
		}
	return count;
}

/* What may stand for each argument, in two columns. */
static void put_arguments(const struct terminal *t, struct buffer *out,
			  const struct command *row)
{
	struct argument arguments[ARGUMENTS_MAX];
	size_t count = arguments_of(row, arguments);
	size_t width = 0;

	if (count)
		buffer_put_text(out, "\n");
	for (size_t i = 0; i < count; i++)
		if (text_len(&arguments[i].word) > width)
			width = text_len(&arguments[i].word);
	for (size_t i = 0; i < count; i++) {
		buffer_printf(out, "%*s%-*.*s  ", WORD_COLUMN, "", (int)width,
			      (int)text_len(&arguments[i].word), arguments[i].word.at);
		terminal_put_wrapped(t, out, arguments[i].meaning,
				     WORD_COLUMN + width + 2);
		buffer_put_text(out, "\n");
	}
}

static void put_command(const struct terminal *t, struct buffer *out,
			const struct command *row)
{
	buffer_printf(out, "usage: deputy %s%s", row->name, *row->args ? " " : "");
	terminal_put_wrapped(t, out, text_from(row->args), strlen("usage: "));
	buffer_put_text(out, "\n");
	terminal_put_wrapped(t, out, text_from(row->help), 0);
	buffer_put_text(out, "\n");
	if (row->right == MAY_CHANGE)
		buffer_put_text(out, "allowed for root, the daemon's user "
				     "and the socket's group\n");
	put_arguments(t, out, row);
	if (row->example)
		buffer_printf(out, "\nexample:\n  deputy %s%s%s\n", row->name,
			      *row->example ? " " : "", row->example);
}

static void print(struct buffer *out)
{
	cli_write(stdout, text_of(out->octets, out->len));
	buffer_fini(out);
}

/* A group of commands, or what begins with the same letters. */
static enum exit_status help_group(const struct cli *c)
{
	char *begin = cli_joined(c->args, c->arg_count);
	struct buffer out = { 0 };
	size_t count = put_rows(&c->terminal, &out, begin);

	if (count)
		buffer_put_text(&out, "\nbehind any of them, --help explains its "
				      "arguments\n");
	print(&out);
	free(begin);
	return count ? EXIT_DONE : cli_unknown(c->args, c->arg_count);
}

enum exit_status cli_help(struct cli *c)
{
	const struct command_table *table;
	struct buffer out = { 0 };
	const struct command *row;
	size_t used = 0;

	if (c->arg_count == 0) {
		buffer_put_text(&out, head);
		(void)put_rows(&c->terminal, &out, "");
		buffer_put_text(&out, statuses);
		print(&out);
		return EXIT_DONE;
	}
	row = command_find(c->args, c->arg_count, &used, &table);
	if (row == NULL) {
		row = cli_meant_choice(c->args, c->arg_count);
		used = c->arg_count;
	}
	if (row == NULL || used < c->arg_count)
		return help_group(c);
	put_command(&c->terminal, &out, row);
	print(&out);
	return EXIT_DONE;
}
