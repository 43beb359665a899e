#include "conf/row_list.h"

#include <stdlib.h>

#include "base/buffer.h"

void row_list_init(struct row_list *r, const struct conf *c, const struct setting *list,
		   const void *base)
{
	const struct setting *identity = section_identity(list->section);

	*r = (struct row_list){ .values = values_of(list, base) };
	for (uint32_t i = 0; i < r->values.count; i++) {
		struct buffer name = { 0 };
		char *text;

		setting_format(c, identity, row_list_at(r, list, i), &name);
		text = buffer_take_text(&name);
		if (*text)
			names_put(&r->names, text, i);
		free(text);
	}
	names_sort(&r->names);
}

const void *row_list_at(const struct row_list *r, const struct setting *list,
			uint32_t i)
{
	return r->values.rows + i * setting_size(list);
}

void row_list_fini(struct row_list *r)
{
	names_fini(&r->names);
}
