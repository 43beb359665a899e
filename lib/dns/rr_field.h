/*
 * Internals of the RR table: the rows, and the kinds of fields that they consist of. A
 * kind has three functions: parse text, check wire form, format text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "dns/lexer.h"
#include "dns/name.h"
#include "dns/reader.h"
#include "dns/rr.h"
#include "dns/writer.h"

enum rr_kind {
	FIELD_NONE, /* ends a row */
	FIELD_NAME,
	FIELD_MAY_NAME, /* if octets are left; after an A6 prefix */
	FIELD_U8,
	FIELD_U16,
	FIELD_U32,
	FIELD_U64,
	FIELD_PERIOD, /* seconds, also as 1h30m */
	FIELD_TIME,   /* YYYYMMDDHHMMSS (RFC 4034 3.2) */
	FIELD_TYPE,   /* the mnemonic of an RR type */
	FIELD_ALGORITHM,
	FIELD_CERT_TYPE,
	FIELD_SCHEME, /* of DSYNC */
	FIELD_IPV4,
	FIELD_IPV6,
	FIELD_STRING,  /* one <character-string> */
	FIELD_STRINGS, /* one or more */
	FIELD_MAY_STRING,
	FIELD_DIGITS, /* a <character-string> of digits */
	FIELD_TAG,    /* of CAA */
	FIELD_TEXT,   /* to the end, quoted, without a length */
	FIELD_HEX,    /* to the end */
	FIELD_BASE64, /* to the end */
	FIELD_MAY_BASE64,
	FIELD_DOA_DATA,
	FIELD_SALT,
	FIELD_HASH32, /* a length and base32hex (RFC 5155 3.3) */
	FIELD_TYPES,  /* windows of type bits (RFC 4034 4.1.2) */
	FIELD_NXT_TYPES,
	FIELD_EUI48,
	FIELD_EUI64,
	FIELD_ILNP64,
	FIELD_NSAP,
	FIELD_ATMA,
	FIELD_A6,
	FIELD_LOC,
	FIELD_PREFIXES, /* of APL */
	FIELD_SERVICES, /* protocol and ports of WKS */
	FIELD_IPSECKEY, /* gateway type, algorithm, gateway */
	FIELD_AMTRELAY,
	FIELD_HIP,
	FIELD_PARAMS, /* of SVCB */
	FIELD_KINDS
};

enum rr_flags {
	RR_META = 1,       /* never in a zone, no presentation format */
	RR_COMPRESS = 2,   /* names may be written compressed (RFC 3597 4) */
	RR_DECOMPRESS = 4, /* and may be met so */
	RR_FOLD = 8,       /* names are folded in canonical form (RFC 4034 6.2) */
	RR_ADDITIONAL = 16,
	RR_OPAQUE = 32 /* \# is its only presentation format */
};

enum { RR_FIELDS_MAX = 9, RR_NAME_LEN = 12, RDATA_MAX_LEN = 65535 };

/* One type. `check` checks RDATA whose fields are each valid. */
struct rr_row {
	char name[RR_NAME_LEN]; /* upper case; empty: no such type */
	uint8_t flags;
	uint8_t fields[RR_FIELDS_MAX + 1];
	const char *(*check)(const uint8_t *rdata, size_t rdlen);
};

/* The row of a type, or NULL. */
const struct rr_row *rr_row(uint16_t type);

/* The type of a name in upper case, padded with zeros. Returns 0 or ERR_NOT_FOUND. */
int rr_row_find(const char name[RR_NAME_LEN], uint16_t *out);

/* The name in row `row` of RR_ROWS; NULL where there is no type. */
enum { RR_ROWS = 267 };
const char *rr_row_name(size_t row);

/* State of reading RDATA from text. */
struct rr_text {
	struct lexer *lex;
	const struct name *origin; /* or NULL */
	struct writer out;
	struct token token; /* the last one read */
	bool held;          /* it will be read again */
};

struct rr_field {
	const char *what; /* for "WHAT is missing" */
	/* Returns 0, or ERR_MALFORMED with the fault stored in the lexer. */
	int (*parse)(struct rr_text *t);
	/* Skips one field of RDATA. Returns 0, ERR_SHORT or ERR_MALFORMED. */
	int (*check)(struct reader *r);
	/* Only for octets that passed the check. */
	void (*format)(struct reader *r, struct buffer *out);
};

/* By kind; FIELD_NONE has none. */
extern const struct rr_field *const rr_fields[FIELD_KINDS];

/* rr_name.c */
extern const struct rr_field name_field, may_name_field;
/* rr_number.c */
extern const struct rr_field u8_field, u16_field, u32_field, u64_field, period_field,
	time_field;
/* rr_word.c */
extern const struct rr_field type_field, algorithm_field, cert_type_field, scheme_field;
/* rr_address.c */
extern const struct rr_field ipv4_field, ipv6_field, prefixes_field, a6_field;
/* rr_group.c */
extern const struct rr_field eui48_field, eui64_field, ilnp64_field, nsap_field,
	atma_field;
/* rr_string.c */
extern const struct rr_field string_field, strings_field, may_string_field,
	digits_field, tag_field, text_field;
/* rr_binary.c */
extern const struct rr_field hex_field, base64_field, may_base64_field, doa_data_field,
	salt_field, hash32_field;
/* rr_types.c */
extern const struct rr_field types_field, nxt_types_field;
/* rr_location.c, rr_service.c, rr_gateway.c, rr_hip.c, rr_svcb.c */
extern const struct rr_field loc_field, services_field, ipseckey_field, amtrelay_field,
	hip_field, params_field;

/* Reads the next token; true unless the entry ends, which then is held. */
bool rr_next(struct rr_text *t);

/* Reads an unquoted word, as most fields need; `what` is for the message if there is
 * none. */
int rr_need_word(struct rr_text *t, const char *what);

/* The same, but the word may be quoted. */
int rr_need_text(struct rr_text *t, const char *what);

/* The fault "'TOKEN' is not WHAT". */
int rr_not(struct rr_text *t, const char *what);

/* A decimal number of at most `max`; false for anything else. */
bool rr_number(const char *at, size_t len, uint64_t max, uint64_t *out);

/* Seconds, plain or with units (1w2d3h4m5s), of at most `max`. */
bool rr_period(const char *at, size_t len, uint64_t max, uint64_t *out);

/* Reads the next octet of a token's text, unescaped. Returns a pointer after it, or
 * NULL. */
const char *rr_octet(const char *at, const char *end, uint8_t *out);

/* Parses four numbers of 0 to 255 with dots; RFC 4291 text. */
bool rr_ipv4(const char *at, size_t len, uint8_t out[4]);
bool rr_ipv6(const char *at, size_t len, uint8_t out[16]);

void rr_ipv4_format(const uint8_t *octets, struct buffer *out);
void rr_ipv6_format(const uint8_t *octets, struct buffer *out);

/* The value of a hexadecimal digit, or -1. */
int rr_hex_digit(char c);
void rr_hex_format(const uint8_t *octets, size_t len, struct buffer *out);

/* Decodes base64; state carries over to the next token. */
struct rr_base64 {
	uint32_t bits;
	unsigned count;     /* of digits in `bits`, 0 to 3 */
	unsigned pad_count; /* of `=` met */
};
bool rr_base64(struct rr_base64 *b, const char *at, size_t len, struct writer *out);
bool rr_base64_end(const struct rr_base64 *b);
void rr_base64_format(const uint8_t *octets, size_t len, struct buffer *out);

/* Octets with escapes, in double quotes. */
void rr_quoted_format(const uint8_t *octets, size_t len, struct buffer *out);

/* Appends a name to the RDATA, from the last token read. */
int rr_put_name(struct rr_text *t);

/* Reads RDATA in its own presentation format up to the end of the entry. */
int rr_text_read(struct rr_text *t, uint16_t type);

/* Skips all fields. Returns 0, ERR_SHORT or ERR_MALFORMED. */
int rr_row_check(const struct rr_row *row, const uint8_t *rdata, size_t rdlen);
