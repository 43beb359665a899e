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

/* Returns the name of a profile: "lan". */
const char *profile_name(enum profile p);
