/* What one board brought: copies, for the main thread, the log, the disk and hooks. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "health/switches.h"
#include "resolver/live/publish.h"

/* The switches and moves of one board. */
struct switch_news {
	uint64_t generation;
	int64_t wall_ms;
	struct switch_record *records;
	size_t record_count;
	struct live_move *moves;
	char **texts; /* of each move, in one allocation */
	size_t move_count;
	size_t move_total; /* those too that are not told one by one */
};

/* Copies. total: how many answers moved, `count` of which are told. */
void switch_news_add_moves(struct switch_news *n, const struct live_move *moves,
			   size_t count, size_t total);
void switch_news_add_records(struct switch_news *n, const struct switch_record *records,
			     size_t count);

void switch_news_free(struct switch_news *n); /* NULL does nothing */
