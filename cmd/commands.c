#include "cmd/commands.h"

#include <string.h>

#include "base/text.h"
#include "health/health.h"
#include "keeper/keeper.h"
#include "resolver/resolver.h"

/* clang-format off */
/* The commands of deputy-recursor again, because its own table needs libunbound. */
static const struct command recursor_rows[] = {
	{ "status", "", MAY_READ, NULL, "state of deputy-recursor and its counters", NULL, NULL },
	{ "metrics", "", MAY_READ, NULL, "the counters of this process", NULL, NULL },
	{ .name = NULL },
};

const struct command_table command_tables[] = {
	{ local_commands,    NULL,            "deputy",          false, local_runs },
	{ keeper_commands,   "keeper.sock",   "deputyd",         false, NULL },
	{ resolver_commands, "dns.sock",      "deputy-dns",      false, NULL },
	{ health_commands,   "dns.sock",      "deputy-dns",      false, NULL },
	{ recursor_rows,     "recursor.sock", "deputy-recursor", true,  NULL },
	{ NULL, NULL, NULL, false, NULL },
};
/* clang-format on */

const struct command_table *command_table_of(const char *socket)
{
	const struct command_table *t = command_tables;

	while (t->socket == NULL || strcmp(t->socket, socket) != 0)
		t++;
	return t;
}

/* Whether a table before this one has a row of the same name: `status`. */
static bool is_repeated(const struct command_table *table, const char *name)
{
	for (const struct command_table *t = command_tables; t < table; t++)
		for (const struct command *c = t->rows; c->name; c++)
			if (strcmp(c->name, name) == 0)
				return true;
	return false;
}

const struct command *command_at(size_t i)
{
	for (const struct command_table *t = command_tables; t->rows; t++)
		for (const struct command *c = t->rows; c->name; c++)
			if (!is_repeated(t, c->name) && i-- == 0)
				return c;
	return NULL;
}

/* How many of the words the name is, or 0 if they are not its. */
static size_t words_of(const char *name, const char *const *words, size_t count)
{
	struct text rest = text_from(name);
	size_t used = 0;

	while (text_len(&rest)) {
		struct text word = text_split(&rest, ' ');

		if (used == count || !text_is(&word, words[used]))
			return 0;
		used++;
	}
	return used;
}

const struct command *command_find(const char *const *words, size_t count, size_t *used,
				   const struct command_table **table)
{
	const struct command *found = NULL;

	*used = 0;
	for (const struct command_table *t = command_tables; t->rows; t++)
		for (const struct command *c = t->rows; c->name; c++) {
			size_t n = words_of(c->name, words, count);

			if (n <= *used)
				continue;
			*used = n;
			*table = t;
			found = c;
		}
	return found;
}
