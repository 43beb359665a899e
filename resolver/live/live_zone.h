/*
 * The answers at a live name that depend on its zone: NODATA, with the zone's SOA, and
 * what the zone file has for the sets that switch (policy `file`). There is one of each
 * per TTL phase, because neither may stay in caches longer than the answers with pbxs.
 * Immutable, counted.
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
	const struct zone *zone;           /* only compared: is it another one? */
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
