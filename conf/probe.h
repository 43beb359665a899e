/* How hard a pbx is probed: profiles, and their defaults. */
#pragma once

#include <stdint.h>

enum profile { PROFILE_AUTO, PROFILE_FAST, PROFILE_LAN, PROFILE_WAN, PROFILES };

/* One row per profile (doc/design.md, Evidence); PROFILE_AUTO's is unused. The settings
 * of a pbx override them. */
struct conf_probe {
	uint32_t pace_ms;
	uint32_t after_miss_ms;
	uint32_t timeout_ms;
	uint32_t silence_ms;
	uint32_t lost_count;
	uint32_t rise_count; /* good probes in a row before up */
};

/* Bits of what an operator has set, by member. */
enum { PROBE_PACE = 1 << 0, PROBE_LOST = 1 << 4 };

extern const struct conf_probe conf_profiles[PROFILES];

/*
 * The time between probes in doubt, after so long a silence: where it is long, half of
 * it in the second half of the window, for false downs are caused by bursts of loss
 * that let too few probes through before the window ends.
 */
static inline uint32_t probe_doubt_ms(const struct conf_probe *p, uint64_t silent_ms)
{
	enum { LONG_MS = 200 };

	return p->after_miss_ms > LONG_MS && silent_ms >= p->silence_ms / 2
		       ? p->after_miss_ms / 2
		       : p->after_miss_ms;
}

/* Returns the name of a profile: "lan". */
const char *profile_name(enum profile p);
