/*
 * A zone with a few RRsets changed: a new snapshot that shares the memory of all
 * unchanged segments with the old one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "zones/zone.h"

/* The new contents of one RRset of one name. */
struct zone_change {
	const struct name *owner;
	uint16_t type;
	uint32_t ttl;
	const struct ready_rdata *rdatas;
	size_t count; /* 0: the RRset is removed */
};

/*
 * Applies changes, in order.
 *
 * out  written only on success: one reference, owned by the caller
 *
 * Returns 0, or ERR_CONFLICT for a change that affects other names, so that the zone
 * must be rebuilt: a name added or removed, a cut, DNAME or alias, a set whose targets
 * have additional addresses, addresses that are part of other answers, or any change of
 * a signed zone; ERR_LIMIT for a set that does not fit in a message.
 */
int zone_patch(const struct zone *z, const struct zone_change *changes, size_t count,
	       struct zone **out);
