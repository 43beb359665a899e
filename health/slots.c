#include "health/slots.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/conf.h"

struct pbx_slot {
	char *name;
	uint32_t number;
};

struct slots {
	struct pbx_slot
		*rows; /* in the order of conf's pbxs, then those that are gone */
	size_t count;
	uint32_t *by_name; /* places in `rows`, in the order of names */
	uint32_t end;
};

/* For qsort(3) and bsearch(3), which know no argument. */
struct named {
	const char *name;
	uint32_t at;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void sort(struct slots *s)
{
	struct named *order = alloc_array(s->count, sizeof(*order));

	for (uint32_t i = 0; i < s->count; i++)
		order[i] = (struct named){ s->rows[i].name, i };
	if (s->count)
		qsort(order, s->count, sizeof(*order), by_name);
	s->by_name = alloc_array(s->count, sizeof(*s->by_name));
	for (size_t i = 0; i < s->count; i++)
		s->by_name[i] = order[i].at;
	free(order);
}

/* The place of a name in `rows`, or CONF_NONE. */
static uint32_t slot_find(const struct slots *s, const char *name)
{
	size_t from = 0, to = s ? s->count : 0;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int order = strcmp(name, s->rows[s->by_name[mid]].name);

		if (order == 0)
			return s->by_name[mid];
		if (order > 0)
			from = mid + 1;
		else
			to = mid;
	}
	return CONF_NONE;
}

static void slots_add(struct slots *s, const char *name, uint32_t number)
{
	s->rows[s->count++] = (struct pbx_slot){ alloc_text(name), number };
	if (s->end <= number)
		s->end = number + 1;
}

struct slots *slots_new(const struct conf *c, const struct slots *was)
{
	size_t was_count = was ? was->count : 0;
	struct slots *s = alloc(sizeof(*s));
	bool *stays = alloc_array(was_count, sizeof(*stays));

	s->rows = alloc_array(c->pbx_count + was_count, sizeof(*s->rows));
	s->end = was ? was->end : 0;
	for (size_t i = 0; i < c->pbx_count; i++) {
		uint32_t known = slot_find(was, c->pbxs[i].name);

		if (known != CONF_NONE)
			stays[known] = true;
		slots_add(s, c->pbxs[i].name,
			  known != CONF_NONE ? was->rows[known].number : s->end);
	}
	/* A pbx that comes back later gets its old slot, as a new one. */
	for (size_t i = 0; i < was_count; i++)
		if (!stays[i])
			slots_add(s, was->rows[i].name, was->rows[i].number);
	free(stays);
	sort(s);
	return s;
}

void slots_free(struct slots *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->rows[i].name);
	free(s->rows);
	free(s->by_name);
	free(s);
}

uint32_t slots_at(const struct slots *s, uint32_t pbx)
{
	return s->rows[pbx].number;
}

uint32_t slots_end(const struct slots *s)
{
	return s->end;
}
