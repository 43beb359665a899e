/*
 * The states of all pbxs: an immutable snapshot with a generation, one row per pbx
 * slot. An unchanged row is shared with the previous board. References are counted
 * atomically, so that the prober, the main loop and the workers' world can each hold
 * one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "conf/endpoint.h"
#include "conf/probe.h"
#include "conf/reference.h"
#include "health/verdict.h"

struct conf;
struct slots;

enum {
	ROW_ENDPOINTS_MAX = 16,
	ROW_ADDRESSES_MAX = 16,
	CAUSE_LEN = 64,
	NOTE_LEN = 64,
	REASON_LEN = 121 /* of a force, as its operator wrote it */
};

enum { CERTIFICATE_SOON_DAYS = 30 }; /* from then on its end is told */

enum pbx_state { PBX_UP, PBX_DOWN, PBX_DRAINING, PBX_UNDECIDED, PBX_STATES };

enum force { FORCE_NONE, FORCE_UP, FORCE_DOWN, FORCE_DRAIN, FORCES };

/* Why a row keeps its state regardless of its probes. */
enum freeze { FREEZE_NONE, FREEZE_LINK, FREEZE_PATH, FREEZE_OWN_FAULT, FREEZES };

/* The effective state of a pbx in one word: an operator's command overrides the probes.
 */
enum row_standing {
	STANDING_UP, /* the first four as in enum pbx_state */
	STANDING_DOWN,
	STANDING_DRAINING,
	STANDING_UNDECIDED,
	STANDING_FORCED_UP,
	STANDING_FORCED_DOWN,
	STANDING_FORCED_DRAIN,
	STANDING_FROZEN,
	STANDING_HELD_BY_HAND,
	STANDING_HELD, /* up again, but the hold has not passed */
	STANDINGS
};

/* Why the silence of a pbx may be our own doing. */
enum hush { HUSH_NONE, HUSH_START, HUSH_STALL, HUSHES };

struct board_endpoint {
	enum transport transport;
	uint16_t port;
};

/* What clients of one site use: bit masks over the endpoints and addresses of the row.
 */
struct board_view {
	uint32_t site; /* of conf; CONF_NONE: everybody else */
	uint32_t endpoints;
	uint32_t addresses;
};

/* One endpoint at one address. */
struct board_target {
	uint8_t endpoint, address; /* indices in the row */
	bool alive;                /* counts as up: also while undecided */
	bool decided;              /* there is evidence, from now or before a restart */
	bool doubted;              /* a miss is outstanding: TTL 1 s */
	bool held;                 /* up again, but the hold has not passed */
	bool draining;             /* it answers nothing but 503, or did a hold ago */
	bool certificate_fault;    /* a phone would reject its certificate */
	enum verdict verdict;      /* of the last probe */
	uint64_t fell; /* when it last went down, in order over all targets; 0: never */
	uint64_t rose; /* when it last came back, likewise */
	int64_t since_ms;            /* wall clock: alive or dead since */
	uint32_t rtt_us, rtt_p99_us; /* of the last answer; of the histogram */
	uint32_t lost_count;         /* probes lost since the last proof of life */
	bool has_certificate;        /* it showed one */
	int32_t certificate_days;    /* until that ends; exact when it is soon */
	const char *odd; /* what is odd with its answers, a static text, or NULL */
	char cause[CAUSE_LEN]; /* of the present state: "options/udp timeout x10" */
};

struct board_row {
	uint32_t refs;       /* accessed atomically */
	uint64_t generation; /* of the board in which it last changed */
	uint64_t layout;     /* equal as long as endpoints, addresses and views are */
	char *name;

	enum pbx_state state; /* result of the probes, over all targets */
	int64_t since_ms;     /* wall clock: in that state since */
	char cause[CAUSE_LEN];
	bool doubted;
	enum hush hush; /* while it is down */
	bool switched;  /* within 30 s of a change that clients may see: TTL 2 s */

	enum force force;
	char force_author[NOTE_LEN];
	char force_reason[REASON_LEN];
	int64_t force_since_ms;
	int64_t force_until_ms; /* 0: until released */

	enum freeze freeze;
	int64_t freeze_since_ms;
	bool held_by_hand;     /* `pbx failover`, or fail-back is manual: until `pbx
				  failback` */
	uint32_t hold_left_ms; /* when the row was made; 0: not held by time */
	enum profile profile;

	struct board_endpoint *endpoints;
	size_t endpoint_count;
	struct addr *addresses;
	size_t address_count;
	struct board_view *views; /* [0] is everybody else's */
	size_t view_count;
	struct board_target
		*targets; /* address by address, in the order of endpoints */
	size_t target_count;
};

struct board {
	uint32_t refs; /* accessed atomically */
	uint64_t generation;
	int64_t wall_ms; /* when it was made */
	size_t row_count;
	struct board_row
		*rows[]; /* by slot; NULL: no pbx of the present configuration */
};

struct board *board_ref(struct board *b);
void board_unref(struct board *b); /* NULL does nothing */

/* Returns the row of a slot, or NULL. */
const struct board_row *board_row(const struct board *b, uint32_t slot);

/* Returns the view of a row for clients of a site; CONF_NONE: everybody else. */
const struct board_view *row_view(const struct board_row *row, uint32_t site);

/*
 * Returns the board of a node that has not probed yet: every pbx is undecided, and
 * host names have no addresses. The first board of the prober has the same layouts.
 */
struct board *board_from_conf(const struct conf *c, const struct slots *s);

/* The same, with the rows of `known` for the pbxs that are laid out there alike. */
struct board *board_with_known(const struct conf *c, const struct slots *s,
			       const struct board *known);

enum row_standing row_standing(const struct board_row *row);

/* Returns whether its living targets all wait for the hold, the window or an operator.
 */
bool row_is_held(const struct board_row *row);

/* "up", "forced down", "held by hand". */
const char *standing_name(enum row_standing s);

/* "up", "down", "draining", "undecided"; "up", "down", "drain" of a force; "own link
 * lost". */
const char *pbx_state_name(enum pbx_state s);
const char *force_name(enum force f);
const char *freeze_name(enum freeze f);
