#include "conf/pace.h"

uint32_t pace_limit(const struct conf_probe *p)
{
	uint32_t count = PACE_COUNTED_MS / p->pace_ms + p->lost_count;

	return count <= PACE_FLOOD_MAX ? count : UINT32_MAX;
}

uint32_t pace_every_ms(const struct conf_probe *p, uint32_t endpoints)
{
	uint32_t most_ms = p->silence_ms > p->timeout_ms ? p->silence_ms - p->timeout_ms
							 : 0;
	uint32_t turn_ms = p->pace_ms * endpoints;

	if (turn_ms > most_ms) /* none may wait too long for its turn */
		turn_ms = most_ms > p->pace_ms ? most_ms : p->pace_ms;
	return turn_ms / endpoints;
}
