/*
 * The switch history: what changed, why, which answers moved, and the results of hooks.
 * Each switch is one line in the log and one record on disk. Used by the main thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/disk/store.h"
#include "conf/conf.h"
#include "health/switches.h"
#include "resolver/history/switch_news.h"

struct child;
struct conf;
struct switch_history;
struct json;
struct loop;

enum { SWITCH_HISTORY_MAX = 10000 }; /* maximum of switches kept */

/* s: NULL: nothing is saved. loop: for hooks that must wait. child: NULL: hooks
 * are not run. */
struct switch_history *switch_history_new(struct store *s, struct loop *loop,
					  struct child *child);
void switch_history_free(struct switch_history *h);

/* Logs and saves the news, and runs the hooks of `conf`, which is borrowed. */
void switch_history_add(struct switch_history *h, const struct conf *conf,
			const struct switch_news *n);

/* Returns how many answers have moved to another PBX since the start. */
uint64_t switch_history_moved_count(const struct switch_history *h);

/* The keeper has reported the result of a hook; sequence 0: it belongs to no switch in
 * the history. */
void switch_history_hook_done(struct switch_history *h, uint32_t sequence, int status,
			      uint32_t tries, const char *why);

/* A walk over the kept switches, by their keys; it begins all zero. It may be continued
 * in a later turn of the loop, whatever was added meanwhile. */
struct switch_history_walk {
	char key[STORE_KEY_MAX + 1];
};

/* Calls `fn` with up to `count` more switches, oldest first. Returns whether there may
 * be more. */
typedef void switch_history_fn(void *arg, const struct switch_record *r);
bool switch_history_each(struct switch_history *h, struct switch_history_walk *w,
			 size_t count, switch_history_fn *fn, void *arg);

/* Writes up to `count` more switches into an open array, newest first. Returns whether
 * there may be more. */
bool switch_history_json(struct switch_history *h, struct switch_history_walk *w,
			 size_t count, struct json *j);
