#include "health/events.h"

#include "base/operator/log.h"

/* clang-format off */
struct event health_events[HEALTH_EVENTS + 1] = {
	[EVENT_SWITCH]    = { .name = "switch", .level = LOG_LEVEL_NOTICE, .per_minute = 600,
	                      .help = "a pbx changed its state; the switch history has the same row" },
	[EVENT_PROBE_TLS] = { .name = "probe-tls", .level = LOG_LEVEL_ERROR, .per_minute = 6,
	                      .help = "the authorities for a pbx's certificate cannot be read: its TLS endpoints are not probed; see ca-file" },
	[EVENT_OWN_FAULT] = { .name = "probe-own-fault", .level = LOG_LEVEL_ERROR, .per_minute = 6,
	                      .help = "probes cannot be sent for a reason of this host (descriptors, memory, permission): states are frozen" },
	[EVENT_KEPT_BAD]  = { .name = "kept-state-bad", .level = LOG_LEVEL_WARNING, .per_minute = 6,
	                      .help = "a row of the state kept before the restart cannot be read: that pbx begins undecided" },
	[EVENT_LOOKUP]    = { .name = "pbx-lookup", .level = LOG_LEVEL_WARNING, .per_minute = 30,
	                      .help = "the name of a pbx cannot be resolved; what it resolved to last stays" },
	[EVENT_LAYOUT]    = { .name = "pbx-too-many", .level = LOG_LEVEL_WARNING, .per_minute = 6,
	                      .help = "a pbx has more than 16 endpoints or addresses: the rest is neither probed nor answered" },
	[HEALTH_EVENTS]   = { .name = 0 },
};
/* clang-format on */
