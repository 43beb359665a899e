/*
 * The state machine of one endpoint at one address. Probes overlap and are matched
 * elsewhere; the machine only gets the result of each.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum liveness_state {
	LIVENESS_STEADY,
	LIVENESS_DOUBTED,
	LIVENESS_DOWN,
	LIVENESS_RISING,
	LIVENESS_STATES
};

enum liveness_event {
	PROBE_ANSWERED, /* a final response matched a branch: proof of life */
	PROBE_MISSED,   /* it timed out, or the answer does not prove life */
	PROBE_REFUSED,  /* RST, ICMP, or a connection that could not be opened */
	REFUSED_TWICE,  /* once more since the last proof of life */
	PROVEN_GONE,    /* a kept connection was lost and the reconnect refused */
	SILENCE_PASSED, /* the window since the last proof of life has passed, and
			   enough probes are lost */
	ROSE,           /* enough good probes in a row */
	WINDOW_VOID,    /* we could not receive: the window starts again */
	LIVENESS_EVENTS
};

struct liveness {
	enum liveness_state state;
	bool decided;        /* there was an answer, or proof of the contrary */
	uint64_t alive_at;   /* last proof of life; 0: none yet */
	uint64_t window_at;  /* the window of silence began */
	uint64_t doubted_at; /* the doubt began */
	uint32_t missed_count, refused_count, good_count;
};

/* Initializes a new one, steady but undecided; a window starts. */
void liveness_init(struct liveness *e, uint64_t now);

/* Initializes one that was down before a restart. */
void liveness_init_down(struct liveness *e, uint64_t now);

/* Handles one event; a pair that is not in the table changes nothing. */
void liveness_step(struct liveness *e, enum liveness_event event, uint64_t now);

/* "steady", "doubted", "down", "rising". */
const char *liveness_state_name(enum liveness_state s);
