/* Points in time as people write them. */
#pragma once

#include <stdint.h>

/*
 * Parses a wall-clock time that is not in the future:
 *
 *   2026-11-22T14:03:07Z      RFC 3339; seconds, fraction and zone are optional
 *   14:03, 14:03:07, 14:03Z   the most recent such time of day
 *   -90s, -10m, -2h, -1d      before now
 *
 * Without a zone it is local time of this host.
 *
 * now_ms  wall clock
 *
 * Returns 0, ERR_MALFORMED, or ERR_RANGE for the future.
 */
int moment_parse(const char *text, int64_t now_ms, int64_t *out_ms);
