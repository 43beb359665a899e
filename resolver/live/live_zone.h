/*
 * What a live name owes to the zone it stands in: that there are no data, by its SOA,
 * and what its file holds for the sets that switch (policy `file`). For each TTL phase,
 * for neither may live longer in caches than the answers of pbxs. Immutable, counted.
 */
#pragma once

#include <stdint.h>

#include "health/chain.h"
#include "zones/ready.h"
#include "zones/zone.h"

struct conf_live;
struct ready_builder;

struct live_zone {
	uint32_t refs;                     /* touched atomically */
	const struct zone *zone;           /* by which another one is told apart */
	struct ready *no_data[TTL_PHASES]; /* at the live name and all names below it */
	struct ready *file[LIVE_SETS][TTL_PHASES]; /* NULL: it holds none */
};

/*
 * name  the live name's
 * zone  lent
 */
struct live_zone *live_zone_new(const struct conf_live *live, const struct name *name,
				const struct zone *zone);
struct live_zone *live_zone_ref(struct live_zone *l); /* returns `l` */
void live_zone_unref(struct live_zone *l);            /* NULL does nothing */
