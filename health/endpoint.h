/*
 * The machine of one endpoint at one address (DESIGN 7). Tries overlap and are matched
 * elsewhere; here arrives only what each of them proved.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum endpoint_state {
	ENDPOINT_STEADY,
	ENDPOINT_DOUBTED,
	ENDPOINT_DOWN,
	ENDPOINT_RISING,
	ENDPOINT_STATES
};

enum endpoint_event {
	TRY_ANSWERED,   /* a final response matched a branch: proof of life */
	TRY_MISSED,     /* its time-out passed, or an answer that proves no life */
	TRY_REFUSED,    /* RST, ICMP, or a connection that could not be opened */
	REFUSED_TWICE,  /* once more since the last proof of life */
	PROVEN_GONE,    /* a kept connection was lost and the reconnect refused */
	SILENCE_PASSED, /* the window since the last proof of life, and enough tries
			   lost */
	ROSE,           /* enough good tries in a row */
	WINDOW_VOID,    /* we were not able to hear: the window begins anew */
	ENDPOINT_EVENTS
};

struct endpoint {
	enum endpoint_state state;
	bool decided;        /* there was an answer, or proof of the contrary */
	uint64_t alive_at;   /* last proof of life; 0: none yet */
	uint64_t window_at;  /* the window of silence began */
	uint64_t doubted_at; /* the doubt began */
	uint32_t missed_count, refused_count, good_count;
};

/* A new one is steady but undecided; a window begins. */
void endpoint_init(struct endpoint *e, uint64_t now);

/* One that was down before a restart. */
void endpoint_init_down(struct endpoint *e, uint64_t now);

/* Feeds one event; a pair that the table does not list changes nothing. */
void endpoint_step(struct endpoint *e, enum endpoint_event event, uint64_t now);

/* "steady", "doubted", "down", "rising". */
const char *endpoint_state_name(enum endpoint_state s);
