/*
 * Heartbeat of a thread: another thread asks, and the thread confirms at its next loop
 * turn.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct heartbeat {
	uint32_t asked;
	uint32_t seen;
};

/* Called by the observed thread. */
static inline void heartbeat_see(struct heartbeat *b)
{
	__atomic_store_n(&b->seen, __atomic_load_n(&b->asked, __ATOMIC_RELAXED),
			 __ATOMIC_RELAXED);
}

/* Called by the thread that asks. Returns whether the other thread has made a turn
 * since the last question; then a new question begins, and it must be woken. */
static inline bool heartbeat_ask(struct heartbeat *b)
{
	uint32_t asked = __atomic_load_n(&b->asked, __ATOMIC_RELAXED);

	if (__atomic_load_n(&b->seen, __ATOMIC_RELAXED) != asked)
		return false;
	__atomic_store_n(&b->asked, asked + 1, __ATOMIC_RELAXED);
	return true;
}
