/* Writes the response to a request (RFC 3261 section 8.2.6). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "sip/message.h"

struct buffer;

struct sip_response {
	uint16_t status;
	const char *reason;
	const char *to_tag; /* added if the request's To has none; NULL: none */
	const char *fields; /* more header lines, each with its CRLF; NULL: none */
	const struct addr
		*from; /* where the request came from: for "received" and
			  "rport" (RFC 3581) in the topmost Via; NULL: as it is */
};

/*
 * Appends the response. Via, From, To, Call-ID and CSeq are copied as far as the
 * request has them, so that a malformed one can be answered too.
 */
void sip_response_write(const struct sip_message *request, const struct sip_response *r,
			struct buffer *out);

/*
 * Writes what one who probes answers to a request that comes back the same way: 200 to
 * OPTIONS, 405 to others.
 *
 * call  makes the To tag
 * from  where it came from
 *
 * Returns 0; ERR_MALFORMED: no request, or one that nothing is answered to;
 * ERR_CONFLICT: one of our own came back.
 */
int sip_request_answer(const void *octets, size_t len, uint64_t call,
		       const struct addr *from, struct buffer *out);
