/* Counts the connections of each source: an IPv4 address, or an IPv6 /64. */
#pragma once

#include <stdint.h>

#include "base/addr.h"

struct sources;
struct source_count; /* one source with at least one connection */

/* room  the expected maximum of sources */
struct sources *sources_new(uint32_t room);
void sources_free(struct sources *s);

/* Counts one more connection of `a`. Returns NULL, and counts nothing, beyond `max` (0:
 * no limit).
 */
struct source_count *sources_take(struct sources *s, const struct addr *a,
				  uint32_t max);
void sources_give(struct sources *s, struct source_count *source);
