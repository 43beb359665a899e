/*
 * One SIP message (RFC 3261 section 7), read in place: the start line and the positions
 * of the header fields; a field is parsed only when it is asked for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "sip/uri.h"

enum sip_method {
	SIP_METHOD_OTHER,
	SIP_ACK,
	SIP_BYE,
	SIP_CANCEL,
	SIP_INFO,
	SIP_INVITE,
	SIP_MESSAGE,
	SIP_NOTIFY,
	SIP_OPTIONS,
	SIP_PRACK,
	SIP_PUBLISH,
	SIP_REFER,
	SIP_REGISTER,
	SIP_SUBSCRIBE,
	SIP_UPDATE,
	SIP_METHODS
};

enum sip_header {
	SIP_HEADER_OTHER,
	SIP_ACCEPT_TYPES,
	SIP_ALLOW,
	SIP_AUTHORIZATION,
	SIP_CALL_ID,
	SIP_CONTACT,
	SIP_CONTENT_ENCODING,
	SIP_CONTENT_LENGTH,
	SIP_CONTENT_TYPE,
	SIP_CSEQ,
	SIP_DATE,
	SIP_EVENT,
	SIP_EXPIRES,
	SIP_FROM,
	SIP_MAX_FORWARDS,
	SIP_MIN_EXPIRES,
	SIP_PATH,
	SIP_PROXY_AUTHENTICATE,
	SIP_PROXY_AUTHORIZATION,
	SIP_PROXY_REQUIRE,
	SIP_RECORD_ROUTE,
	SIP_REFER_TO,
	SIP_REQUIRE,
	SIP_RETRY_AFTER,
	SIP_ROUTE,
	SIP_SERVER,
	SIP_SUBJECT,
	SIP_SUPPORTED,
	SIP_TO,
	SIP_UNSUPPORTED,
	SIP_USER_AGENT,
	SIP_VIA,
	SIP_WARNING,
	SIP_WWW_AUTHENTICATE,
	SIP_HEADERS
};

enum { SIP_FIELDS_MAX = 256, SIP_MESSAGE_MAX = 65535 };

struct sip_field {
	uint32_t name_at; /* from the message's start */
	uint32_t value_at;
	uint16_t name_len;
	uint16_t next;      /* number + 1 of the next field of this header; 0: last */
	uint16_t value_len; /* without white space at its ends; may contain folds */
	uint8_t header;     /* enum sip_header */
};

/* Large: keep one and reuse it. Borrows the octets. */
struct sip_message {
	const char *octets;
	size_t len; /* without what may follow the body in a datagram */
	bool is_response;
	bool version_ok;        /* SIP/2.0 */
	bool bad_line;          /* a line of the header is not a header field */
	bool cut;               /* Content-Length is more than was received */
	uint16_t status;        /* of a response */
	enum sip_method method; /* of a request */
	struct text method_name;
	struct text uri;    /* of a request, as it was received */
	struct text reason; /* of a response */
	struct text body;
	uint16_t field_count;
	uint16_t first[SIP_HEADERS]; /* number + 1 of the first field; 0: none */
	uint16_t last[SIP_HEADERS];
	struct sip_field fields[SIP_FIELDS_MAX];
};

/*
 * Reads a datagram, or a message that sip_frame_next() has cut out of a stream.
 *
 * Returns 0, ERR_MALFORMED (not SIP at all: cannot be answered), or ERR_LIMIT.
 */
int sip_message_read(struct sip_message *m, const void *octets, size_t len);

/* Returns the value of field number `n` of one header, from 0, or an empty text with
 * ERR_NOT_FOUND. */
struct text sip_field(const struct sip_message *m, enum sip_header h, unsigned n);
static inline bool sip_has(const struct sip_message *m, enum sip_header h)
{
	return m->first[h] != 0;
}

/*
 * Takes the next element of a comma-separated list (quotes and angle brackets are
 * respected), without white space at its ends. Returns whether there was
 * one.
 */
bool sip_list_next(struct text *list, struct text *element);

struct sip_via {
	struct text transport; /* "UDP" */
	struct text host;
	bool is_ipv6;
	uint16_t port; /* 0: none given */
	struct text params;
	struct text branch; /* empty: none */
	bool has_rport;
};

/* Reads one element of a Via. Returns 0 or ERR_MALFORMED. */
int sip_via_read(struct text in, struct sip_via *out);

struct sip_address {
	struct text display; /* with its quotes, if it has them */
	struct text uri;
	struct text params; /* of the field, not of the URI */
	struct text tag;    /* empty: none */
	bool is_star;       /* Contact: * */
	bool is_bracketed;  /* the URI is between "<" and ">" */
};

/* Reads one element of From, To, Contact, Route. Returns 0 or ERR_MALFORMED. */
int sip_address_read(struct text in, struct sip_address *out);

struct sip_cseq {
	uint32_t number;
	enum sip_method method;
	struct text method_name;
};

/* Returns 0, ERR_MALFORMED or ERR_RANGE (beyond 2^31 - 1). */
int sip_cseq_read(struct text in, struct sip_cseq *out);

/* Reads a whole field that is one decimal number of at most `max`, perhaps followed by
 * parameters or a comment. Returns 0, ERR_MALFORMED or ERR_RANGE. */
int sip_number_read(struct text in, uint32_t max, uint32_t *out);

enum sip_method sip_method_find(struct text name); /* case-sensitive */
const char *sip_method_name(enum sip_method method);
const char *sip_header_name(enum sip_header header);
