/* How a question's zone is found. Used only inside zones/. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "zones/zone_set.h"

/* A name with its ancestors' hashes; all borrowed. */
struct match_name {
	const uint8_t *lower;
	const uint8_t *label_at; /* the root's last */
	const uint64_t *hash;    /* [n] of the last n labels */
	unsigned label_count;
	size_t len;
};

enum match_result { MATCH_ZONE, MATCH_BROKEN, MATCH_NONE };

/* The zone that answers: the longest match, and for DS at an apex the one above. */
enum match_result zone_set_match(const struct zone_set *s, const struct match_name *n,
				 uint16_t type, struct zone **out);
