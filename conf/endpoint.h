/* Transports, and the endpoints at which a pbx accepts SIP. */
#pragma once

#include <stdint.h>

#include "base/transport.h"

struct conf_endpoint {
	enum transport transport;
	uint16_t port;
};

/* How a transport is written: "tls". */
const char *transport_name(enum transport t);
