/* The rows of a list of mappings, by their identity (section_identity()). */
#pragma once

#include "conf/names.h"
#include "conf/setting.h"

struct row_list {
	struct values values;
	struct names names; /* of those that have one */
};

/*
 * list  the setting whose value is the list
 * base  the struct that contains it
 */
void row_list_init(struct row_list *r, const struct conf *c, const struct setting *list,
		   const void *base);
void row_list_fini(struct row_list *r);

/* One row, by its position. */
const void *row_list_at(const struct row_list *r, const struct setting *list,
			uint32_t i);
