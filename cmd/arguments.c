#include "cmd/arguments.h"

#include <stdbool.h>
#include <string.h>

#include "base/operator/command.h"

/* Values that mean the same for most commands: "WORD\tmeaning\n". */
static const char common[] = "PBX\ta PBX, as `deputy pbx list` shows it\n"
			     "NAME\ta domain name\n"
			     "FILE\tthe path of a file\n";

static void skip_end(struct text *t, const char *end)
{
	size_t len = strlen(end);

	if (text_len(t) >= len && memcmp(t->end - len, end, len) == 0)
		t->end -= len;
}

/* The next argument of a row, an option with its value. */
static struct text take_argument(struct text *rest)
{
	struct text word = text_split(rest, ' ');
	bool open = text_skip(&word, '[') && word.end[-1] != ']';

	if (open && text_len(rest) && text_peek(&word) == '-')
		word.end = text_split(rest, ' ').end;
	skip_end(&word, "]");
	skip_end(&word, "...");
	return word;
}

/* Finds the line of a word. */
static bool find_meaning(const char *lines, const struct text *word, struct text *out)
{
	struct text rest = text_from(lines ? lines : "");

	while (text_len(&rest)) {
		struct text line = text_split(&rest, '\n');
		struct text name = text_split(&line, '\t');

		if (text_len(&name) != text_len(word) ||
		    memcmp(name.at, word->at, text_len(word)) != 0)
			continue;
		*out = line;
		return true;
	}
	return false;
}

static size_t add(const struct command *row, struct text word, struct argument *out,
		  size_t count)
{
	struct argument a = { .word = word };

	if (count == ARGUMENTS_MAX || (!find_meaning(row->options, &word, &a.meaning) &&
				       !find_meaning(common, &word, &a.meaning)))
		return count;
	out[count] = a;
	return count + 1;
}

size_t arguments_of(const struct command *row, struct argument out[ARGUMENTS_MAX])
{
	struct text rest = text_from(row->args);
	size_t count = 0;

	while (text_len(&rest)) {
		struct text word = take_argument(&rest);

		if (text_peek(&word) == '-') {
			count = add(row, word, out, count);
			continue;
		}
		while (text_len(&word))
			count = add(row, text_split(&word, '|'), out, count);
	}
	return count;
}
