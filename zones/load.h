/* From a master file to a zone. */
#pragma once

#include <stddef.h>

#include "base/operator/diag.h"
#include "dns/name.h"
#include "zones/zone.h"

struct zone_load {
	const char *path;
	const struct name *origin;
	const struct zone_live *lives; /* the live names of this zone */
	size_t live_count;
};

/*
 * Loads one zone file.
 *
 * diags  gets all errors and warnings, also when the file cannot be read
 * out    written only without errors: one reference, the caller's
 *
 * Returns 0 or ERR_INVALID.
 */
int zone_load(const struct zone_load *load, struct diags *diags, struct zone **out);
