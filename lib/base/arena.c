#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { ALIGN = _Alignof(max_align_t), BLOCK_LEN = 4096, BLOCK_MAX_LEN = 1 << 20 };

struct arena_block {
	struct arena_block *older;
	size_t cap;
	size_t len;
	max_align_t octets[];
};

void arena_init(struct arena *a, size_t limit_len)
{
	*a = (struct arena){ .limit_len = limit_len };
}

/* Blocks double, so a big build takes few of them. */
static struct arena_block *block_add(struct arena *a, size_t len)
{
	size_t cap = a->block ? a->block->cap * 2 : BLOCK_LEN;
	struct arena_block *b;

	if (cap > BLOCK_MAX_LEN)
		cap = BLOCK_MAX_LEN;
	if (cap < len)
		cap = len;
	b = alloc(sizeof(*b) + cap);
	b->cap = cap;
	b->older = a->block;
	a->block = b;
	return b;
}

void *arena_take(struct arena *a, size_t len)
{
	struct arena_block *b = a->block;
	size_t room;
	void *p;

	if (len > SIZE_MAX / 2)
		return NULL;
	room = (len + ALIGN - 1) / ALIGN * ALIGN;
	if (a->limit_len && (room > a->limit_len || a->used_len > a->limit_len - room))
		return NULL;
	if (b == NULL || b->cap - b->len < room)
		b = block_add(a, room);
	p = (uint8_t *)b->octets + b->len;
	b->len += room;
	a->used_len += room;
	return memset(p, 0, len);
}

char *arena_copy(struct arena *a, const void *octets, size_t len)
{
	char *copy = len < SIZE_MAX ? arena_take(a, len + 1) : NULL;

	if (copy && len)
		memcpy(copy, octets, len);
	return copy;
}

static void blocks_free(struct arena_block *b)
{
	while (b) {
		struct arena_block *older = b->older;

		free(b);
		b = older;
	}
}

void arena_reset(struct arena *a)
{
	a->used_len = 0;
	if (a->block == NULL)
		return;
	blocks_free(a->block->older);
	a->block->older = NULL;
	a->block->len = 0;
}

void arena_fini(struct arena *a)
{
	blocks_free(a->block);
	a->block = NULL;
	a->used_len = 0;
}

void arena_fini_wiped(struct arena *a)
{
	for (struct arena_block *b = a->block; b; b = b->older)
		explicit_bzero(b->octets, b->len);
	arena_fini(a);
}
