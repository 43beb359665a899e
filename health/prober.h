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
	/* The board is the callee's. Then prober_keep_rows() has what a restart should
	 * begin with otherwise. */
	void (*publish)(void *arg, struct board *fresh,
			const struct switch_record *records, size_t record_count);
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
	struct slot_list dirty;     /* their rows are to be made anew */
	struct slot_list unkept;    /* a restart should begin with these otherwise */
	struct kept_rows dropped;   /* of pbxs that left */
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

/* A board of the newest generation, without a row; the caller's. */
struct board *prober_snapshot(const struct prober *p);

/* Puts rows with fresh round trips on it: of the slots from `from` to before `to`. */
void prober_snapshot_rows(struct prober *p, struct board *b, size_t from, size_t to);

/* Appends the rows of what a restart should begin with otherwise since the last call.
 */
void prober_keep_rows(struct prober *p, struct kept_rows *out);

/* For the modules of the prober. */
extern const struct target_calls prober_target_calls;
void prober_dirty(struct prober *p, struct pbx *x);
int64_t prober_wall_ms(const struct prober *p);

/*
 * Whether the silence of a target means that it is down (doc/design.md, Evidence); else
 * target->withheld says why not. And: asks who could prove it.
 */
bool isolation_may_fall(struct prober *p, struct target *t);
void isolation_ask(struct prober *p, struct target *t);

/* Looks up its route; returns false if there is none. */
bool isolation_route(struct prober *p, struct target *t);
void isolation_fini(struct prober *p);

/* Pings now and then while all is well: a host that never answers is not a witness. */
void isolation_learn(struct prober *p);
