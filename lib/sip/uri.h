/* SIP URIs (RFC 3261 section 19.1): sliced, not copied. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum sip_scheme { SIP_SCHEME_OTHER, SIP_SCHEME_SIP, SIP_SCHEME_SIPS, SIP_SCHEME_TEL };

/* All texts borrow the octets; %-escapes are not decoded. */
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
 * Reads one URI, which must be all of `in`.
 *
 * Returns 0 or ERR_MALFORMED; an unknown scheme is no error.
 */
int sip_uri_read(struct text in, struct sip_uri *out);

/*
 * Takes the next parameter "name" or "name=value" of a list separated by ";" and white
 * space (of a URI or a header field; values may be quoted).
 *
 * Returns whether there was one; `params->err` latches ERR_MALFORMED.
 */
bool sip_param_next(struct text *params, struct text *name, struct text *value);

/* Finds the value of one parameter; `out` is empty if it has no value. Returns whether
 * the parameter is there. */
bool sip_param_find(struct text params, const char *name, struct text *out);

/* Reads a host as in SIP: name, IPv4, or IPv6 in brackets; `port` is 0 if none is
 * given.
 */
int sip_host_read(struct text *in, struct text *host, bool *is_ipv6, uint16_t *port);
