#include "tests/health/sim.h"

void sim_rate_add(struct sim_rate *r, uint64_t now)
{
	r->at[r->next++ % RATE_RING] = now;
	while (r->at[r->oldest % RATE_RING] + RATE_MS <= now ||
	       r->next - r->oldest > RATE_RING)
		r->oldest++;
	if (r->next - r->oldest > r->most)
		r->most = r->next - r->oldest;
}
