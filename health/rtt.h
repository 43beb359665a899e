/* A histogram of round trips: quarter octaves of microseconds, with decay of old ones.
 */
#pragma once

#include <stdint.h>

enum { RTT_BUCKETS = 100, RTT_RECENT = 4 };

/* All zero is empty. */
struct rtt {
	uint32_t last_us;
	uint32_t recent_us[RTT_RECENT];
	uint32_t recent; /* where the next one goes, counted on */
	uint32_t total;
	uint16_t buckets[RTT_BUCKETS];
};

void rtt_add(struct rtt *r, uint64_t us);

/* Returns the upper bound of the bucket at a quantile (per mille); 0: empty. */
uint32_t rtt_share_us(const struct rtt *r, uint32_t per_mille);

/* The shortest of the last few, for one slow answer says little; 0: there are fewer. */
uint32_t rtt_shortest_us(const struct rtt *r);
