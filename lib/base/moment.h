/* Moments as people write them. */
#pragma once

#include <stdint.h>

/*
 * Reads a wall-clock moment that is not in the future:
 *
 *   2026-11-22T14:03:07Z      RFC 3339; seconds, fraction and zone may be left out
 *   14:03, 14:03:07, 14:03Z   the last time the clock showed this
 *   -90s, -10m, -2h, -1d      before now
 *
 * Without a zone the clock is this host's.
 *
 * now_ms  wall clock
 *
 * Returns 0, ERR_MALFORMED, or ERR_RANGE for the future.
 */
int moment_parse(const char *text, int64_t now_ms, int64_t *out_ms);
