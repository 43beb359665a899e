#include "keeper/kinds.h"

#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "conf/conf.h"

/* clang-format off */
const struct child_kind child_kinds[] = {
	{ .name = "dns", .program = "deputy-dns", .essential = true, .may_ask_hooks = true,
	  .sockets = CHILD_USE(CHILD_UDP) | CHILD_USE(CHILD_TCP), .drain_ms = 15000,
	  .ties = { { .to = "recursor", .worker_links = CHILD_USE(CHILD_UDP) | CHILD_USE(CHILD_TCP), .unnamed = true } } },
	{ .name = "recursor", .program = "deputy-recursor", .wanted = conf_recurses, .drain_ms = 15000 },
	{ .name = NULL },
};
/* clang-format on */

size_t child_kinds_count(const struct child_kind *kinds)
{
	size_t count = 0;

	while (kinds[count].name)
		count++;
	return count;
}

static const struct child_kind *find(const struct child_kind *kinds,
				     const struct text *program)
{
	for (const struct child_kind *k = kinds; k->name; k++)
		if (text_is(program, k->program))
			return k;
	return NULL;
}

const struct child_kind *child_kind_find(const struct child_kind *kinds,
					 const char *program)
{
	struct text name = text_from(program);

	return find(kinds, &name);
}

static const struct child_tie *tie_to(const struct child_kind *from, const char *to)
{
	for (size_t i = 0; i < CHILD_TIES_MAX && from->ties[i].to; i++)
		if (strcmp(from->ties[i].to, to) == 0)
			return &from->ties[i];
	return NULL;
}

const struct child_tie *child_tie_find(const struct child_kind *a,
				       const struct child_kind *b)
{
	const struct child_tie *tie = tie_to(a, b->name);

	return tie ? tie : tie_to(b, a->name);
}

int child_kinds_check(const struct child_kind *kinds, const char *programs,
		      struct diags *diags)
{
	struct text rest = text_from(programs);
	int err = OK;

	while (text_len(&rest)) {
		struct text name = text_split(&rest, ' ');

		if (text_len(&name) == 0 || find(kinds, &name))
			continue;
		diags_add(diags, DIAG_ERROR, (struct diag_place){ 0 },
			  "%.*s runs here, and this deputyd has no such child",
			  (int)text_len(&name), name.at);
		err = ERR_INVALID;
	}
	return err;
}
