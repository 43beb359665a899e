/*
 * A zone with a few RRsets changed: a new snapshot that shares with the old one the
 * memory of all segments but the changed ones.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "zones/zone.h"

/* What one RRset of one name becomes. */
struct zone_change {
	const struct name *owner;
	uint16_t type;
	uint32_t ttl;
	const struct ready_rdata *rdatas;
	size_t count; /* 0: the set goes */
};

/*
 * Applies changes, in order.
 *
 * out  written only on success: one reference, the caller's
 *
 * Returns 0, or ERR_CONFLICT for a change that reaches beyond its own name, so that the
 * zone must be built anew: a name that comes or goes, a cut, DNAME or alias, a set
 * whose targets bring addresses, addresses that stand in other answers, or any change
 * of a zone that others signed; ERR_LIMIT for a set that fits into no message.
 */
int zone_patch(const struct zone *z, const struct zone_change *changes, size_t count,
	       struct zone **out);
