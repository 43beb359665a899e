/* URIs of SIP (RFC 3261 section 19.1): sliced, not copied. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum sip_scheme { SIP_SCHEME_OTHER, SIP_SCHEME_SIP, SIP_SCHEME_SIPS, SIP_SCHEME_TEL };

/* All texts borrow the octets; %-escapes stand as they came. */
struct sip_uri {
	enum sip_scheme scheme;
	struct text scheme_name;
	struct text user;     /* without password; of tel: the number */
	struct text password; /* after ":" */
	struct text host;     /* an IPv6 reference without its brackets */
	bool has_user;
	bool is_ipv6;
	uint16_t port;       /* 0: none given */
	struct text params;  /* after the first ";" */
	struct text headers; /* after "?" */
	struct text opaque;  /* of other schemes: all after ":" */
};

/*
 * Reads one URI that fills `in` whole.
 *
 * Returns 0 or ERR_MALFORMED; an unknown scheme is no error.
 */
int sip_uri_read(struct text in, struct sip_uri *out);

/*
 * Takes the next parameter "name" or "name=value" off a list parted by ";" and folding
 * white space (of a URI or a header field; values may be quoted).
 *
 * Returns whether there was one; `params->err` latches ERR_MALFORMED.
 */
bool sip_param_next(struct text *params, struct text *name, struct text *value);

/* The value of one parameter; `out` is empty for a bare one. Returns whether it is
 * there.
 */
bool sip_param_find(struct text params, const char *name, struct text *out);

/* A host as SIP writes it: name, IPv4, or IPv6 in brackets; with a port or 0. */
int sip_host_read(struct text *in, struct text *host, bool *is_ipv6, uint16_t *port);
