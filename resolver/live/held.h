/*
 * What is true at one moment, for an answer that takes several turns: live names with
 * their world, and the board they were answered by. The main thread's.
 */
#pragma once

#include "resolver/live/live.h"
#include "resolver/live/world.h"

struct board;
struct builder;
struct live_answers;

struct held {
	struct builder *builder;
	struct live *live;
	struct world *world;
	struct board *board;
};

/* now: as the publisher gives it; what it is made of is held, not the answers. */
struct held *held_new(struct builder *builder, const struct live_answers *now);
void held_free(void *held);
