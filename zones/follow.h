/* The look-ups that are more than one copied blob. Used only inside zones/. */
#pragma once

#include "zones/answer.h"

struct record;

/* The variant of a live record for a type. NULL: not a live set, or the file's. */
const struct ready *follow_live(const struct record *r, uint16_t type,
				const struct answer_live *live);

/*
 * Walks RFC 1034 4.3.2 with all that came later: cuts, DNAME (6672), wildcards (4592),
 * chains over all zones of the set. For a prepared answer whose record is exact or
 * NULL. Sets and returns a->result.
 */
enum answer_result follow(const struct question *q, const struct answer_live *live,
			  struct answer *a);
