/*
 * A recursed answer made ours: read record by record through the cursors, as an
 * answer of somebody who may be anybody, and built anew as a ready answer.
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
	const struct ready *ready; /* valid until the next one is made */
	uint32_t ttl_s;            /* how long it may be kept */
	uint16_t target_at;        /* not 0: cut behind a CNAME whose target is ours,
				      which stands there in the wire */
	bool walled;               /* records were left out for where they lead */
};

/*
 * What stays is what was asked for: the chain from the question's name to its end, in
 * that order, and what denies the end; signatures and denials only for those who want
 * them. A chain of CNAMEs is cut at the first target in `ours`. Addresses that the
 * rebind protection does not let through are left out.
 *
 * Returns 0, ERR_MALFORMED, or ERR_LIMIT: more than fits an answer.
 */
int recursed_read(struct recursed *r, const struct recursion_question *q,
		  const struct recursion_answer *a, const struct zone_set *ours,
		  const struct rebind *rebind, struct recursed_answer *out);

/* An answer without records. */
const struct ready *recursed_empty(struct recursed *r, const struct name *name,
				   uint8_t rcode);

/* Lowers all TTLs by the time that passed, or sets them to `fixed_s` if that is not 0;
 * for a copy of the wire of a ready answer. */
void recursed_age(uint8_t *wire, size_t len, uint32_t passed_s, uint32_t fixed_s);
