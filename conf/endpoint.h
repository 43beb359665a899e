/* Transports, and the endpoints that a pbx takes SIP at. */
#pragma once

#include <stdint.h>

#include "base/transport.h"

struct conf_endpoint {
	enum transport transport;
	uint16_t port;
};

/* How a transport is written: "tls". */
const char *transport_name(enum transport t);
