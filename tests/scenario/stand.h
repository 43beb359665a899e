/*
 * A whole node on a virtual clock, from a configuration's text to the octets of its
 * answers: real rules, real answers, and hosts that do what a scenario says.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "resolver/live/builder.h"
#include "resolver/live/publish.h"
#include "tests/health/sim.h"
#include "tests/resolver/fixture.h"

struct stand {
	struct sim sim;
	struct stage *stage; /* asks with; its answers are the publisher's */
	struct publisher *publisher;
	struct buffer moves; /* of answers: "pbx.example.net./berlin a>b", lines */
	uint64_t told_seq;   /* the last switch record that stand_history() told */
};

struct stand *stand_new(const char *conf);
void stand_free(struct stand *s);

/* Another configuration for the running node. Ends the program on a bad one. */
void stand_reload(struct stand *s, const char *conf);

/* Ends the prober and begins another one with what it kept. */
void stand_restart(struct stand *s);

/* The slot of a pbx, or CONF_NONE. */
uint32_t stand_pbx(const struct stand *s, const char *name);

/* The switch records since the last call, a line each: "down berlin (cause) by author".
 */
void stand_history(struct stand *s, struct buffer *out);
