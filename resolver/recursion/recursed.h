/*
 * Converts an answer of deputy-recursor: reads it record by record through the cursors,
 * as untrusted data, and builds a ready answer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/recursion.h"
#include "resolver/recursion/rebind.h"
#include "zones/ready.h"
#include "zones/zone_set.h"

struct recursed;

/* Scratch memory of one worker. */
struct recursed *recursed_new(void);
void recursed_free(struct recursed *r);

struct recursed_answer {
	const struct ready *ready; /* valid until the next one is built */
	uint32_t ttl_s;            /* how long it may be cached */
	uint16_t target_at;        /* not 0: cut after a CNAME whose target is ours; its
				      offset in the wire */
	bool rebound;              /* private addresses were removed */
};

/*
 * Keeps only the answer to the question: the chain from the queried name to its end, in
 * that order, and the denial of the end; signatures and denials only for queries with
 * DO. A chain of CNAMEs is cut at the first target in `ours`. Addresses that rebind
 * protection rejects are removed.
 *
 * Returns 0, ERR_MALFORMED, or ERR_LIMIT: too large for an answer.
 */
int recursed_read(struct recursed *r, const struct recursion_question *q,
		  const struct recursion_answer *a, const struct zone_set *ours,
		  const struct rebind *rebind, struct recursed_answer *out);

/* An answer without records. */
const struct ready *recursed_empty(struct recursed *r, const struct name *name,
				   uint8_t rcode);

/* Lowers all TTLs by the elapsed time, or sets them to `fixed_s` if that is not 0, in a
 * copy of the wire of a ready answer. */
void recursed_age(uint8_t *wire, size_t len, uint32_t passed_s, uint32_t fixed_s);
