/* The timers of one loop, earliest first: a heap whose entries store their index. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "net/loop.h"

struct timers {
	struct timer **heap;
	uint32_t count;
	uint32_t cap;
	uint64_t order; /* of the timer started last */
};

/* Adds a timer, or moves it to its new `at`. */
void timers_put(struct timers *h, struct timer *t);
void timers_remove(struct timers *h, struct timer *t);

/* Returns the earliest timer, or NULL. */
struct timer *timers_first(const struct timers *h);
void timers_fini(struct timers *h);
