/*
 * One received query, read in one forward pass: the header, the question and EDNS.
 * Borrows the octets of the packet.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/edns.h"
#include "dns/name.h"

enum { DNS_HEADER_LEN = 12, QUESTION_NAME_PAD = 8 };

enum question_verdict {
	QUESTION_OK,
	QUESTION_COOKIE_ONLY, /* no question but a COOKIE (RFC 7873 5.4): NOERROR, empty
			       */
	QUESTION_DROP,        /* shorter than a header, or QR is 1: no response */
	QUESTION_FORMERR,
	QUESTION_NOTIMP,  /* an unsupported OPCODE: the response is a bare header */
	QUESTION_BADVERS, /* EDNS version above 0 (RFC 6891 6.1.3) */
};

/* Written by question_read(); the members after `verdict` only as far as the packet
 * could be read.
 */
struct question {
	enum question_verdict verdict;
	uint16_t id; /* host order, like all numbers here */
	uint16_t type;
	uint16_t class;
	uint16_t question_end; /* offset after QCLASS; 0: the question is incomplete */
	uint16_t tsig_at;      /* offset of a TSIG record, which is last; 0: none */
	uint16_t authority_at; /* offset of the first authority record (IXFR's SOA); 0:
				  none */
	uint8_t opcode;
	bool recursion_desired;
	bool checking_disabled;
	bool authentic_data; /* AD in a query: understands AD (RFC 6840 5.7) */

	const uint8_t *wire; /* the queried name in the packet, at offset 12 */
	uint8_t name_len;    /* octets, including the root's */
	uint8_t label_count; /* without the root */
	struct edns edns;

	/* Offset of each label's length octet in `wire` and `name`, leftmost first;
	 * label_at[label_count] is the root's. */
	uint8_t label_at[NAME_MAX_LABELS + 1];
	/* The name in lower case, then at least QUESTION_NAME_PAD zero octets. */
	uint8_t name[NAME_MAX_LEN + 1 + QUESTION_NAME_PAD];
};

/*
 * Reads one packet. Returns q->verdict. For FORMERR, `id`, `opcode` and the flags are
 * still set, the question if question_end is not 0, and EDNS if edns.present.
 *
 * len  at most 65,535
 *
 * FORMERR: counts that are wrong in a query, a compressed or malformed QNAME, octets
 * after the last record, a second OPT, one outside the additional section or not at the
 * root, an option that overruns it, a misplaced TSIG.
 */
enum question_verdict question_read(const uint8_t *packet, size_t len,
				    struct question *q);
