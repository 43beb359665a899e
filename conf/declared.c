#include "conf/declared.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/parse.h"

char *declared_key(const struct section *rows, const char *text)
{
	enum setting_type type = section_identity(rows)->type;
	struct domain name;

	if (type != SET_DOMAIN && type != SET_ZONE_NAME)
		return name_lowered(text);
	if (domain_parse(text, "/", &name))
		return alloc_text(text);
	name.text[domain_len(name.text)] = '\0';
	return name.text;
}

static void collect(const struct node *list, const struct section *rows,
		    struct names *out)
{
	const char *key = section_identity(rows)->name;
	uint32_t i = 0;

	if (list == NULL || list->kind != NODE_LIST)
		return;
	for (const struct node *n = list->first; n; n = n->next, i++) {
		const struct node *name = node_find(n, key);
		char *text;

		if (name == NULL || name->kind != NODE_SCALAR || name->len == 0)
			continue;
		text = declared_key(rows, name->text);
		names_put(out, text, i);
		free(text);
	}
	names_sort(out);
}

void declared_collect(struct parse *d)
{
	for (const struct setting *s = conf_section.settings; s->name; s++) {
		struct declared *last;

		if (s->type != SET_SECTION || !s->count_at)
			continue;
		d->declared = alloc_resize(d->declared, d->declared_count + 1,
					   sizeof *d->declared);
		last = &d->declared[d->declared_count++];
		*last = (struct declared){ .rows = s->section };
		collect(node_find(d->root, s->name), s->section, &last->names);
	}
}

const struct names *declared_names(const struct parse *d, const struct section *rows)
{
	size_t i = 0;

	while (d->declared[i].rows != rows) {
		i++;
		assert(i < d->declared_count);
	}
	return &d->declared[i].names;
}

void declared_fini(struct parse *d)
{
	for (size_t i = 0; i < d->declared_count; i++)
		names_fini(&d->declared[i].names);
	free(d->declared);
}
