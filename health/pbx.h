/*
 * One probed pbx: its targets, the operator's commands, and its row on the
 * board.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "health/board.h"
#include "health/health.h"
#include "health/host_calls.h"
#include "health/layout.h"
#include "health/plan.h"
#include "health/switches.h"
#include "health/target.h"

struct kept_pbx;
struct prober;

enum { SWITCHED_MS = 30000, PBX_RECORDS_MAX = 6 };

struct pbx {
	struct prober *prober;
	const struct plan_pbx *plan; /* the prober's */
	uint32_t slot;
	struct pbx_layout layout;
	struct target **targets; /* the pbx's; in the order of the row's */
	size_t target_count;
	struct board_row *row; /* the newest; NULL: none yet */
	bool dirty, unkept;    /* it stands in the prober's list of these */

	enum force force;
	char force_author[NOTE_LEN], force_reason[REASON_LEN];
	int64_t force_since_ms, force_until_ms; /* wall clock, for display */
	uint64_t force_until_at;                /* monotonic, for expiry; 0: none */
	bool held_by_hand;
	char author[NOTE_LEN]; /* of the command that is not on a row yet */
	int64_t began_ms;      /* wall clock: probed since */
	int64_t kept_since_ms; /* of the row before a restart; 0: none */

	enum freeze freeze;
	int64_t freeze_since_ms;
	uint64_t switched_until_at;
	uint64_t hurried_at; /* `probe` had it probed sooner; 0: never */
	struct ping witness;
	struct timer wake; /* a hold, a force or a TTL phase ends */
};

struct pbx *pbx_new(struct prober *p, const struct plan_pbx *plan);
void pbx_free(struct pbx *x);

/*
 * Probes the endpoints and addresses of a layout, which the pbx takes over; targets
 * that stay keep their state.
 *
 * kept  the states that new targets begin with; may be NULL
 */
void pbx_lay_out(struct pbx *x, const struct plan_pbx *plan, struct pbx_layout *l,
		 const struct kept_pbx *kept);

/* Restore and save the forced state and what else concerns the pbx as a whole. */
void pbx_restore(struct pbx *x, const struct kept_pbx *kept);
void pbx_keep(const struct pbx *x, struct kept_pbx *out);

/* Starts a target in its saved state, if there is one. */
void pbx_restore_target(const struct pbx *x, struct target *t,
			const struct kept_pbx *kept);

/* Wakes when the next hold, force or TTL phase ends. */
void pbx_plan_wake(struct pbx *x);

/* The wall clock was set: what ends by our own clock ends at another time of day. */
void pbx_wall_stepped(struct pbx *x);

/* Called when a target differs from its row. */
void pbx_target_changed(struct pbx *x, struct target *t);

/* Returns 0, or ERR_INVALID for a command that makes no sense. */
int pbx_order(struct pbx *x, const struct health_order *o);

/*
 * Makes a new row and returns one reference to it, or NULL if nothing but round trips
 * has changed and not `always`.
 */
struct board_row *pbx_make_row(struct pbx *x, bool always);

/* Writes records of the changes between two rows. Returns how many. */
size_t pbx_compare(const struct pbx *x, const struct board_row *was,
		   const struct board_row *is,
		   struct switch_record out[PBX_RECORDS_MAX]);
