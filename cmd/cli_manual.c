/*
 * Writes deputy(1) by its template on standard input: mdoc(7), in which a line
 * "@commands" stands for all rows of commands, in the order of `deputy help`.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/arguments.h"
#include "cmd/commands.h"

/* One word of a row's arguments: "PBX", "[--for", "TIME]", "up|down|drain". */
static void put_word(struct text word)
{
	bool opens = word.at < word.end && *word.at == '[';
	bool closes = word.at < word.end && word.end[-1] == ']';

	word.at += opens;
	word.end -= closes;
	if (opens)
		fputs(" Oo", stdout);
	if (text_len(&word) > 2 && word.at[0] == '-')
		printf(" Fl %.*s", (int)text_len(&word) - 1, word.at + 1);
	else if (text_len(&word) && isupper((unsigned char)*word.at))
		printf(" Ar %.*s", (int)text_len(&word), word.at);
	else
		printf(" Cm %.*s", (int)text_len(&word), word.at);
	if (closes)
		fputs(" Oc", stdout);
}

/* "--for TIME" as mdoc has it, and its meaning as a sentence. */
static void put_arguments(const struct command *row)
{
	struct argument arguments[ARGUMENTS_MAX];
	size_t count = arguments_of(row, arguments);

	if (count == 0)
		return;
	puts(".Bl -tag -width Ds -compact");
	for (size_t i = 0; i < count; i++) {
		struct text rest = arguments[i].word;

		fputs(".It", stdout);
		while (text_len(&rest))
			put_word(text_split(&rest, ' '));
		printf("\n%.*s.\n", (int)text_len(&arguments[i].meaning),
		       arguments[i].meaning.at);
	}
	puts(".El");
}

static void put_row(const struct command *row)
{
	struct text args = text_from(row->args);
	char first = row->help[0];

	if (first >= 'a' && first <= 'z')
		first = (char)(first - 'a' + 'A');
	printf(".It Cm %s", row->name);
	while (text_len(&args))
		put_word(text_split(&args, ' '));
	/* A sentence: the row's is a line of help. */
	printf("\n%c%s.\n", first, row->help + 1);
	if (row->right == MAY_CHANGE)
		puts("Allowed for root, the daemon's user and the socket's group.");
	put_arguments(row);
}

int main(void)
{
	char line[1024];
	const struct command *row;

	while (fgets(line, sizeof(line), stdin)) {
		if (strcmp(line, "@commands\n") != 0) {
			fputs(line, stdout);
			continue;
		}
		puts(".Bl -tag -width Ds");
		for (size_t i = 0; (row = command_at(i)); i++)
			put_row(row);
		puts(".El");
	}
	return ferror(stdin) || fflush(stdout) ? 1 : 0;
}
