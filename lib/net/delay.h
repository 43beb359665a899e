/* Timers that all last equally long: a queue, where a heap would pay for an order that
 * is there already. */
#pragma once

#include <stdint.h>

#include "net/loop.h"
#include "net/ring.h"

/* Lives inside its owner; all zero is a stopped one. */
struct delayed {
	struct ring link;
	struct delay *in; /* NULL: stopped */
	uint64_t at;
};

typedef void delay_fn(struct delayed *d);

struct delay {
	struct loop *loop;
	uint32_t ms;
	uint32_t count;
	delay_fn *fn;
	struct timer timer; /* of the first */
	struct ring ring;
};

void delay_init(struct delay *d, struct loop *l, uint32_t ms, delay_fn *fn);

/* None may be started any more. */
void delay_fini(struct delay *d);

/* Calls `fn` once the delay is over; starting a started one begins anew. */
void delay_start(struct delay *d, struct delayed *entry);
void delay_stop(struct delayed *entry);
