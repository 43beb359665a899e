/* Timers that all have the same duration: a queue, because they expire in the order in
 * which they were started and need no heap. */
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
	struct timer timer; /* of the first entry */
	struct ring ring;
};

void delay_init(struct delay *d, struct loop *l, uint32_t ms, delay_fn *fn);

/* No timer may be running, and none may be started afterwards. */
void delay_fini(struct delay *d);

/* Calls `fn` when the delay has passed; starting a running timer restarts it. */
void delay_start(struct delay *d, struct delayed *entry);
void delay_stop(struct delayed *entry);
