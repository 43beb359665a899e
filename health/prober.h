/*
 * All probed pbxs on one loop: handles changes, decides whether the fault is our own,
 * makes boards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "health/host_calls.h"
#include "health/kept_rows.h"
#include "health/pbx.h"
#include "health/plan.h"
#include "health/target.h"

struct kept;
struct metric_cells;

struct prober_calls {
	/* The callee owns the board. Afterwards prober_keep_rows() returns the rows for
	 * a restart that have changed. */
	void (*publish)(void *arg, struct board *fresh,
			const struct switch_record *records, size_t record_count);
	/* For `probe --trace`. */
	void (*noted)(void *arg, const struct target *t, const char *what);
	void (*message)(void *arg, const struct target *t, const char *what,
			const void *octets, size_t len);
	void *arg;
};

/* A next hop that is pinged. */
struct hop {
	struct ping ping;
	uint32_t interface;
	struct hop *next;
};

/* Some of the pbxs, by their slots; each at most once. */
struct slot_list {
	uint32_t *slots;
	size_t count, cap;
};

struct prober {
	struct loop *loop;
	const struct wire *wire;
	const struct host_calls *host_calls;
	const struct prober_calls *calls;
	struct plan *plan;
	struct pbx **pbxs; /* by slot; NULL: not of this plan */
	size_t slot_count;
	struct slot_list dirty;     /* their rows must be made again */
	struct slot_list unkept;    /* their rows for a restart have changed */
	struct kept_rows dropped;   /* of pbxs that were removed */
	struct board *board;        /* the newest; NULL: none yet */
	struct metric_cells *cells; /* the owner's; NULL: nothing is counted */
	uint64_t generation;
	uint64_t order;      /* of falls and rises over all targets */
	uint64_t switch_seq; /* of the last record */
	bool left;           /* a pbx was removed that the newest board still has */
	struct kept *kept;   /* what a restart begins with, until it was applied */
	struct hop *hops;
	struct timer publish, heartbeat;
	uint64_t awake_at;
	int64_t stalled_ms; /* wall clock: a stall that may be told ended; 0: never */
	int64_t wall_ahead_ms; /* of our own clock, at the last heartbeat */
	uint32_t heartbeat_ms;
	uint32_t asked_count; /* rotates over the pbxs that are probed in a doubt */
	uint32_t path_count;  /* hosts that are pinged in a doubt */
	uint64_t extra_at;    /* extra probes are counted since */
	uint32_t extra_count;
	uint32_t target_count; /* ever created: spreads their first probes */
};

/* All but `calls` must outlive it. */
struct prober *prober_new(struct loop *l, const struct wire *wire,
			  const struct host_calls *host_calls,
			  const struct prober_calls *calls);
void prober_free(struct prober *p);

/* The prober takes ownership of both. kept: applied to the pbxs of the first plan. */
void prober_keep(struct prober *p, struct kept *kept);
void prober_load(struct prober *p, struct plan *plan);

/* Returns 0, ERR_NOT_FOUND or ERR_INVALID. The board is published before it returns. */
int prober_order(struct prober *p, const struct health_order *o);

/* Called when an interface has lost or regained its carrier. */
void prober_carrier(struct prober *p, uint32_t interface, bool carrier);

/* The addresses of a pbx's name changed. */
void prober_relay(struct prober *p, const char *name);

/* Returns a board of the newest generation without rows; owned by the caller. */
struct board *prober_snapshot(const struct prober *p);

/* Adds rows with current round trips to it, of the slots from `from` up to, but not
 * including, `to`. */
void prober_snapshot_rows(struct prober *p, struct board *b, size_t from, size_t to);

/* Appends the rows for a restart that have changed since the last call. */
void prober_keep_rows(struct prober *p, struct kept_rows *out);

/* For the modules of the prober. */
extern const struct target_calls prober_target_calls;
void prober_dirty(struct prober *p, struct pbx *x);
int64_t prober_wall_ms(const struct prober *p);

/*
 * isolation_may_fall() returns whether the silence of a target means that it is down
 * (doc/design.md, Evidence); if not, target->withheld says why. isolation_ask() probes
 * and pings those that could prove it.
 */
bool isolation_may_fall(struct prober *p, struct target *t);
void isolation_ask(struct prober *p, struct target *t);

/* Looks up its route; returns false if there is none. */
bool isolation_route(struct prober *p, struct target *t);
void isolation_fini(struct prober *p);

/* Pings next hops and witnesses from time to time while all is well, to learn which of
 * them answer. */
void isolation_learn(struct prober *p);
