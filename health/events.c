#include "health/events.h"

#include "base/operator/log.h"

/* clang-format off */
struct event health_events[HEALTH_EVENTS + 1] = {
	[EVENT_SWITCH]    = { .name = "switch", .level = LOG_LEVEL_NOTICE, .per_minute = 600,
	                      .help = "the state of a pbx changed; the switch history has the same entry" },
	[EVENT_PROBE_TLS] = { .name = "probe-tls", .level = LOG_LEVEL_ERROR, .per_minute = 6,
	                      .help = "cannot read the CA certificates for a pbx, or the certificate that probes show: its TLS endpoints are not probed; check ca-file, client-certificate and client-key" },
	[EVENT_OWN_FAULT] = { .name = "probe-own-fault", .level = LOG_LEVEL_ERROR, .per_minute = 6,
	                      .help = "probes cannot be sent because of a problem on this host (descriptors, memory, permissions): states are frozen" },
	[EVENT_KEPT_BAD]  = { .name = "kept-state-bad", .level = LOG_LEVEL_WARNING, .per_minute = 6,
	                      .help = "a row of the state kept before the restart cannot be read: that pbx begins undecided" },
	[EVENT_LOOKUP]    = { .name = "pbx-lookup", .level = LOG_LEVEL_WARNING, .per_minute = 30,
	                      .help = "cannot resolve the host name of a pbx; its last known addresses stay in use" },
	[EVENT_LAYOUT]    = { .name = "pbx-too-many", .level = LOG_LEVEL_WARNING, .per_minute = 6,
	                      .help = "a pbx has more than 16 endpoints or addresses: the rest are neither probed nor used in answers" },
	[HEALTH_EVENTS]   = { .name = 0 },
};
/* clang-format on */
