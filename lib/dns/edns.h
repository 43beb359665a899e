/* EDNS(0): the OPT record of a query, and the one of its answer (RFC 6891). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "dns/reader.h"

enum edns_option {
	EDNS_NSID = 3,       /* RFC 5001 */
	EDNS_ECS = 8,        /* RFC 7871 */
	EDNS_COOKIE = 10,    /* RFC 7873 */
	EDNS_KEEPALIVE = 11, /* RFC 7828 */
	EDNS_PADDING = 12,   /* RFC 7830 */
	EDNS_EDE = 15,       /* RFC 8914 */
};

/* Extended errors (RFC 8914 5.2). */
enum ede {
	EDE_OTHER = 0,
	EDE_STALE_ANSWER = 3,
	EDE_FORGED_ANSWER = 4,
	EDE_DNSSEC_BOGUS = 6,
	EDE_SIGNATURE_EXPIRED = 7,
	EDE_SIGNATURE_NOT_YET_VALID = 8,
	EDE_DNSKEY_MISSING = 9,
	EDE_RRSIGS_MISSING = 10,
	EDE_NSEC_MISSING = 12,
	EDE_NOT_READY = 14,
	EDE_BLOCKED = 15,
	EDE_PROHIBITED = 18,
	EDE_STALE_NXDOMAIN = 19,
	EDE_NOT_AUTHORITATIVE = 20,
	EDE_NOT_SUPPORTED = 21,
	EDE_NO_REACHABLE_AUTHORITY = 22,
	EDE_NETWORK_ERROR = 23,
	EDE_INVALID_DATA = 24,
	EDE_SYNTHESIZED = 29,  /* IANA: the answer was made by this server */
	EDE_INVALID_TYPE = 30, /* of a question (RFC 9824 3.5) */
};

enum { EDNS_PAYLOAD_MIN = 512, EDNS_COOKIE_MAX_LEN = 40, EDNS_OPT_FIXED_LEN = 11 };

/* Client subnet. `subnet.addr.family` 0: the client asks that no subnet be used or
 * sent. */
struct edns_ecs {
	struct prefix subnet; /* SOURCE PREFIX-LENGTH in `len`; host bits are zero */
	uint16_t family;      /* as on the wire, for the response: 1, 2, or 0 */
	uint8_t scope;        /* SCOPE PREFIX-LENGTH: 0 in queries */
};

/* The OPT record of a query. */
struct edns {
	bool present;
	bool dnssec_ok;
	bool nsid;
	bool keepalive;
	bool padding;
	bool has_ecs;
	uint8_t version;
	uint8_t cookie_len; /* 0: none; 8: the client's only; 16 to 40 with ours */
	uint16_t payload;   /* octets that the client accepts over UDP, at least 512 */
	uint16_t opt_at;    /* offset of the record in the packet */
	const uint8_t *cookie; /* in the packet */
	struct edns_ecs ecs;
};

/*
 * Reads the rest of an OPT record.
 *
 * r    after its TYPE; left after the record
 * out  `present` once the fixed part was whole, options only for version 0
 *
 * Returns 0, ERR_SHORT, or ERR_MALFORMED for an option that overruns the record,
 * violates its RFC, or exceeds the number of options that one query may have.
 */
int edns_read(struct reader *r, struct edns *out);

/* The OPT record of a response. All zero: a plain OPT with NOERROR. */
struct edns_answer {
	uint16_t payload; /* octets that we accept over UDP */
	uint16_t rcode;   /* all 12 bits; its upper 8 go here */
	bool dnssec_ok;   /* copied from the query */
	bool keepalive;
	bool padding; /* to blocks of 468 octets (RFC 8467), if there is room */
	bool has_ede;
	uint16_t keepalive_100ms;
	uint16_t ede_code;
	uint16_t ede_len;
	uint16_t ede_tail_len;
	uint16_t nsid_len;  /* 0: none */
	uint8_t cookie_len; /* 0: none */
	const uint8_t *cookie;
	const uint8_t *nsid;
	const char *ede_text;       /* left out when there is no room for it, */
	const char *ede_tail;       /* which comes behind it */
	const struct edns_ecs *ecs; /* or NULL; with our scope in it */
};

/*
 * Writes an OPT record at the end of a message.
 *
 * room         octets left at `out`
 * message_len  octets before it, for padding
 *
 * Returns its length. Options that do not fit are omitted: COOKIE, ECS, keepalive, NSID
 * and EDE come first, the EDE's text and padding use what is left. Returns 0 if not
 * even the bare record fits.
 */
size_t edns_write(const struct edns_answer *e, uint8_t *out, size_t room,
		  size_t message_len);
