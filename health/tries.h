/*
 * The tries of one target that may still be answered: matched by branch, missed by
 * time-out. One that was missed is remembered: a late answer is proof of life too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRIES_OPEN_MAX = 16, TRIES_MAX = 32 };

enum try_state { TRY_FREE, TRY_OPEN, TRY_LATE, TRY_VOID };

struct
try {
	enum try_state state;
	uint64_t branch; /* 0: it could not be sent, there was no connection */
	uint64_t sent_at;
	uint64_t sent_us;
	bool told; /* by tries_tell() */
};

/* All zero is none. */
struct tries {
	struct try ring[TRIES_MAX];
	uint32_t next;
	uint32_t open_count;
};

/* Whether one more may be sent. */
bool tries_have_room(const struct tries *t);
void tries_add(struct tries *t, uint64_t branch, uint64_t now, uint64_t now_us);

/* The try of a branch, open or late or void, or NULL; the caller closes it. */
struct try *tries_find(struct tries *t, uint64_t branch);
void tries_close(struct tries *t, struct try *try);

/* The newest open one came to an end that was told: its time-out is no news. */
void tries_tell(struct tries *t);

/*
 * Makes those late that were sent until `sent_at`. Returns how many.
 *
 * told  gets how many of them were told already
 */
uint32_t tries_expire(struct tries *t, uint64_t sent_at, uint32_t *told);

/* The oldest open one's moment of sending, or UINT64_MAX. */
uint64_t tries_oldest_at(const struct tries *t);

/* Those sent before do not count as missed any more; answers to them still count. */
void tries_void(struct tries *t, uint64_t before);
