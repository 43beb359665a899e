/*
 * The OPTIONS request a probe sends, and what is needed of its response. Nothing is
 * allocated and nothing kept.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/text.h"

struct buffer;

/* In the order of conf's `enum transport`. */
enum sip_transport {
	SIP_TRANSPORT_UDP,
	SIP_TRANSPORT_TCP,
	SIP_TRANSPORT_TLS,
	SIP_TRANSPORTS
};

const char *sip_transport_name(enum sip_transport t); /* as in Via: "UDP" */

enum { SIP_BRANCH_LEN = 7 + 16, SIP_OPTIONS_MAX = 1300 };

struct sip_options {
	enum sip_transport transport;
	struct addr to;         /* with port */
	struct addr from;       /* our address and port, for Via and Contact */
	const char *host;       /* of the Request-URI; NULL: the address */
	const char *user;       /* of From and Contact; NULL: "deputy" */
	const char *user_agent; /* NULL: "deputy/VERSION" */
	uint64_t branch; /* its own for each try: makes Call-ID, matched in the response
			  */
	uint64_t call;   /* of the endpoint: makes the From tag */
	uint32_t cseq;
	uint8_t max_forwards; /* 0: 70 */
};

/* Writes the request. Returns its length, or 0 if `cap` is too small. */
size_t sip_options_write(const struct sip_options *o, char *out, size_t cap);

struct sip_reply {
	uint16_t status;
	bool has_branch; /* it is one of ours, and `branch` is its number */
	uint64_t branch;
	uint32_t cseq;
	uint32_t retry_after_s; /* 0: none */
	struct text reason;     /* borrowed, like the next two */
	struct text server;     /* Server, else User-Agent, else empty */
	struct text received;   /* "received" and "rport" of our Via: how we are seen */
	uint16_t rport;
};

/*
 * Reads a response to one of our requests.
 *
 * Returns 0; ERR_MALFORMED: not SIP, a request, or a response that breaks the grammar.
 */
int sip_reply_read(const void *octets, size_t len, struct sip_reply *out);

/*
 * Writes what one who probes answers to a request that comes back the same way: 200 to
 * OPTIONS, 405 to others.
 *
 * call  makes the To tag
 * from  where it came from
 *
 * Returns 0; ERR_MALFORMED: no request, or one that nothing is answered to.
 */
int sip_request_answer(const void *octets, size_t len, uint64_t call,
		       const struct addr *from, struct buffer *out);
