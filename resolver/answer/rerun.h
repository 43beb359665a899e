/* Queries that are parked until a name of the world is known, and run again then. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "resolver/recursion/parked.h"

struct query;

/* Makes ready to run it again: `q` borrows the packet. Its client is the caller's to
 * set. */
void parked_read(const struct parked *p, struct query *q);

/*
 * Answers a query, or parks it; who cannot be parked gets an answer in a hurry.
 *
 * Returns the answer's length, or 0: there is none, or not yet.
 */
size_t parked_answer(struct query *q, const struct way_back *back, uint8_t *out,
		     size_t room);

/* The same for one that query_write() has put off (q->later) already. */
size_t parked_later(struct query *q, const struct way_back *back, uint8_t *out,
		    size_t room);
