#include "health/drain.h"

enum { DRAIN_COUNT = 5, DRAIN_MS = 3000, RETRY_MAX_S = 600 };

void drain_note_503(struct drain *d, uint32_t retry_after_s, uint32_t hold_ms,
		    bool was_down, uint64_t now)
{
	uint64_t wait_ms = (retry_after_s < RETRY_MAX_S ? retry_after_s : RETRY_MAX_S) *
			   1000ul;
	uint64_t back_at = now + (wait_ms > hold_ms ? wait_ms : hold_ms);

	if (d->count++ == 0)
		d->first_at = now;
	if (back_at > d->back_at)
		d->back_at = back_at;
	if (was_down || (d->count >= DRAIN_COUNT && now - d->first_at >= DRAIN_MS))
		d->draining = true;
}

void drain_note_other(struct drain *d, uint64_t now)
{
	d->count = 0;
	if (d->draining && now < d->back_at)
		return;
	d->draining = false;
	d->back_at = 0;
}
