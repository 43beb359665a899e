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

/* A name and what it stands for: a number. */
struct named {
	const char *name;
	uint32_t what;
};

static int compare_names(const void *a, const void *b)
{
	const struct named *x = a;
	const struct named *y = b;

	return strcmp(x->name, y->name);
}

static const struct named *find_name(const struct named *rows, size_t count,
				     const char *name)
{
	const struct named key = { name, 0 };

	return count ? bsearch(&key, rows, count, sizeof(*rows), compare_names) : NULL;
}

/* By name; the caller's to free(). */
static struct named *names_of_slots(const struct slots *s, size_t count)
{
	struct named *rows = alloc_array(count, sizeof(*rows));

	for (size_t i = 0; i < count; i++)
		rows[i] = (struct named){ s->rows[i].name, s->rows[i].number };
	if (count)
		qsort(rows, count, sizeof(*rows), compare_names);
	return rows;
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
	size_t known_count = was ? was->count : 0;
	struct named *known = names_of_slots(was, known_count);
	struct named *now;

	s->rows = alloc_array(c->pbx_count + known_count, sizeof(*s->rows));
	s->end = was ? was->end : 0;
	for (size_t i = 0; i < c->pbx_count; i++) {
		const struct named *n = find_name(known, known_count, c->pbxs[i].name);

		slots_add(s, c->pbxs[i].name, n ? n->what : s->end);
	}
	now = names_of_slots(s, c->pbx_count);
	/* A pbx that comes back later gets its old slot and its old state. */
	for (size_t i = 0; i < known_count; i++)
		if (!find_name(now, c->pbx_count, was->rows[i].name))
			slots_add(s, was->rows[i].name, was->rows[i].number);
	free(known);
	free(now);
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
