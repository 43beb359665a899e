#include "net/ring.h"

void ring_init(struct ring *r)
{
	r->next = r;
	r->prev = r;
}

void ring_append(struct ring *r, struct ring *entry)
{
	entry->next = r;
	entry->prev = r->prev;
	r->prev->next = entry;
	r->prev = entry;
}

void ring_remove(struct ring *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	ring_init(entry);
}

struct ring *ring_first(const struct ring *r)
{
	return r->next == r ? NULL : r->next;
}

struct ring *ring_next(const struct ring *r, const struct ring *entry)
{
	return entry->next == r ? NULL : entry->next;
}
