/*
 * What `hosts:` names, forward and reverse: small zones, each cut exactly at its name,
 * so that its siblings stay whose they are.
 */
#pragma once

#include "base/operator/diag.h"
#include "zones/zone_set.h"

struct conf;

/*
 * Adds a zone for each host and for each of its addresses' reverse names.
 *
 * diags  gets an error for a name that is an apex already
 *
 * Returns 0 or ERR_INVALID.
 */
int hosts_add_zones(const struct conf *conf, struct zone_set *set, struct diags *diags);

/* <node>.invalid: a name that is nowhere, for a zone that nobody delegates. */
void hosts_nowhere(const char *node, struct name *out);
