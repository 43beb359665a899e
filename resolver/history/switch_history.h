/*
 * The switch history: what changed, why, which answers moved, and the results of hooks.
 * Each switch is one line in the log and one record on disk. Used by the main thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "health/switches.h"
#include "resolver/live/publish.h"

struct child;
struct switch_history;
struct json;
struct loop;
struct store;

enum { SWITCH_HISTORY_MAX = 10000 }; /* maximum of switches kept */

/* The switches and moves of one board. */
struct switch_news {
	uint64_t generation;
	int64_t wall_ms;
	struct switch_record *records;
	size_t record_count;
	struct live_move *moves;
	char **texts; /* of each move, in one allocation */
	size_t move_count;
};

/* Copies. */
void switch_news_add_moves(struct switch_news *n, const struct live_move *moves,
			   size_t count);
void switch_news_add_records(struct switch_news *n, const struct switch_record *records,
			     size_t count);

void switch_news_free(struct switch_news *n); /* NULL does nothing */

/* s: NULL: nothing is saved. loop: for hooks that must wait. child: NULL: hooks
 * are not run. */
struct switch_history *switch_history_new(struct store *s, struct loop *loop,
					  struct child *child);
void switch_history_free(struct switch_history *h);

/* Logs and saves, and runs the hooks of `conf`, which is borrowed. */
void switch_history_add(struct switch_history *h, const struct conf *conf,
			const struct switch_news *n);

/* Returns how many answers have moved to another PBX since the start. */
uint64_t switch_history_moved_count(const struct switch_history *h);

/* Called with the result of a hook. */
void switch_history_hook_done(struct switch_history *h, uint32_t sequence, int status,
			      uint32_t tries, const char *why);

/* Calls `fn` for each saved switch, oldest first. */
typedef void switch_history_fn(void *arg, const struct switch_record *r);
void switch_history_each(struct switch_history *h, switch_history_fn *fn, void *arg);

/* Writes the newest `count` switches, newest first, as an array "switches". */
void switch_history_json(struct switch_history *h, size_t count, struct json *j);
