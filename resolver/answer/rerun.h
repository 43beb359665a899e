/* Queries that are parked until recursion has an answer, and are then run again. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "resolver/recursion/parked.h"

struct query;

/* Prepares `q` to run the query again; it borrows the packet of `p`. The caller sets
 * its client. */
void parked_read(const struct parked *p, struct query *q);

/*
 * Answers a query, or parks it; if it cannot be parked it is answered with SERVFAIL.
 *
 * Returns the answer's length, or 0: there is none, or not yet.
 */
size_t parked_answer(struct query *q, const struct way_back *back, uint8_t *out,
		     size_t room);

/* The same for a query that query_write() has already put off (q->later). */
size_t parked_later(struct query *q, const struct way_back *back, uint8_t *out,
		    size_t room);
