/*
 * A snapshot for an answer that takes several turns of the loop: the live names, their
 * world, and the board by which they were answered. Used by the main thread.
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

/*
 * Takes references to what the current answers are made of, but not to the answers.
 *
 * now  from publisher_now()
 */
struct held *held_new(struct builder *builder, const struct live_answers *now);
void held_free(void *held);
