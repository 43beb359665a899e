/*
 * Memory of one request or one build: taken in order, given back all at once.
 * The only memory with a limit that returns.
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

/* `len` zeroed octets aligned for anything, or NULL at the limit. */
void *arena_take(struct arena *a, size_t len);

/* A copy of `len` octets followed by one NUL, or NULL at the limit. */
char *arena_copy(struct arena *a, const void *octets, size_t len);

/* A text made as by printf, or NULL at the limit. */
char *arena_format(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Gives everything back but keeps one block for the next request. */
void arena_reset(struct arena *a);

void arena_fini(struct arena *a);

/* The same, and nothing of what was in it stays in memory. */
void arena_fini_wiped(struct arena *a);
