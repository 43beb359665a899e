/*
 * The switch history: what changed, when, why and by whom. One record per change of a
 * pbx that clients may see, in order. Which live names moved is added by resolver.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "health/board.h"

struct buffer;
struct json;

enum {
	SWITCH_NAME_LEN = 64,
	SWITCH_CAUSE_LEN = REASON_LEN + 7 /* "drain: " and a whole reason */
};

enum switch_kind {
	SWITCH_DOWN,
	SWITCH_UP,   /* alive again; chosen again after its hold */
	SWITCH_BACK, /* the hold has passed or was ended: chosen again */
	SWITCH_DRAINING,
	SWITCH_FORCED,
	SWITCH_RELEASED, /* by hand, or the force expired */
	SWITCH_FROZEN,
	SWITCH_THAWED,
	SWITCH_AWAY,     /* `pbx failover` */
	SWITCH_ENDPOINT, /* the state of the pbx is unchanged, the set of its living
			    endpoints has changed */
	SWITCH_KINDS
};

struct switch_record {
	uint64_t seq;        /* from 1, also across restarts */
	uint64_t generation; /* of the board that shows it */
	enum switch_kind kind;
	enum pbx_state from, to;         /* what the probes say */
	enum row_standing stood, stands; /* its effective state, before and after */
	char pbx[SWITCH_NAME_LEN];
	char cause[SWITCH_CAUSE_LEN];
	char author[NOTE_LEN]; /* "probe", or who gave the command */
	int64_t wall_ms;       /* when it was decided */
	uint32_t detection_ms; /* from the last proof of life to the decision; 0: not
				  probed */
};

/* "down", "up", "back", "forced". */
const char *switch_kind_name(enum switch_kind k);

/* Appends the record in its saved form. */
void switch_encode(const struct switch_record *r, struct buffer *out);

/* Returns 0 or ERR_MALFORMED. */
int switch_decode(const void *octets, size_t len, struct switch_record *out);

/* Writes its members into the open object of `j`. */
void switch_json(const struct switch_record *r, struct json *j);
