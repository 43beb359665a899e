/*
 * The state machine of one endpoint at one address (doc/design.md, Evidence). Probes
 * overlap and are matched elsewhere; the events say only what each of them proved.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

enum liveness_state {
	LIVENESS_STEADY,
	LIVENESS_DOUBTED,
	LIVENESS_DOWN,
	LIVENESS_RISING,
	LIVENESS_STATES
};

/* Events with a guard may be fed whenever something was counted. */
enum liveness_event {
	PROBE_ANSWERED,  /* a final response matched a branch: proof of life */
	PROBE_MISSED,    /* its timeout passed, or an answer that proves no life */
	PROBE_OVERTAKEN, /* a later one was answered before it */
	PROBE_REFUSED,   /* RST, ICMP, or a connection that could not be opened */
	REFUSED_TWICE,   /* guarded: once more since the last proof of life */
	SIBLING_GONE, /* refused just after another endpoint at its address was lost */
	PROVEN_GONE,  /* a kept connection was lost and the reconnect refused */
	SILENCE_PASSED, /* guarded: the window since the last proof of life, and enough
			   probes lost */
	ROSE,           /* guarded: enough good probes in a row */
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
	uint32_t missed_there; /* by all at its address since any of them was answered;
				  set before SILENCE_PASSED is fed */
};

/* Initializes a new one, steady but undecided; a window starts. */
void liveness_init(struct liveness *e, uint64_t now);

/* Initializes one that was down before a restart. */
void liveness_init_down(struct liveness *e, uint64_t now);

/* Returns when the silence window of the profile ends if nothing is received. */
static inline uint64_t liveness_silent_at(const struct liveness *e,
					  const struct conf_probe *p)
{
	return e->window_at + p->silence_ms;
}

/* Whether an event would have an effect now: the row of its state has it, and the guard
 * permits it. */
bool liveness_heeds(const struct liveness *e, const struct conf_probe *p,
		    enum liveness_event event, uint64_t now);

/* Feeds one event; one without an effect changes nothing. */
void liveness_step(struct liveness *e, const struct conf_probe *p,
		   enum liveness_event event, uint64_t now);

/* "steady", "doubted", "down", "rising". */
const char *liveness_state_name(enum liveness_state s);
