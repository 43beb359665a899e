/*
 * The names under `hosts:`, forward and reverse: small zones, each with its apex
 * exactly at the name, so that sibling names are not affected.
 */
#pragma once

#include "base/operator/diag.h"
#include "zones/zone_set.h"

struct conf;

/*
 * Adds a zone for each host and for each of its addresses' reverse names.
 *
 * diags  receives an error for a name that is already an apex
 *
 * Returns 0 or ERR_INVALID.
 */
int hosts_add_zones(const struct conf *conf, struct zone_set *set, struct diags *diags);

/* <node>.invalid: a name that is nowhere, for a zone that nobody delegates. */
void hosts_nowhere(const char *node, struct name *out);
