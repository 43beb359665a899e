/* Words that are no command: which command was meant. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/operator/diag.h"
#include "base/operator/usage.h"
#include "base/text.h"
#include "cmd/cli.h"
#include "cmd/commands.h"

enum { WORDS_MAX = 3, MEANT_MAX = 3 };

/* How words can mean a row, the surest first. */
enum likeness {
	LIKE_SWAPPED,   /* "list pbx", "lst pbx" */
	LIKE_LAST_WORD, /* "reload": conf reload, zone reload */
	LIKE_CHOICE,    /* "pbx down", "drain": pbx force PBX up|down|drain */
	LIKE_NEAR_LAST, /* "relaod" */
	LIKE_NOTHING
};

char *cli_joined(const char *const *words, size_t count)
{
	struct buffer b = { 0 };

	for (size_t i = 0; i < count; i++)
		buffer_printf(&b, "%s%s", i ? " " : "", words[i]);
	return buffer_take_text(&b);
}

static const char *name_at(const void *arg, size_t i)
{
	const struct command *row = command_at(i);

	(void)arg;
	return row ? row->name : NULL;
}

static const char *only(const void *arg, size_t i)
{
	(void)i;
	return arg;
}

static bool is_near(const char *word, const char *name)
{
	return strcmp(word, name) == 0 || suggest(word, 1, only, name);
}

static bool is_first_word(const char *word, const char *name)
{
	size_t len = strlen(word);

	return strncmp(name, word, len) == 0 && name[len] == ' ';
}

/* The first word of a name of two, as suggest() wants it. */
static bool is_near_first_word(const char *word, const char *name, const char *last)
{
	char first[32];
	size_t len = (size_t)(last - name) - 1;

	if (len >= sizeof(first))
		return false;
	memcpy(first, name, len);
	first[len] = '\0';
	return is_near(word, first);
}

/* How much the words, of which there is one at least, are like a row. */
static enum likeness likeness_of(const struct command *row, const char *const *words,
				 size_t count)
{
	const char *last = strrchr(row->name, ' ');
	bool grouped = count > 1 && is_first_word(words[0], row->name);

	if (usage_has_choice(row, words[grouped]))
		return LIKE_CHOICE;
	if (last == NULL)
		return LIKE_NOTHING;
	last++;
	if (count > 1 && is_near(words[0], last) &&
	    is_near_first_word(words[1], row->name, last))
		return LIKE_SWAPPED;
	if (strcmp(words[0], last) == 0)
		return LIKE_LAST_WORD;
	return is_near(words[0], last) ? LIKE_NEAR_LAST : LIKE_NOTHING;
}

/* Finds the rows that are most like the words; returns how many. */
static size_t find_like(const char *const *words, size_t count,
			const struct command *found[MEANT_MAX])
{
	enum likeness best = LIKE_NOTHING;
	const struct command *row;
	size_t found_count = 0;

	for (size_t i = 0; (row = command_at(i)); i++) {
		enum likeness like = likeness_of(row, words, count);

		if (like == LIKE_NOTHING || like > best)
			continue;
		if (like < best)
			found_count = 0;
		best = like;
		if (found_count < MEANT_MAX)
			found[found_count++] = row;
	}
	return found_count;
}

/* The row whose whole name is near, written with any of " ", "-" and "" between its
 * words; or NULL. */
static const char *find_near(const char *const *words, size_t count)
{
	const char *meant = NULL;
	size_t rows = 0;

	while (command_at(rows))
		rows++;
	for (size_t n = count < WORDS_MAX ? count : WORDS_MAX; n > 0 && !meant; n--) {
		char *text = cli_joined(words, n);

		meant = suggest(text, rows, name_at, NULL);
		free(text);
	}
	return meant;
}

const struct command *cli_meant_choice(const char *const *words, size_t count)
{
	const struct command *found[MEANT_MAX];

	if (count < 2 || find_like(words, count, found) != 1 ||
	    likeness_of(found[0], words, count) != LIKE_CHOICE)
		return NULL;
	return found[0];
}

static bool is_group(const char *word)
{
	const struct command *row;

	for (size_t i = 0; (row = command_at(i)); i++)
		if (is_first_word(word, row->name))
			return true;
	return false;
}

static enum exit_status unknown_option(const char *word)
{
	static const char *const options[] = { "--json", "--color", "--run", "--help",
					       "--version" };
	const char *meant = NULL;

	if (strncmp(word, "--color", strlen("--color")) == 0)
		return cli_fail(EXIT_USAGE, "--color must be auto, always or never");
	for (size_t i = 0; i < sizeof(options) / sizeof(*options) && !meant; i++)
		meant = is_near(word, options[i]) ? options[i] : NULL;
	if (meant && strcmp(meant, word) != 0)
		return cli_fail(EXIT_USAGE, "unknown option '%s'; did you mean '%s'?",
				word, meant);
	return cli_fail(EXIT_USAGE,
			"unknown option '%s', or its value "
			"is missing; see `deputy help`",
			word);
}

/* "; did you mean 'conf reload' or 'zone reload'?", or nothing. */
static char *suggestion_of(const char *const *words, size_t count)
{
	const struct command *found[MEANT_MAX];
	const char *near = find_near(words, count);
	size_t found_count = near ? 0 : find_like(words, count, found);
	struct buffer b = { 0 };

	if (near)
		buffer_printf(&b, "; did you mean '%s'?", near);
	for (size_t i = 0; i < found_count; i++)
		buffer_printf(&b, "%s'%s'%s",
			      i == 0                 ? "; did you mean "
			      : i + 1 == found_count ? " or "
						     : ", ",
			      found[i]->name, i + 1 == found_count ? "?" : "");
	return buffer_take_text(&b);
}

enum exit_status cli_unknown(const char *const *words, size_t count)
{
	char *text, *meant;

	if (words[0][0] == '-')
		return unknown_option(words[0]);
	text = cli_joined(words, count < 2 ? count : 2);
	meant = suggestion_of(words, count);
	if (count == 1 && is_group(words[0]))
		(void)cli_fail(EXIT_USAGE,
			       "incomplete command '%s'; `deputy help "
			       "%s` lists its subcommands",
			       text, text);
	else if (*meant)
		(void)cli_fail(EXIT_USAGE, "unknown command '%s'%s", text, meant);
	else if (is_group(words[0]))
		(void)cli_fail(EXIT_USAGE, "unknown command '%s'; see `deputy help %s`",
			       text, words[0]);
	else
		(void)cli_fail(EXIT_USAGE, "unknown command '%s'; see `deputy help`",
			       words[0]);
	free(meant);
	free(text);
	return EXIT_USAGE;
}
