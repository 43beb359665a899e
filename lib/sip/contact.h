/* The elements of headers that contain addresses: of Contact, with what a registrar
 * keeps, and of Route, Record-Route, Path and Service-Route. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "sip/message.h"
#include "sip/uri.h"

enum { SIP_Q_MAX = 1000 };

struct sip_contact {
	struct sip_address address;
	struct sip_uri uri; /* not of "*" */
	bool has_expires;
	uint32_t expires; /* seconds, at most 2^32 - 1 */
	uint16_t q;       /* thousandths; SIP_Q_MAX if none is given */
	struct text
		instance; /* without quotes and angles (RFC 5626 4.1); empty: none */
	uint32_t reg_id;  /* 0: none (RFC 5626 section 4.2) */
};

/*
 * Reads one element of Contact. An `expires` that is not a number is ignored; a q or
 * reg-id out of range is an error.
 *
 * Returns 0, ERR_MALFORMED or ERR_RANGE.
 */
int sip_contact_read(struct text in, struct sip_contact *out);

struct sip_route {
	struct sip_address address;
	struct sip_uri uri;
	bool is_loose; /* "lr" */
};

/* Reads one element of Route, Record-Route, Path or Service-Route: a SIP URI in angle
 * brackets. Returns 0 or ERR_MALFORMED. */
int sip_route_read(struct text in, struct sip_route *out);
