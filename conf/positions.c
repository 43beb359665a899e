#include "conf/positions.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"

static size_t slot_of(const struct positions *p, const void *value)
{
	size_t slot = (size_t)(((uint64_t)(uintptr_t)value * 0x9e3779b97f4a7c15U) >>
			       20);

	while (p->rows[slot & (p->cap - 1)].value &&
	       p->rows[slot & (p->cap - 1)].value != value)
		slot++;
	return slot & (p->cap - 1);
}

static void grow(struct positions *p)
{
	struct positions was = *p;

	p->cap = was.cap ? 2 * was.cap : 64;
	p->rows = alloc_array(p->cap, sizeof *p->rows);
	for (size_t i = 0; i < was.cap; i++)
		if (was.rows[i].value)
			p->rows[slot_of(p, was.rows[i].value)] = was.rows[i];
	free(was.rows);
}

void positions_put(struct positions *p, const void *value, const struct node *node)
{
	size_t slot;

	if (2 * (p->count + 1) > p->cap)
		grow(p);
	slot = slot_of(p, value);
	if (p->rows[slot].value == NULL)
		p->count++;
	p->rows[slot] = (struct place_row){ .value = value, .node = node };
}

const struct node *positions_find(const struct positions *p, const void *value)
{
	return p->cap ? p->rows[slot_of(p, value)].node : NULL;
}

void positions_fini(struct positions *p)
{
	free(p->rows);
	*p = (struct positions){ 0 };
}
