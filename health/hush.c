#include "health/hush.h"

#include <string.h>

enum { SOON_MS = 60000, AT_ONCE_MS = 10000 };

static bool is_silent(const struct board_target *t)
{
	return !t->alive && strstr(t->cause, verdict_name(VERDICT_SILENCE));
}

/* Whether both moments lie in the time after `from_ms` that counts. */
static bool is_soon(int64_t first_ms, int64_t last_ms, int64_t from_ms)
{
	return from_ms && first_ms >= from_ms && last_ms - from_ms <= SOON_MS;
}

enum hush hush_of(const struct board_row *row, int64_t began_ms, int64_t stalled_ms)
{
	int64_t first_ms = INT64_MAX, last_ms = 0;
	bool answered = false;

	for (size_t i = 0; i < row->target_count; i++) {
		const struct board_target *t = &row->targets[i];

		if (!is_silent(t))
			return HUSH_NONE;
		answered |= t->rtt_us != 0;
		first_ms = t->since_ms < first_ms ? t->since_ms : first_ms;
		last_ms = t->since_ms > last_ms ? t->since_ms : last_ms;
	}
	if (!answered || last_ms - first_ms > AT_ONCE_MS)
		return HUSH_NONE;
	if (is_soon(first_ms, last_ms, stalled_ms))
		return HUSH_STALL;
	return is_soon(first_ms, last_ms, began_ms) ? HUSH_START : HUSH_NONE;
}

const char *hush_name(enum hush h)
{
	static const char *const names[HUSHES] = {
		[HUSH_START] = "soon after the start of this node",
		[HUSH_STALL] = "soon after a stall of this node",
	};

	return names[h];
}
