/* The table of transports: everything in which they differ for SIP. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "base/transport.h"

struct sip_transport {
	const char *name;  /* "udp", as operators and URIs write it */
	const char *via;   /* "UDP" */
	const char *param; /* what follows the port in a URI; "": nothing */
	const char *srv;   /* owner name of SRV records (RFC 3263 section 4.2) */
	const char *naptr; /* service of NAPTR records (RFC 3263, 4.1) */
	uint16_t port;     /* when a URI gives none */
	bool is_reliable;  /* nothing is sent again (RFC 3261 section 17) */
	bool is_secure;
};

extern const struct sip_transport sip_transports[TRANSPORTS];

/* Finds by "udp" or "UDP", in any case. Returns whether there is one. */
bool sip_transport_find(struct text name, enum transport *out);
