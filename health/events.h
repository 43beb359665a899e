/* The log events of health. */
#pragma once

#include "base/operator/log.h"

enum health_event {
	EVENT_SWITCH,
	EVENT_PROBE_TLS,
	EVENT_OWN_FAULT,
	EVENT_KEPT_BAD,
	EVENT_LOOKUP,
	EVENT_LAYOUT,
	HEALTH_EVENTS
};

/* Terminated by a row without a name. */
extern struct event health_events[];
