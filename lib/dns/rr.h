/*
 * The table of resource record types: one row per type of the IANA registry that has a
 * presentation format, each a list of field kinds. Parsing, formatting, canonical
 * form and the names inside RDATA all use the same rows. Unknown types are handled by
 * RFC 3597.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "dns/name.h"

enum rr_type {
	RR_A = 1,
	RR_NS = 2,
	RR_CNAME = 5,
	RR_SOA = 6,
	RR_NULL = 10,
	RR_PTR = 12,
	RR_MX = 15,
	RR_TXT = 16,
	RR_AAAA = 28,
	RR_SRV = 33,
	RR_NAPTR = 35,
	RR_DNAME = 39,
	RR_OPT = 41,
	RR_DS = 43,
	RR_RRSIG = 46,
	RR_NSEC = 47,
	RR_DNSKEY = 48,
	RR_NSEC3 = 50,
	RR_NSEC3PARAM = 51,
	RR_CDS = 59,
	RR_CDNSKEY = 60,
	RR_SVCB = 64,
	RR_HTTPS = 65,
	RR_NXNAME = 128, /* only in NSEC bitmaps (RFC 9824 3.4) */
	RR_TKEY = 249,
	RR_TSIG = 250,
	RR_IXFR = 251,
	RR_AXFR = 252,
	RR_ANY = 255,
	RR_CAA = 257,
};

enum rr_class {
	CLASS_IN = 1,
	CLASS_CH = 3,
	CLASS_HS = 4,
	CLASS_NONE = 254,
	CLASS_ANY = 255
};

enum rcode {
	RCODE_NOERROR = 0,
	RCODE_FORMERR = 1,
	RCODE_SERVFAIL = 2,
	RCODE_NXDOMAIN = 3,
	RCODE_NOTIMP = 4,
	RCODE_REFUSED = 5,
	RCODE_YXDOMAIN = 6,
	RCODE_NOTAUTH = 9,
	RCODE_BADVERS = 16,
	RCODE_BADCOOKIE = 23,
};

/* Formats "AAAA", "TYPE65280" into 16 octets; returns `out`. The same for classes. */
char *rr_type_format(uint16_t type, char out[16]);
char *rr_class_format(uint16_t class, char out[16]);
int rr_type_parse(const char *text, size_t len,
		  uint16_t *out); /* also TYPEn; ERR_NOT_FOUND */
int rr_class_parse(const char *text, size_t len, uint16_t *out);

/* Returns the name in row n of the table, for completion and suggestions, or NULL past
 * the end. */
const char *rr_type_name_at(const void *unused, size_t n);

/* QTYPEs and meta types (OPT, TSIG, AXFR, ANY, 128-255): never in a zone. */
bool rr_type_is_meta(uint16_t type);

/*
 * Checks the RDATA of one record and writes it uncompressed, in its original case.
 *
 * r      at the first octet; its message for compression pointers, where the type may
 *        have them (RFC 3597 4); left after `rdlen`
 * out    appended to; unchanged on error
 *
 * Returns 0, ERR_SHORT or ERR_MALFORMED.
 */
int rr_rdata_read(struct reader *r, uint16_t type, size_t rdlen, struct buffer *out);

/* Why a text is not valid RDATA. */
struct rr_fault {
	char text[200];
	const char *suggestion; /* or NULL; static */
	uint32_t col;           /* of the token that is wrong, from 1 */
};

/*
 * Parses RDATA in presentation format, \# included (RFC 3597 5): one entry, which may
 * have parentheses and a comment.
 *
 * origin  completes relative names; NULL: relative names are not allowed
 * out     appended to; unchanged on error
 *
 * Returns 0, or ERR_MALFORMED with `fault` written.
 */
int rr_rdata_parse(uint16_t type, const char *text, size_t len,
		   const struct name *origin, struct buffer *out,
		   struct rr_fault *fault);

/* Formats uncompressed RDATA; in \# form if it is not valid for its type.
 */
void rr_rdata_format(uint16_t type, const uint8_t *rdata, size_t rdlen,
		     struct buffer *out);

/* Converts the names listed in RFC 4034 6.2 (updated by 6840 5.1) to lower case, in
 * place. */
void rr_rdata_canonical(uint16_t type, uint8_t *rdata, size_t rdlen);

/* What a builder of answers needs to know about a name inside RDATA. */
struct rr_name_at {
	uint16_t offset;   /* in uncompressed RDATA */
	bool compressible; /* RFC 1035 types only (RFC 3597 4) */
	bool additional; /* its addresses belong in the additional section: NS, MX, SRV,
			    ... */
};

/* Finds the names inside RDATA, at most `max`. Returns how many there are (at most 3
 * are ever used).
 */
size_t rr_rdata_names(uint16_t type, const uint8_t *rdata, size_t rdlen,
		      struct rr_name_at *out, size_t max);
