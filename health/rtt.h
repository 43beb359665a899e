/* Round trips as a histogram: quarter octaves of microseconds, old ones fade. */
#pragma once

#include <stdint.h>

enum { RTT_BUCKETS = 100 };

/* All zero is empty. */
struct rtt {
	uint32_t last_us;
	uint32_t total;
	uint16_t buckets[RTT_BUCKETS];
};

void rtt_add(struct rtt *r, uint64_t us);

/* The upper bound of the bucket that holds a share (per mille) of them; 0: none. */
uint32_t rtt_share_us(const struct rtt *r, uint32_t per_mille);
