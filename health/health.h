/*
 * The prober: sends OPTIONS to every endpoint at every address of every pbx, decides
 * which are alive, and publishes a board at each change. Its loop runs in its own
 * thread; commands, kept state and history belong to the main loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/operator/command.h"
#include "health/board.h"
#include "health/switches.h"

struct buffer;
struct conf;
struct event;
struct health;
struct kept_rows;
struct loop;

struct health_calls {
	/*
	 * On the prober's loop: a new board, which the callee unrefs when done, and the
	 * switch records that led to it.
	 */
	void (*publish)(void *arg, struct board *fresh,
			const struct switch_record *records, size_t record_count);

	/*
	 * On the main loop: rows that a restart begins with, to be put or deleted in
	 * their order, for health_restore() to read. sync: they, and all before, must
	 * be on disk before this returns; then there may be none. Returns 0, or
	 * ERR_SYSTEM when a restart may forget them.
	 */
	int (*keep)(void *arg, const struct kept_rows *rows, bool sync);
	void *arg;
};

/* The caller owns both loops, which may be the same. That of the prober runs after
 * health_start().
 */
struct health *health_new(struct loop *prober, struct loop *main,
			  const struct health_calls *calls);

/* Only when neither loop runs any more. */
void health_free(struct health *h);

/*
 * One row kept before the restart: those whose keys begin with KEPT_PREFIX in any
 * order, then KEPT_WHOLE if there is one. Called before the first health_load().
 *
 * Returns 0 or ERR_MALFORMED: then what it was about starts as new.
 */
int health_restore(struct health *h, const char *key, const void *octets, size_t len);

/*
 * Applies a configuration to the prober; pbxs that remain keep their state. Copies what
 * it needs. Called on the main loop, or before the loops run.
 */
void health_load(struct health *h, const struct conf *c, const struct slots *s);

/* Returns a reference to the newest board that the main loop has seen; NULL before the
 * first.
 */
struct board *health_board(struct health *h);

/*
 * Commands of an operator; called on the main loop. The change is published at once;
 * `done` is called on the main loop after it was kept durably.
 */
enum order { ORDER_FORCE, ORDER_RELEASE, ORDER_FAILOVER, ORDER_FAILBACK };

struct health_order {
	enum order order;
	uint32_t slot;
	enum force force; /* ORDER_FORCE */
	uint32_t for_s;   /* 0: until released */
	char author[NOTE_LEN];
	char reason[REASON_LEN];
};

/* err: 0, ERR_NOT_FOUND when the pbx is gone from the configuration, or ERR_SYSTEM when
 * the command is in effect but could not be saved. */
typedef void health_done_fn(void *arg, int err);
void health_order(struct health *h, const struct health_order *o, health_done_fn *done,
		  void *arg);

/* Main loop: what was counted, as Prometheus text. */
void health_metrics_format(struct health *h, struct buffer *out);

/* Rows for the control socket; their module is the struct health. Terminated by a
 * row without a name. */
extern const struct command health_commands[];
