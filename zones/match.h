/* Finds the zone of a question. Used only inside zones/. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "zones/zone_set.h"

/* A name with the hashes of its ancestors; all pointers are borrowed. */
struct match_name {
	const uint8_t *lower;
	const uint8_t *label_at; /* the root's last */
	const uint64_t *hash;    /* [n] of the last n labels */
	unsigned label_count;
	size_t len;
};

enum match_result { MATCH_ZONE, MATCH_BROKEN, MATCH_NONE };

/* Returns the zone that answers: the longest match, or for DS at an apex the parent. */
enum match_result zone_set_match(const struct zone_set *s, const struct match_name *n,
				 uint16_t type, struct zone **out);
