/*
 * How many requests a PBX gets from us at one address. Flood rules of PBXs count over
 * all transports: Debian's kamailio.cfg bans who sends 16 in 2 s.
 */
#pragma once

#include <stdint.h>

#include "conf/probe.h"

enum { PACE_COUNTED_MS = 2000, PACE_FLOOD_MAX = 15 };

/*
 * Returns the most requests in any 2 s with which its silence can still be found in
 * time, PACE_FLOOD_MAX at most; UINT32_MAX: it takes more, so they are not limited.
 */
uint32_t pace_limit(const struct conf_probe *p);

/* Returns the interval between two requests while all is well, if so many endpoints
 * take turns. */
uint32_t pace_every_ms(const struct conf_probe *p, uint32_t endpoints);
