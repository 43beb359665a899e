#include <string.h>

#include "dns/rr_field.h"

const struct rr_field *const rr_fields[FIELD_KINDS] = {
	[FIELD_NAME] = &name_field,
	[FIELD_MAY_NAME] = &may_name_field,
	[FIELD_U8] = &u8_field,
	[FIELD_U16] = &u16_field,
	[FIELD_U32] = &u32_field,
	[FIELD_U64] = &u64_field,
	[FIELD_PERIOD] = &period_field,
	[FIELD_TIME] = &time_field,
	[FIELD_TYPE] = &type_field,
	[FIELD_ALGORITHM] = &algorithm_field,
	[FIELD_CERT_TYPE] = &cert_type_field,
	[FIELD_SCHEME] = &scheme_field,
	[FIELD_IPV4] = &ipv4_field,
	[FIELD_IPV6] = &ipv6_field,
	[FIELD_STRING] = &string_field,
	[FIELD_STRINGS] = &strings_field,
	[FIELD_MAY_STRING] = &may_string_field,
	[FIELD_DIGITS] = &digits_field,
	[FIELD_TAG] = &tag_field,
	[FIELD_TEXT] = &text_field,
	[FIELD_HEX] = &hex_field,
	[FIELD_BASE64] = &base64_field,
	[FIELD_MAY_BASE64] = &may_base64_field,
	[FIELD_DOA_DATA] = &doa_data_field,
	[FIELD_SALT] = &salt_field,
	[FIELD_HASH32] = &hash32_field,
	[FIELD_TYPES] = &types_field,
	[FIELD_NXT_TYPES] = &nxt_types_field,
	[FIELD_EUI48] = &eui48_field,
	[FIELD_EUI64] = &eui64_field,
	[FIELD_ILNP64] = &ilnp64_field,
	[FIELD_NSAP] = &nsap_field,
	[FIELD_ATMA] = &atma_field,
	[FIELD_A6] = &a6_field,
	[FIELD_LOC] = &loc_field,
	[FIELD_PREFIXES] = &prefixes_field,
	[FIELD_SERVICES] = &services_field,
	[FIELD_IPSECKEY] = &ipseckey_field,
	[FIELD_AMTRELAY] = &amtrelay_field,
	[FIELD_HIP] = &hip_field,
	[FIELD_PARAMS] = &params_field,
};

/* The digest's length, where its type is known (RFC 4034 5.1.4, 4509, 5933, 6605). */
static const char *check_ds(const uint8_t *rdata, size_t rdlen)
{
	enum { HEAD_LEN = 4 };
	static const uint8_t lens[] = { [1] = 20, [2] = 32, [3] = 32, [4] = 48 };
	size_t type = rdata[3];

	if (type < sizeof(lens) && lens[type] && rdlen - HEAD_LEN != lens[type])
		return "the length of the digest does not match its type";
	return NULL;
}

/* RFC 4255 3.1.2, 6594, 6234 */
static const char *check_sshfp(const uint8_t *rdata, size_t rdlen)
{
	enum { HEAD_LEN = 2 };
	static const uint8_t lens[] = { [1] = 20, [2] = 32 };
	size_t type = rdata[1];

	if (type < sizeof(lens) && lens[type] && rdlen - HEAD_LEN != lens[type])
		return "the length of the fingerprint does not match its type";
	return NULL;
}

/* RFC 8976 2.2: at least 12 octets; 48 and 64 for SHA-384 and SHA-512, as far as the
 * scheme is one that we know. */
static const char *check_zonemd(const uint8_t *rdata, size_t rdlen)
{
	enum { HEAD_LEN = 6, DIGEST_MIN_LEN = 12, SCHEME_SIMPLE = 1 };
	static const uint8_t lens[] = { [1] = 48, [2] = 64 };
	size_t algorithm = rdata[5];
	size_t len = rdlen - HEAD_LEN;

	if (len < DIGEST_MIN_LEN ||
	    (rdata[4] == SCHEME_SIMPLE && algorithm < sizeof(lens) && lens[algorithm] &&
	     len != lens[algorithm]))
		return "the length of the digest does not match its algorithm";
	return NULL;
}

/* RFC 2535 3.1.2: only with both high bits of the flags there is no key. */
static const char *check_key(const uint8_t *rdata, size_t rdlen)
{
	enum { HEAD_LEN = 4, NO_KEY = 0xc0 };

	if (rdlen == HEAD_LEN && (rdata[0] & NO_KEY) != NO_KEY)
		return "the key is missing";
	return NULL;
}

/* RFC 5155 11: SHA-1 is the only algorithm. */
static const char *check_nsec3(const uint8_t *rdata, size_t rdlen)
{
	enum { SALT_AT = 4, SHA1 = 1, SHA1_LEN = 20 };

	(void)rdlen;
	if (rdata[0] == SHA1 && rdata[SALT_AT + 1 + rdata[SALT_AT]] != SHA1_LEN)
		return "the next hashed name does not have the 20 octets of SHA-1";
	return NULL;
}

/* RFC 7553 4.4 */
static const char *check_uri(const uint8_t *rdata, size_t rdlen)
{
	enum { HEAD_LEN = 4 };

	(void)rdata;
	return rdlen > HEAD_LEN ? NULL : "the target is empty";
}

/* RFC 4025 2.4, 2.6: algorithm 0 means that there is no key. */
static const char *check_ipseckey(const uint8_t *rdata, size_t rdlen)
{
	struct reader r = reader_of(rdata, rdlen);

	reader_take(&r, 1);
	if (ipseckey_field.check(&r) == OK && !rdata[2] && reader_left(&r))
		return "algorithm 0 has no key";
	return NULL;
}

/* RFC 2874 3.1: a name completes the prefix, where there is one. */
static const char *check_a6(const uint8_t *rdata, size_t rdlen)
{
	size_t suffix_len = 16 - rdata[0] / 8U;
	bool has_name = rdlen > 1 + suffix_len;

	return has_name == (rdata[0] != 0) ? NULL
					   : "a prefix length of 0 "
					     "must have no name";
}

/* Rows stand where their type puts them: 0 to 255, 256 to 264, 32768 and 32769. */
enum { LOW_TYPES = 265, HIGH_TYPE = 32768 };
#define HIGH(type) (LOW_TYPES + (type)-HIGH_TYPE)

/* What RFC 1035 defines: compressed in both directions, folded. */
#define CLASSIC (RR_COMPRESS | RR_DECOMPRESS | RR_FOLD)
/* What RFC 3597 4 lists beyond: never compressed by us, but met so. */
#define LATER   (RR_DECOMPRESS | RR_FOLD)

#define F(x) FIELD_##x

/* IANA, Resource Record (RR) TYPEs. */
/* clang-format off */
static const struct rr_row rows[RR_ROWS] = {
	[1]   = { "A",          0, { F(IPV4) }, NULL },
	[2]   = { "NS",         CLASSIC | RR_ADDITIONAL, { F(NAME) }, NULL },
	[3]   = { "MD",         CLASSIC | RR_ADDITIONAL, { F(NAME) }, NULL },
	[4]   = { "MF",         CLASSIC | RR_ADDITIONAL, { F(NAME) }, NULL },
	[5]   = { "CNAME",      CLASSIC, { F(NAME) }, NULL },
	[6]   = { "SOA",        CLASSIC, { F(NAME), F(NAME), F(U32), F(PERIOD), F(PERIOD), F(PERIOD), F(PERIOD) }, NULL },
	[7]   = { "MB",         CLASSIC | RR_ADDITIONAL, { F(NAME) }, NULL },
	[8]   = { "MG",         CLASSIC, { F(NAME) }, NULL },
	[9]   = { "MR",         CLASSIC, { F(NAME) }, NULL },
	[10]  = { "NULL",       RR_OPAQUE, { 0 }, NULL },
	[11]  = { "WKS",        0, { F(IPV4), F(SERVICES) }, NULL },
	[12]  = { "PTR",        CLASSIC, { F(NAME) }, NULL },
	[13]  = { "HINFO",      0, { F(STRING), F(STRING) }, NULL },
	[14]  = { "MINFO",      CLASSIC, { F(NAME), F(NAME) }, NULL },
	[15]  = { "MX",         CLASSIC | RR_ADDITIONAL, { F(U16), F(NAME) }, NULL },
	[16]  = { "TXT",        0, { F(STRINGS) }, NULL },
	[17]  = { "RP",         LATER, { F(NAME), F(NAME) }, NULL },
	[18]  = { "AFSDB",      LATER | RR_ADDITIONAL, { F(U16), F(NAME) }, NULL },
	[19]  = { "X25",        0, { F(DIGITS) }, NULL },
	[20]  = { "ISDN",       0, { F(STRING), F(MAY_STRING) }, NULL },
	[21]  = { "RT",         LATER | RR_ADDITIONAL, { F(U16), F(NAME) }, NULL },
	[22]  = { "NSAP",       0, { F(NSAP) }, NULL },
	[23]  = { "NSAP-PTR",   0, { F(NAME) }, NULL },
	[24]  = { "SIG",        LATER, { F(TYPE), F(ALGORITHM), F(U8), F(U32), F(TIME), F(TIME), F(U16), F(NAME), F(BASE64) }, NULL },
	[25]  = { "KEY",        0, { F(U16), F(U8), F(ALGORITHM), F(MAY_BASE64) }, check_key },
	[26]  = { "PX",         LATER, { F(U16), F(NAME), F(NAME) }, NULL },
	[27]  = { "GPOS",       0, { F(STRING), F(STRING), F(STRING) }, NULL },
	[28]  = { "AAAA",       0, { F(IPV6) }, NULL },
	[29]  = { "LOC",        0, { F(LOC) }, NULL },
	[30]  = { "NXT",        LATER, { F(NAME), F(NXT_TYPES) }, NULL },
	[31]  = { "EID",        0, { F(HEX) }, NULL },
	[32]  = { "NIMLOC",     0, { F(HEX) }, NULL },
	[33]  = { "SRV",        LATER | RR_ADDITIONAL, { F(U16), F(U16), F(U16), F(NAME) }, NULL },
	[34]  = { "ATMA",       0, { F(ATMA) }, NULL },
	[35]  = { "NAPTR",      LATER | RR_ADDITIONAL, { F(U16), F(U16), F(STRING), F(STRING), F(STRING), F(NAME) }, NULL },
	[36]  = { "KX",         RR_FOLD | RR_ADDITIONAL, { F(U16), F(NAME) }, NULL },
	[37]  = { "CERT",       0, { F(CERT_TYPE), F(U16), F(ALGORITHM), F(BASE64) }, NULL },
	[38]  = { "A6",         RR_FOLD, { F(A6), F(MAY_NAME) }, check_a6 },
	[39]  = { "DNAME",      RR_FOLD, { F(NAME) }, NULL },
	[40]  = { "SINK",       0, { F(U8), F(U8), F(U8), F(MAY_BASE64) }, NULL },
	[41]  = { "OPT",        RR_META, { 0 }, NULL },
	[42]  = { "APL",        0, { F(PREFIXES) }, NULL },
	[43]  = { "DS",         0, { F(U16), F(ALGORITHM), F(U8), F(HEX) }, check_ds },
	[44]  = { "SSHFP",      0, { F(U8), F(U8), F(HEX) }, check_sshfp },
	[45]  = { "IPSECKEY",   0, { F(U8), F(IPSECKEY), F(MAY_BASE64) }, check_ipseckey },
	[46]  = { "RRSIG",      RR_FOLD, { F(TYPE), F(ALGORITHM), F(U8), F(U32), F(TIME), F(TIME), F(U16), F(NAME), F(BASE64) }, NULL },
	[47]  = { "NSEC",       0, { F(NAME), F(TYPES) }, NULL },
	[48]  = { "DNSKEY",     0, { F(U16), F(U8), F(ALGORITHM), F(BASE64) }, NULL },
	[49]  = { "DHCID",      0, { F(BASE64) }, NULL },
	[50]  = { "NSEC3",      0, { F(U8), F(U8), F(U16), F(SALT), F(HASH32), F(TYPES) }, check_nsec3 },
	[51]  = { "NSEC3PARAM", 0, { F(U8), F(U8), F(U16), F(SALT) }, NULL },
	[52]  = { "TLSA",       0, { F(U8), F(U8), F(U8), F(HEX) }, NULL },
	[53]  = { "SMIMEA",     0, { F(U8), F(U8), F(U8), F(HEX) }, NULL },
	[55]  = { "HIP",        0, { F(HIP) }, NULL },
	[56]  = { "NINFO",      0, { F(STRINGS) }, NULL },
	[57]  = { "RKEY",       0, { F(U16), F(U8), F(ALGORITHM), F(BASE64) }, NULL },
	[58]  = { "TALINK",     0, { F(NAME), F(NAME) }, NULL },
	[59]  = { "CDS",        0, { F(U16), F(ALGORITHM), F(U8), F(HEX) }, check_ds },
	[60]  = { "CDNSKEY",    0, { F(U16), F(U8), F(ALGORITHM), F(BASE64) }, NULL },
	[61]  = { "OPENPGPKEY", 0, { F(BASE64) }, NULL },
	[62]  = { "CSYNC",      0, { F(U32), F(U16), F(TYPES) }, NULL },
	[63]  = { "ZONEMD",     0, { F(U32), F(U8), F(U8), F(HEX) }, check_zonemd },
	[64]  = { "SVCB",       RR_ADDITIONAL, { F(U16), F(NAME), F(PARAMS) }, NULL },
	[65]  = { "HTTPS",      RR_ADDITIONAL, { F(U16), F(NAME), F(PARAMS) }, NULL },
	[66]  = { "DSYNC",      0, { F(TYPE), F(SCHEME), F(U16), F(NAME) }, NULL },
	[67]  = { "HHIT",       0, { F(BASE64) }, NULL },
	[68]  = { "BRID",       0, { F(BASE64) }, NULL },
	[99]  = { "SPF",        0, { F(STRINGS) }, NULL },
	[100] = { "UINFO",      RR_OPAQUE, { 0 }, NULL },
	[101] = { "UID",        RR_OPAQUE, { 0 }, NULL },
	[102] = { "GID",        RR_OPAQUE, { 0 }, NULL },
	[103] = { "UNSPEC",     RR_OPAQUE, { 0 }, NULL },
	[104] = { "NID",        0, { F(U16), F(ILNP64) }, NULL },
	[105] = { "L32",        0, { F(U16), F(IPV4) }, NULL },
	[106] = { "L64",        0, { F(U16), F(ILNP64) }, NULL },
	[107] = { "LP",         0, { F(U16), F(NAME) }, NULL },
	[108] = { "EUI48",      0, { F(EUI48) }, NULL },
	[109] = { "EUI64",      0, { F(EUI64) }, NULL },
	[128] = { "NXNAME",     RR_META, { 0 }, NULL },
	[249] = { "TKEY",       RR_META, { 0 }, NULL },
	[250] = { "TSIG",       RR_META, { 0 }, NULL },
	[251] = { "IXFR",       RR_META, { 0 }, NULL },
	[252] = { "AXFR",       RR_META, { 0 }, NULL },
	[253] = { "MAILB",      RR_META, { 0 }, NULL },
	[254] = { "MAILA",      RR_META, { 0 }, NULL },
	[255] = { "ANY",        RR_META, { 0 }, NULL },
	[256] = { "URI",        0, { F(U16), F(U16), F(TEXT) }, check_uri },
	[257] = { "CAA",        0, { F(U8), F(TAG), F(TEXT) }, NULL },
	[258] = { "AVC",        0, { F(STRINGS) }, NULL },
	[259] = { "DOA",        0, { F(U32), F(U32), F(U8), F(STRING), F(DOA_DATA) }, NULL },
	[260] = { "AMTRELAY",   0, { F(U8), F(AMTRELAY) }, NULL },
	[261] = { "RESINFO",    0, { F(STRINGS) }, NULL },
	[262] = { "WALLET",     0, { F(STRINGS) }, NULL },
	[263] = { "CLA",        0, { F(STRINGS) }, NULL },
	[264] = { "IPN",        0, { F(U64) }, NULL },
	[HIGH(32768)] = { "TA",  0, { F(U16), F(ALGORITHM), F(U8), F(HEX) }, check_ds },
	[HIGH(32769)] = { "DLV", 0, { F(U16), F(ALGORITHM), F(U8), F(HEX) }, check_ds },
};
/* clang-format on */

const struct rr_row *rr_row(uint16_t type)
{
	size_t at = type;

	if (type >= HIGH_TYPE)
		at = (size_t)HIGH(type);
	else if (type >= LOW_TYPES)
		return NULL;
	return at < sizeof(rows) / sizeof(*rows) && rows[at].name[0] ? &rows[at] : NULL;
}

int rr_row_find(const char name[RR_NAME_LEN], uint16_t *out)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (memcmp(rows[i].name, name, RR_NAME_LEN) != 0)
			continue;
		*out = (uint16_t)(i < LOW_TYPES ? i : i - LOW_TYPES + HIGH_TYPE);
		return OK;
	}
	return ERR_NOT_FOUND;
}

const char *rr_row_name(size_t row)
{
	return row < sizeof(rows) / sizeof(*rows) && rows[row].name[0] ? rows[row].name
								       : NULL;
}

const char *rr_type_name_at(const void *unused, size_t n)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].name[0] && n-- == 0)
			return rows[i].name;
	}
	return NULL;
}
