/* The OPTIONS request a probe sends. Nothing is allocated and nothing kept. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/transport.h"

enum { SIP_BRANCH_LEN = 7 + 16, SIP_OPTIONS_MAX = 1500 };

struct sip_options {
	enum transport transport;
	struct addr to;         /* with port */
	struct addr from;       /* our address and port, for Via and Contact */
	const char *host;       /* of the Request-URI; NULL: the address */
	const char *user;       /* of From and Contact; NULL: "deputy" */
	const char *from_uri;   /* of From; NULL: the user at our address */
	const char *user_agent; /* NULL: "deputy/VERSION" */
	uint64_t branch; /* unique to the probe: makes its Call-ID and identifies the
			    response */
	uint64_t call; /* the same for all probes of an endpoint: makes the From tag */
	uint32_t cseq;
	uint8_t max_forwards;
};

/* Writes the request. Returns its length, or 0 if `cap` is too small. */
size_t sip_options_write(const struct sip_options *o, char *out, size_t cap);
