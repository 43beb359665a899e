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
 * diags  receives all errors and warnings, also if the file cannot be read
 * out    written only if there are no errors: one reference, owned by the caller
 *
 * Returns 0 or ERR_INVALID.
 */
int zone_load(const struct zone_load *load, struct diags *diags, struct zone **out);
