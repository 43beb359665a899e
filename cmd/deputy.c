/* deputy: the command line. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/operator/log.h"
#include "base/operator/usage.h"
#include "cmd/cli.h"
#include "cmd/commands.h"

/* Takes the options before the command, and --json anywhere. */
static size_t take_options(struct cli *c, const char **words, size_t count)
{
	size_t kept = 0;
	bool before = true;

	for (size_t i = 0; i < count; i++) {
		const char *word = words[i];

		if (strcmp(word, "--json") == 0) {
			c->json = true;
		} else if (before && strcmp(word, "--run") == 0 && i + 1 < count) {
			c->run_dir = words[++i];
		} else if (before && strcmp(word, "-c") == 0 && i + 1 < count) {
			c->conf_path = words[++i];
		} else if (before &&
			   (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
			words[kept++] = "help";
		} else if (before && strcmp(word, "--version") == 0) {
			words[kept++] = "version";
		} else {
			words[kept++] = word;
			before = false;
		}
	}
	words[kept] = NULL;
	return kept;
}

static enum exit_status run(struct cli *c)
{
	struct buffer why = { 0 };

	/* a toy pbx has options of its own */
	if (strcmp(c->row->name, "toy-pbx") != 0 &&
	    usage_check(c->row, c->args, c->arg_count, &why)) {
		char *text = buffer_take_text(&why);

		(void)cli_fail(EXIT_USAGE, "%s", text);
		free(text);
		return EXIT_USAGE;
	}
	if (c->table->socket)
		return cli_ask(c);
	return c->table->run[c->row - c->table->rows](c);
}

int main(int argc, char **argv)
{
	struct cli c = { 0 };
	const char **words = alloc_array((size_t)argc + 1, sizeof(*words));
	enum exit_status status;
	size_t count;
	size_t used;

	log_open("deputy", LOG_LEVEL_WARNING);
	for (int i = 1; i < argc; i++)
		words[i - 1] = argv[i];
	count = take_options(&c, words, argc > 0 ? (size_t)argc - 1 : 0);
	c.row = command_find(words, count, &used, &c.table);
	if (count == 0) {
		(void)cli_help(&c);
		status = EXIT_USAGE;
	} else if (c.row == NULL) {
		status = cli_unknown(words, count);
	} else {
		c.args = words + used;
		c.arg_count = count - used;
		c.words = (struct request){ .args = c.args,
					    .arg_count = c.arg_count,
					    .command = c.row };
		status = run(&c);
	}
	free(words);
	return fflush(stdout) && status == EXIT_DONE ? EXIT_NEGATIVE : (int)status;
}
