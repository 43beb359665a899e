/* The look-ups that need more than one copied blob. Used only inside zones/. */
#pragma once

#include "zones/answer.h"

struct record;

/* Returns the variant of a live record for a type. NULL: not a live set, or the zone
 * file's. */
const struct ready *follow_live(const struct record *r, uint16_t type,
				const struct answer_live *live);

/*
 * The algorithm of RFC 1034 4.3.2 with its updates: cuts, DNAME (6672), wildcards
 * (4592), chains across all zones of the set. For a prepared answer whose record is
 * exact or NULL. Sets and returns a->result.
 */
enum answer_result follow(const struct question *q, const struct answer_live *live,
			  struct answer *a);
