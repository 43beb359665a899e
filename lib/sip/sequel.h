/* Requests that follow an INVITE of ours: the ACK of a refusal, and CANCEL. */
#pragma once

#include "sip/message.h"

struct buffer;

/* Appends the ACK to a final response that is no 2xx (RFC 3261 section 17.1.1.3). */
void sip_ack_write(const struct sip_message *invite, const struct sip_message *refusal,
		   struct buffer *out);

/*
 * Appends the CANCEL of a request (RFC 3261, 9.1).
 *
 * fields  more header lines, each with its CRLF, as Reason (RFC 3326); NULL: none
 */
void sip_cancel_write(const struct sip_message *request, const char *fields,
		      struct buffer *out);
