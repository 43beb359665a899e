#include "health/rtt.h"

enum { FADE_AT = 1024 };

/* Four buckets an octave: the two bits behind the highest one. */
static unsigned bucket_of(uint32_t us)
{
	unsigned octave;

	if (us < 4)
		return us;
	octave = 31u - (unsigned)__builtin_clz(us);
	octave = 4 * (octave - 1) + (us >> (octave - 2) & 3);
	return octave < RTT_BUCKETS ? octave : RTT_BUCKETS - 1;
}

static uint32_t bucket_end(unsigned bucket)
{
	unsigned octave = bucket / 4 + 1;

	if (bucket < 4)
		return bucket + 1;
	return (uint32_t)((uint64_t)(5 + bucket % 4) << (octave - 2));
}

void rtt_add(struct rtt *r, uint64_t us)
{
	r->last_us = us > UINT32_MAX / 2 ? UINT32_MAX / 2 : us ? (uint32_t)us : 1;
	r->recent_us[r->recent++ % RTT_RECENT] = r->last_us;
	r->buckets[bucket_of(r->last_us)]++;
	if (++r->total < FADE_AT)
		return;
	r->total = 0;
	for (unsigned i = 0; i < RTT_BUCKETS; i++) {
		r->buckets[i] /= 2;
		r->total += r->buckets[i];
	}
}

uint32_t rtt_share_us(const struct rtt *r, uint32_t per_mille)
{
	uint64_t want = ((uint64_t)r->total * per_mille + 999) / 1000;
	uint64_t seen = 0;

	if (!r->total)
		return 0;
	for (unsigned i = 0; i < RTT_BUCKETS; i++) {
		seen += r->buckets[i];
		if (seen >= want)
			return bucket_end(i);
	}
	return bucket_end(RTT_BUCKETS - 1);
}

uint32_t rtt_shortest_us(const struct rtt *r)
{
	uint32_t us = r->recent_us[0];

	for (unsigned i = 1; i < RTT_RECENT; i++)
		if (r->recent_us[i] < us)
			us = r->recent_us[i];
	return us;
}
