/* deputy: the command line. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/operator/log.h"
#include "base/operator/usage.h"
#include "base/text.h"
#include "cmd/cli.h"
#include "cmd/commands.h"

static const char *const colour_words[] = { "auto", "always", "never" };

/* Takes "--color WHEN" or "--color=WHEN"; `i` moves to its last word. Returns whether
 * it is one. */
static bool take_colour(const char *const *words, size_t count, size_t *i,
			enum colour_when *out)
{
	static const char option[] = "--color";
	const char *when = words[*i] + strlen(option);

	if (strncmp(words[*i], option, strlen(option)) != 0)
		return false;
	if (*when == '=')
		when++;
	else if (*when || *i + 1 == count)
		return false;
	else
		when = words[*i + 1];
	for (size_t w = 0; w < sizeof(colour_words) / sizeof(*colour_words); w++)
		if (strcmp(when, colour_words[w]) == 0) {
			*i += when == words[*i + 1];
			*out = (enum colour_when)w;
			return true;
		}
	return false;
}

/* Takes the options before the command, and --json and --color anywhere. */
static size_t take_options(struct cli *c, const char **words, size_t count)
{
	enum colour_when colour = COLOUR_AUTO;
	size_t kept = 0;
	bool before = true;

	for (size_t i = 0; i < count; i++) {
		const char *word = words[i];

		if (strcmp(word, "--json") == 0) {
			c->json = true;
		} else if (take_colour(words, count, &i, &colour)) {
			continue;
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
	c->terminal = terminal_of_output(colour);
	return kept;
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Whether "--help" is behind a command, and not the value of an option. A toy PBX
 * answers it itself. */
static bool is_help_wanted(const struct command *row, const char *const *words,
			   size_t count, size_t used)
{
	if (strcmp(row->name, "toy-pbx") == 0)
		return false;
	for (size_t i = used; i < count; i++) {
		struct text option = text_from(words[i]);

		if (is_help(words[i]))
			return true;
		if (strcmp(words[i], "--") == 0)
			return false;
		if (strncmp(words[i], "--", 2) != 0)
			continue;
		option.at += 2;
		i += usage_takes_value(row, &option);
	}
	return false;
}

/* The words before "--help" that are no command. */
static size_t count_before_help(const char *const *words, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (is_help(words[i]))
			return i;
	return 0;
}

static enum exit_status help_about(struct cli *c, const char **words, size_t count)
{
	words[count] = NULL;
	c->args = words;
	c->arg_count = count;
	return cli_help(c);
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
		used = count_before_help(words, count);
		status = used ? help_about(&c, words, used) : cli_unknown(words, count);
	} else if (is_help_wanted(c.row, words, count, used)) {
		status = help_about(&c, words, used);
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
