#include <string.h>

#include "dns/rr_field.h"

enum { IPV4_LEN = 4, IPV6_LEN = 16, AFI_IPV4 = 1, AFI_IPV6 = 2, APL_NEGATED = 0x80 };

bool rr_ipv4(const char *at, size_t len, uint8_t out[IPV4_LEN])
{
	const char *end = at + len;

	for (unsigned i = 0; i < IPV4_LEN; i++) {
		unsigned value = 0;
		const char *from;

		if (i && (at == end || *at++ != '.'))
			return false;
		from = at;
		while (at < end && *at >= '0' && *at <= '9' && at - from < 3)
			value = value * 10 + (unsigned)(*at++ - '0');
		/* A leading zero might be meant as octal. */
		if (at == from || value > 255 || (*from == '0' && at - from > 1))
			return false;
		out[i] = (uint8_t)value;
	}
	return at == end;
}

/* One to four hexadecimal digits; where they end, or NULL. */
static const char *hex_group(const char *at, const char *end, uint16_t *out)
{
	const char *from = at;
	unsigned value = 0;

	for (; at < end && at - from < 4; at++) {
		int digit = rr_hex_digit(*at);

		if (digit < 0)
			break;
		value = value << 4 | (unsigned)digit;
	}
	*out = (uint16_t)value;
	return at > from ? at : NULL;
}

/* The groups on one side of "::", the last of which may be an IPv4 address. Returns how
 * many octets they fill, or -1. */
static int hex_groups(const char *at, const char *end, uint8_t out[IPV6_LEN])
{
	int len = 0;

	while (at < end) {
		uint16_t value;
		const char *after = hex_group(at, end, &value);

		if (after && after < end && *after == '.') {
			if (len > IPV6_LEN - IPV4_LEN ||
			    !rr_ipv4(at, (size_t)(end - at), out + len))
				return -1;
			return len + IPV4_LEN;
		}
		if (!after || len == IPV6_LEN)
			return -1;
		out[len++] = (uint8_t)(value >> 8);
		out[len++] = (uint8_t)value;
		at = after;
		if (at < end && (*at++ != ':' || at == end))
			return -1;
	}
	return len;
}

/* Where "::" stands, or NULL. */
static const char *find_gap(const char *at, const char *end)
{
	for (; end - at > 1; at++) {
		if (at[0] == ':' && at[1] == ':')
			return at;
	}
	return NULL;
}

bool rr_ipv6(const char *at, size_t len, uint8_t out[IPV6_LEN])
{
	const char *end = at + len;
	const char *gap = find_gap(at, end);
	uint8_t tail[IPV6_LEN];
	uint8_t head[IPV6_LEN];
	int head_len = hex_groups(at, gap ? gap : end, head);
	int tail_len = gap ? hex_groups(gap + 2, end, tail) : 0;

	if (head_len < 0 || tail_len < 0)
		return false;
	/* An IPv4 part may only end the whole. */
	if (gap && memchr(at, '.', (size_t)(gap - at)))
		return false;
	if (gap ? head_len + tail_len > IPV6_LEN - 2 : head_len != IPV6_LEN)
		return false;
	memset(out, 0, IPV6_LEN);
	memcpy(out, head, (size_t)head_len);
	memcpy(out + IPV6_LEN - tail_len, tail, (size_t)tail_len);
	return true;
}

void rr_ipv4_format(const uint8_t *octets, struct buffer *out)
{
	buffer_printf(out, "%u.%u.%u.%u", octets[0], octets[1], octets[2], octets[3]);
}

/* How many zero groups follow each other from the one at `group` on. */
static unsigned zero_run(const uint8_t *octets, unsigned group)
{
	unsigned len = 0;

	for (size_t at = (size_t)group * 2; at < IPV6_LEN; at += 2, len++) {
		if (octets[at] || octets[at + 1])
			break;
	}
	return len;
}

/* RFC 5952: the first longest run of at least two zero groups becomes "::". */
void rr_ipv6_format(const uint8_t *octets, struct buffer *out)
{
	enum { GROUPS = 8 };
	unsigned best = GROUPS;
	unsigned best_len = 1;

	for (unsigned i = 0; i < GROUPS; i++) {
		unsigned len = zero_run(octets, i);

		if (len > best_len) {
			best = i;
			best_len = len;
		}
	}
	for (unsigned i = 0; i < GROUPS; i++) {
		const uint8_t *at = octets + (size_t)i * 2;

		if (i == best) {
			buffer_put_text(out, "::");
			i += best_len - 1;
			continue;
		}
		if (i && i != best + best_len)
			buffer_put_u8(out, ':');
		buffer_printf(out, "%x", at[0] << 8 | at[1]);
	}
}

static int parse_ipv4(struct rr_text *t)
{
	uint8_t octets[IPV4_LEN];
	int err = rr_need_word(t, ipv4_field.what);

	if (err)
		return err;
	if (!rr_ipv4(t->token.at, t->token.len, octets))
		return rr_not(t, ipv4_field.what);
	writer_octets(&t->out, octets, sizeof(octets));
	return OK;
}

static int parse_ipv6(struct rr_text *t)
{
	uint8_t octets[IPV6_LEN];
	int err = rr_need_word(t, ipv6_field.what);

	if (err)
		return err;
	if (!rr_ipv6(t->token.at, t->token.len, octets))
		return rr_not(t, ipv6_field.what);
	writer_octets(&t->out, octets, sizeof(octets));
	return OK;
}

static int check_ipv4(struct reader *r)
{
	reader_take(r, IPV4_LEN);
	return r->err;
}

static int check_ipv6(struct reader *r)
{
	reader_take(r, IPV6_LEN);
	return r->err;
}

static void format_ipv4(struct reader *r, struct buffer *out)
{
	const uint8_t *octets = r->at;

	reader_take(r, IPV4_LEN);
	rr_ipv4_format(octets, out);
}

static void format_ipv6(struct reader *r, struct buffer *out)
{
	const uint8_t *octets = r->at;

	reader_take(r, IPV6_LEN);
	rr_ipv6_format(octets, out);
}

/* One [!]afi:address/prefix (RFC 3123 5). */
static bool put_prefix(struct rr_text *t)
{
	const char *at = t->token.at;
	const char *end = at + t->token.len;
	bool negated = at < end && *at == '!';
	const char *colon;
	const char *slash;
	uint8_t octets[IPV6_LEN] = { 0 };
	size_t len;
	uint64_t afi;
	uint64_t bits;

	at += negated;
	colon = memchr(at, ':', (size_t)(end - at));
	slash = memchr(at, '/', (size_t)(end - at));
	if (!colon || !slash || slash < colon ||
	    !rr_number(at, (size_t)(colon - at), AFI_IPV6, &afi) ||
	    !rr_number(slash + 1, (size_t)(end - slash - 1), afi == AFI_IPV4 ? 32 : 128,
		       &bits))
		return false;
	len = (size_t)(slash - colon - 1);
	if (afi == AFI_IPV4 ? !rr_ipv4(colon + 1, len, octets)
			    : afi != AFI_IPV6 || !rr_ipv6(colon + 1, len, octets))
		return false;
	len = IPV6_LEN;
	while (len && octets[len - 1] == 0)
		len--;
	writer_u16(&t->out, (uint16_t)afi);
	writer_u8(&t->out, (uint8_t)bits);
	writer_u8(&t->out, (uint8_t)(len | (negated ? APL_NEGATED : 0)));
	writer_octets(&t->out, octets, len);
	return true;
}

static int parse_prefixes(struct rr_text *t)
{
	while (rr_next(t)) {
		if (t->token.kind != TOKEN_WORD || !put_prefix(t))
			return rr_not(t, prefixes_field.what);
	}
	return OK;
}

static int check_prefixes(struct reader *r)
{
	while (reader_left(r)) {
		unsigned afi = reader_u16(r);
		unsigned bits = reader_u8(r);
		size_t len = reader_u8(r) & ~(unsigned)APL_NEGATED;
		const uint8_t *octets = reader_take(r, len);

		if (!octets)
			return r->err;
		if ((afi != AFI_IPV4 && afi != AFI_IPV6) ||
		    bits > (afi == AFI_IPV4 ? 32 : 128) ||
		    len > (afi == AFI_IPV4 ? IPV4_LEN : IPV6_LEN) ||
		    (len && !octets[len - 1]))
			return ERR_MALFORMED;
	}
	return r->err;
}

static void format_prefixes(struct reader *r, struct buffer *out)
{
	const char *separator = "";

	while (reader_left(r)) {
		uint8_t octets[IPV6_LEN] = { 0 };
		unsigned afi = reader_u16(r);
		unsigned bits = reader_u8(r);
		unsigned len = reader_u8(r);
		const char *sign = len & APL_NEGATED ? "!" : "";

		len &= ~(unsigned)APL_NEGATED;
		memcpy(octets, reader_take(r, len), len);
		buffer_printf(out, "%s%s%u:", separator, sign, afi);
		if (afi == AFI_IPV4)
			rr_ipv4_format(octets, out);
		else
			rr_ipv6_format(octets, out);
		buffer_printf(out, "/%u", bits);
		separator = " ";
	}
}

/* RFC 2874 3.1: a prefix length, and the address bits after that prefix. */
static int parse_a6(struct rr_text *t)
{
	uint64_t bits;
	int err = rr_need_word(t, "a prefix length");

	if (err)
		return err;
	if (!rr_number(t->token.at, t->token.len, 128, &bits))
		return rr_not(t, "a number up to 128");
	writer_u8(&t->out, (uint8_t)bits);
	if (bits < 128) {
		uint8_t octets[IPV6_LEN];

		err = rr_need_word(t, ipv6_field.what);
		if (err)
			return err;
		if (!rr_ipv6(t->token.at, t->token.len, octets))
			return rr_not(t, ipv6_field.what);
		octets[bits / 8] &= (uint8_t)(0xff >> bits % 8);
		writer_octets(&t->out, octets + bits / 8, IPV6_LEN - bits / 8);
	}
	err = bits ? rr_need_word(t, "a prefix name") : OK;
	t->held = t->held || bits; /* the name is the next field's */
	return err;
}

static int check_a6(struct reader *r)
{
	unsigned bits = reader_u8(r);
	const uint8_t *octets = reader_take(r, bits > 128 ? 0 : IPV6_LEN - bits / 8);

	if (bits > 128)
		return ERR_MALFORMED;
	if (!octets)
		return r->err;
	if (bits % 8 && octets[0] & ~(0xff >> bits % 8))
		return ERR_MALFORMED;
	return OK;
}

static void format_a6(struct reader *r, struct buffer *out)
{
	uint8_t octets[IPV6_LEN] = { 0 };
	unsigned bits = reader_u8(r);
	size_t len = IPV6_LEN - bits / 8;

	memcpy(octets + IPV6_LEN - len, reader_take(r, len), len);
	buffer_printf(out, "%u", bits);
	if (bits < 128) {
		buffer_put_u8(out, ' ');
		rr_ipv6_format(octets, out);
	}
}

const struct rr_field ipv4_field = { "an IPv4 address", parse_ipv4, check_ipv4,
				     format_ipv4 };
const struct rr_field ipv6_field = { "an IPv6 address", parse_ipv6, check_ipv6,
				     format_ipv6 };
const struct rr_field prefixes_field = { "a prefix like 1:192.0.2.0/24", parse_prefixes,
					 check_prefixes, format_prefixes };
const struct rr_field a6_field = { "a prefix length", parse_a6, check_a6, format_a6 };
