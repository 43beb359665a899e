/*
 * A list whose links are embedded in its entries. Its functions are in a separate file,
 * so that static analysis assumes they may change anything.
 */
#pragma once

#include <stddef.h>

struct ring {
	struct ring *next, *prev; /* of an empty ring: itself */
};

void ring_init(struct ring *r);

/* The entry must not be in a ring. */
void ring_append(struct ring *r, struct ring *entry);
void ring_remove(struct ring *entry);

/* NULL if there is none. */
struct ring *ring_first(const struct ring *r);
struct ring *ring_next(const struct ring *r, const struct ring *entry);

/* The struct that contains a link; the link must not be NULL. */
#define RING_OWNER(link, type, member) \
 ((type *)(void *)((char *)(link)-offsetof(type, member)))
