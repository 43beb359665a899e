/*
 * Records become a zone: gathered in any order, checked all at once, laid out as ready
 * answers.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "dns/master.h"
#include "dns/name.h"
#include "zones/zone.h"

struct zone_builder;

struct zone_builder *zone_builder_new(const struct name *origin);
void zone_builder_free(struct zone_builder *b);

/*
 * Adds one record; the octets are copied. What is wrong with it is found by
 * zone_builder_finish(). Returns 0; the type is a master_record_fn's but for the
 * builder.
 */
int zone_builder_add(struct zone_builder *b, const struct master_record *record);

/*
 * Marks a live name of the zone: its sets are answered by the callback of
 * answer_find(); what the file holds for them is kept aside.
 */
void zone_builder_live(struct zone_builder *b, const struct zone_live *live);

/*
 * Checks the whole zone and builds it.
 *
 * path   for diagnoses of the zone as a whole
 * diags  gets every error and warning
 * out    written only without errors: one reference, the caller's
 *
 * Frees what was gathered; only zone_builder_free() may follow. Returns 0 or
 * ERR_INVALID.
 */
int zone_builder_finish(struct zone_builder *b, const char *path, struct diags *diags,
			struct zone **out);
