#include "resolver/live/held.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "resolver/live/builder.h"
#include "resolver/live/live_answers.h"

struct held *held_new(struct builder *builder, const struct live_answers *now)
{
	struct held *h = alloc(sizeof(*h));

	h->builder = builder;
	h->live = live_ref(now->live);
	h->world = world_ref(now->world);
	h->board = board_ref(now->board);
	return h;
}

/* The last reference is not dropped here, because freeing a world takes long. */
void held_free(void *held)
{
	struct held *h = held;

	builder_let_go(h->builder, h->world, h->live);
	board_unref(h->board);
	free(h);
}
