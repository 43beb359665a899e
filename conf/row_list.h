/* The rows of a list of mappings, by what tells them apart. */
#pragma once

#include "conf/names.h"
#include "conf/setting.h"

struct row_list {
	struct values values;
	struct names names; /* of those that have one */
};

/* list  whose rows; `base` is the struct that holds the list */
void row_list_init(struct row_list *r, const struct conf *c, const struct setting *list,
		   const void *base);
void row_list_fini(struct row_list *r);

/* One row, by its position. */
const void *row_list_at(const struct row_list *r, const struct setting *list,
			uint32_t i);
