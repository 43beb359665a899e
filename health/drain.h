/*
 * Whether an endpoint asks for no new clients: nothing but 503 for a while. One 503
 * among other answers is a busy moment.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* All zero: it does not. */
struct drain {
	bool draining;
	uint32_t count;    /* of 503 in a row */
	uint64_t first_at; /* the first of them */
	uint64_t back_at;  /* it drains no longer than until the next other answer
			      from then on */
};

/*
 * Notes an answer with 503.
 *
 * retry_after_s  what it asked for, heeded up to ten minutes; 0: nothing
 * hold_ms        how long at least it has to answer without any 503
 * was_down       it was not up before this answer: one suffices
 */
void drain_note_503(struct drain *d, uint32_t retry_after_s, uint32_t hold_ms,
		    bool was_down, uint64_t now);

/* Notes any other answer that proves life. */
void drain_note_other(struct drain *d, uint64_t now);
