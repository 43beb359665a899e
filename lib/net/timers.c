#include "net/timers.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"

static bool is_before(const struct timer *a, const struct timer *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void set(struct timers *h, uint32_t i, struct timer *t)
{
	h->heap[i] = t;
	t->heap_index = i + 1;
}

static void sift_up(struct timers *h, uint32_t i, struct timer *t)
{
	while (i > 0) {
		uint32_t parent = (i - 1) / 2;

		if (!is_before(t, h->heap[parent]))
			break;
		set(h, i, h->heap[parent]);
		i = parent;
	}
	set(h, i, t);
}

static void sift_down(struct timers *h, uint32_t i, struct timer *t)
{
	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= h->count)
			break;
		if (child + 1 < h->count &&
		    is_before(h->heap[child + 1], h->heap[child]))
			child++;
		if (!is_before(h->heap[child], t))
			break;
		set(h, i, h->heap[child]);
		i = child;
	}
	set(h, i, t);
}

/* Places a timer anywhere in the heap where it belongs, from hole number i. */
static void place(struct timers *h, uint32_t i, struct timer *t)
{
	if (i > 0 && is_before(t, h->heap[(i - 1) / 2]))
		sift_up(h, i, t);
	else
		sift_down(h, i, t);
}

void timers_put(struct timers *h, struct timer *t)
{
	t->order = ++h->order;
	if (t->heap_index) {
		place(h, t->heap_index - 1, t);
		return;
	}
	if (h->count == h->cap) {
		h->cap = h->cap ? 2 * h->cap : 64;
		h->heap = alloc_resize(h->heap, h->cap, sizeof(struct timer *));
	}
	h->count++;
	sift_up(h, h->count - 1, t);
}

void timers_remove(struct timers *h, struct timer *t)
{
	uint32_t i = t->heap_index - 1;
	struct timer *last;

	assert(i < h->count && h->heap[i] == t);
	last = h->heap[--h->count];
	t->heap_index = 0;
	if (last != t)
		place(h, i, last);
}

struct timer *timers_first(const struct timers *h)
{
	return h->count ? h->heap[0] : NULL;
}

void timers_fini(struct timers *h)
{
	for (uint32_t i = 0; i < h->count; i++)
		h->heap[i]->heap_index = 0;
	free(h->heap);
	*h = (struct timers){ 0 };
}
