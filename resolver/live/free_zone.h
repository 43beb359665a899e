/*
 * The zone of a free live name, with its apex exactly at the name, so that sibling
 * names are not affected, and the names of its pbxs below it.
 */
#pragma once

#include <stddef.h>

#include "base/operator/diag.h"
#include "conf/live.h"
#include "zones/zone.h"

/*
 * lives  the live name and all below it, in any order
 * out    one reference, owned by the caller
 *
 * Without `ns:` NS and SOA name <node>.invalid. Returns 0 or ERR_INVALID.
 */
int free_zone_new(const struct conf_live *live, const struct zone_live *lives,
		  size_t count, const char *node_name, struct diags *diags,
		  struct zone **out);
