/* Points in time as people write and read them. */
#pragma once

#include <stdint.h>

#include "base/text.h"

struct buffer;

/*
 * Parses a wall-clock time that is not in the future:
 *
 *   2026-11-22T14:03:07Z      RFC 3339; seconds, fraction and zone are optional
 *   14:03, 14:03:07, 14:03Z   the most recent such time of day
 *   -90s, -10m, -2h, -1d      before now
 *
 * Without a zone it is local time of this process. A time of day stands for the last
 * moment of the minute, second or fraction that it names, but not for one after now: so
 * what happened at a time that is shown had happened.
 *
 * now_ms  wall clock
 *
 * Returns 0, ERR_MALFORMED, or ERR_RANGE for the future.
 */
int moment_parse(const char *text, int64_t now_ms, int64_t *out_ms);

/*
 * Puts a text, with the moments in it that are written in UTC ("2026-11-22T14:03:07Z",
 * "2026-11-22T14:03Z", "14:03:07Z") as local time, in the form that moment_parse()
 * takes: without a zone, but with an offset if local clocks show that time twice.
 *
 * now_ms  wall clock: for a time without a date
 */
void moment_put_local(struct buffer *out, struct text t, int64_t now_ms);
