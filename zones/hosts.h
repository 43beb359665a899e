/*
 * Small zones of our own: what `hosts:` names, forward and reverse, and live names that
 * stand in no configured zone. Each is cut exactly at its name, so that its siblings
 * stay whose they are.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "conf/conf.h"
#include "zones/zone_set.h"

/*
 * Adds a zone for each host and for each of its addresses' reverse names.
 *
 * diags  gets an error for a name that is an apex already
 *
 * Returns 0 or ERR_INVALID.
 */
int hosts_add_zones(const struct conf *conf, struct zone_set *set, struct diags *diags);

/*
 * The zone of a free live name.
 *
 * live       the name, and whose owner names exist
 * conf_live  its `ns:`; without them NS and SOA name <node>.invalid
 * out        one reference, the caller's
 *
 * Returns 0 or ERR_INVALID, with the reason in `diags`.
 */
int hosts_free_live_zone(const struct zone_live *live,
			 const struct conf_live *conf_live, const char *node_name,
			 struct diags *diags, struct zone **out);
