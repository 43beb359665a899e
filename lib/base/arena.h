/*
 * Memory of one request or one build: allocated in order, released all at once.
 * The only allocator with a limit, at which it returns NULL.
 */
#pragma once

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *block; /* newest first */
	size_t used_len;           /* of all blocks */
	size_t limit_len;          /* 0: none */
};

void arena_init(struct arena *a, size_t limit_len);

/* Returns `len` zeroed octets aligned for any type, or NULL at the limit. */
void *arena_take(struct arena *a, size_t len);

/* Returns a copy of `len` octets followed by one NUL, or NULL at the limit. */
char *arena_copy(struct arena *a, const void *octets, size_t len);

/* Releases everything except one block, which is kept for the next request. */
void arena_reset(struct arena *a);

void arena_fini(struct arena *a);

/* The same, and wipes all that was in it. */
void arena_fini_wiped(struct arena *a);
