/*
 * All probed pbxs on one loop: handles changes, decides whether the fault is our own,
 * makes boards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "health/host_calls.h"
#include "health/pbx.h"
#include "health/plan.h"
#include "health/target.h"

struct kept;
struct metric_cells;

struct prober_calls {
	/* The callee owns the board. durable: something that must survive a restart
	 * has changed. */
	void (*publish)(void *arg, struct board *fresh,
			const struct switch_record *records, size_t record_count,
			bool durable);
	/* For `probe --trace`. */
	void (*noted)(void *arg, const struct target *t, const char *what);
	void *arg;
};

/* A next hop that is pinged. */
struct hop {
	struct ping ping;
	uint32_t interface;
	struct hop *next;
};

struct prober {
	struct loop *loop;
	const struct wire *wire;
	const struct host_calls *host_calls;
	const struct prober_calls *calls;
	struct plan *plan;
	struct pbx **pbxs; /* by slot; NULL: not of this plan */
	size_t slot_count;
	struct board *board;        /* the newest; NULL: none yet */
	struct metric_cells *cells; /* the owner's; NULL: nothing is counted */
	uint64_t generation;
	uint64_t order;      /* of falls and rises over all targets */
	uint64_t switch_seq; /* of the last record */
	bool left;           /* a pbx that the newest board still shows */
	struct kept *kept;   /* what a restart begins with, until it was applied */
	struct hop *hops;
	struct timer publish, heartbeat;
	uint64_t awake_at;
	int64_t wall_ahead_ms; /* of our own clock, at the last heartbeat */
	uint32_t heartbeat_ms;
	uint32_t asked_count; /* turns over the pbxs that are asked in a doubt */
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

/* Called when the addresses of a name have changed. */
void prober_relay(struct prober *p);

/* Returns a reference to a board with current round trips, of the newest generation. */
struct board *prober_snapshot(struct prober *p);

/* Returns the state to save for a restart; the caller frees it. */
struct kept *prober_kept(const struct prober *p);

/* For the modules of the prober. */
extern const struct target_calls prober_target_calls;
void prober_dirty(struct prober *p, struct pbx *x);
int64_t prober_wall_ms(const struct prober *p);

/*
 * Returns whether the silence of a target means that it is down; otherwise
 * target->withheld is the reason. Also pings the hosts that could prove it.
 */
bool isolation_may_fall(struct prober *p, struct target *t);
void isolation_ask(struct prober *p, struct target *t);

/* Looks up its route; returns false if there is none. */
bool isolation_route(struct prober *p, struct target *t);
void isolation_fini(struct prober *p);

/* Pings now and then while all is well: a host that never answers is not a witness. */
void isolation_learn(struct prober *p);
