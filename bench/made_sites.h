/* The configuration of many sites, for who has none of his own. */
#pragma once

#include "base/buffer.h"

/*
 * Writes a node, its pbxs and its sites: each site has a pbx of its own, pN, and "hq"
 * stands in for all.
 *
 * endpoints  of each pbx, as in a configuration: "tcp@443, udp@5060"
 */
void made_sites(struct buffer *out, unsigned sites, const char *endpoints);
