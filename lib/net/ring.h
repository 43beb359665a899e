/*
 * A list whose links live inside its entries. Its functions are in a file of their own,
 * so that static analysis takes what they change as changed.
 */
#pragma once

#include <stddef.h>

struct ring {
	struct ring *next, *prev; /* of an empty ring: itself */
};

void ring_init(struct ring *r);

/* The entry must be in no ring. */
void ring_append(struct ring *r, struct ring *entry);
void ring_remove(struct ring *entry);

/* NULL where there is none. */
struct ring *ring_first(const struct ring *r);
struct ring *ring_next(const struct ring *r, const struct ring *entry);

/* What a link is inside of; the link must not be NULL. */
#define RING_OWNER(link, type, member) \
 ((type *)(void *)((char *)(link)-offsetof(type, member)))
