/*
 * Whether a pbx that fell silent may have silenced us: flood protection on it, or
 * before it, bans a host that sends much at once, as probes do at a start or after a
 * stall.
 */
#pragma once

#include "health/board.h"

/*
 * A pbx is hushed if it had answered, and all its targets then fell silent at once, in
 * the minute after one of these moments. Silence is what tells: who is refused, or
 * answered wrongly, is not ignored.
 *
 * began_ms    wall clock: the pbx is probed since
 * stalled_ms  wall clock: the last stall of the prober ended; 0: never
 */
enum hush hush_of(const struct board_row *row, int64_t began_ms, int64_t stalled_ms);

/* "soon after the start of this node", or NULL. */
const char *hush_name(enum hush h);
