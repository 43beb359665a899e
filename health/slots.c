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
	uint32_t end;
};

static const struct pbx_slot *slot_find(const struct slots *s, const char *name)
{
	for (size_t i = 0; s && i < s->count; i++)
		if (strcmp(s->rows[i].name, name) == 0)
			return &s->rows[i];
	return NULL;
}

static bool conf_names(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->pbx_count; i++)
		if (strcmp(c->pbxs[i].name, name) == 0)
			return true;
	return false;
}

static void slots_add(struct slots *s, const char *name, uint32_t number)
{
	s->rows[s->count++] = (struct pbx_slot){ alloc_text(name), number };
	if (s->end <= number)
		s->end = number + 1;
}

struct slots *slots_new(const struct conf *c, const struct slots *was)
{
	struct slots *s = alloc(sizeof(*s));

	s->rows = alloc_array(c->pbx_count + (was ? was->count : 0), sizeof(*s->rows));
	s->end = was ? was->end : 0;
	for (size_t i = 0; i < c->pbx_count; i++) {
		const struct pbx_slot *known = slot_find(was, c->pbxs[i].name);

		slots_add(s, c->pbxs[i].name, known ? known->number : s->end);
	}
	/* A pbx that comes back later gets its old slot and its old state. */
	for (size_t i = 0; was && i < was->count; i++)
		if (!conf_names(c, was->rows[i].name))
			slots_add(s, was->rows[i].name, was->rows[i].number);
	return s;
}

void slots_free(struct slots *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->rows[i].name);
	free(s->rows);
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
