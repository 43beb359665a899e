/*
 * Records become a zone: gathered in any order, checked all at once, laid out as ready
 * answers.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/operator/diag.h"
#include "dns/master.h"
#include "dns/name.h"
#include "zones/zone.h"

struct zone_builder;

/* diags  gets every error and warning found, now and later */
struct zone_builder *zone_builder_new(const struct name *origin, struct diags *diags);
void zone_builder_free(struct zone_builder *b);

/*
 * Adds one record; the octets are copied. What is wrong with it becomes a diagnosis.
 * A master_record_fn, whose `arg` is the builder. Returns 0.
 */
int zone_builder_add(void *builder, const struct master_record *record);

/*
 * Marks a live name of the zone: its sets are answered by the callback of
 * answer_find(); what the file holds for them is kept aside.
 */
void zone_builder_live(struct zone_builder *b, const struct zone_live *live);

/*
 * Checks the whole zone and builds it.
 *
 * path  for diagnoses of the zone as a whole
 * out   written only if there was no error since the builder was made: one reference,
 *       the caller's
 *
 * Frees what was gathered; only zone_builder_free() may follow. Returns 0 or
 * ERR_INVALID.
 */
int zone_builder_finish(struct zone_builder *b, const char *path, struct zone **out);
