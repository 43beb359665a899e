#include "dns/rr_svcb.h"

#include <string.h>

/* The next item of a comma-separated list without escapes. */
static bool next_item(struct svcb_value *v, struct svcb_value *item)
{
	const char *comma;

	if (v->at > v->end)
		return false;
	comma = memchr(v->at, ',', (size_t)(v->end - v->at));
	item->at = v->at;
	item->end = comma ? comma : v->end;
	v->at = item->end + 1;
	return true;
}

static bool parse_mandatory(struct svcb_value v, struct writer *out)
{
	uint8_t *from = out->at;
	struct svcb_value item;

	while (next_item(&v, &item)) {
		uint16_t key;
		uint8_t *at;

		if (!svcb_key_parse(item.at, (size_t)(item.end - item.at), &key) ||
		    key == KEY_MANDATORY)
			return false;
		/* In order on the wire (8), whatever the text's. */
		writer_u16(out, key);
		if (out->err)
			return true;
		at = out->at - 2;
		while (at > from && (at[-2] << 8 | at[-1]) > key) {
			memcpy(at, at - 2, 2);
			at -= 2;
		}
		at[0] = (uint8_t)(key >> 8);
		at[1] = (uint8_t)key;
	}
	return true;
}

static bool check_mandatory(struct reader *r)
{
	int last = KEY_MANDATORY;

	while (reader_left(r)) {
		int key = reader_u16(r);

		if (r->err || key <= last)
			return false;
		last = key;
	}
	return last != KEY_MANDATORY;
}

static void format_mandatory(struct reader *r, struct buffer *out)
{
	const char *separator = "";

	while (reader_left(r)) {
		buffer_put_text(out, separator);
		svcb_key_format(reader_u16(r), out);
		separator = ",";
	}
}

/* Appendix A.1: escapes of the text first, then those of the list: \, and \\. */
static bool parse_alpn(struct svcb_value v, struct writer *out)
{
	uint8_t *len_at = writer_take(out, 1);
	bool escaped = false;

	while (v.at < v.end && len_at) {
		uint8_t octet;

		v.at = rr_octet(v.at, v.end, &octet);
		if (!v.at)
			return false;
		if (octet == '\\' && !escaped) {
			escaped = true;
			continue;
		}
		if (octet == ',' && !escaped) {
			size_t len = (size_t)(out->at - len_at - 1);

			if (len == 0 || len > UINT8_MAX)
				return false;
			*len_at = (uint8_t)len;
			len_at = writer_take(out, 1);
			continue;
		}
		if (escaped && octet != ',' && octet != '\\')
			return false;
		escaped = false;
		writer_u8(out, octet);
	}
	if (!len_at || out->err)
		return true;
	*len_at = (uint8_t)(out->at - len_at - 1);
	return *len_at && out->at - len_at - 1 <= UINT8_MAX && !escaped;
}

static bool check_alpn(struct reader *r)
{
	bool any = false;

	while (reader_left(r)) {
		size_t len = reader_u8(r);

		if (!reader_take(r, len) || len == 0)
			return false;
		any = true;
	}
	return any;
}

static void put_escaped(uint8_t c, struct buffer *out)
{
	if (c <= ' ' || c >= 0x7f)
		buffer_printf(out, "\\%03u", c);
	else if (strchr("\"\\;()", c))
		buffer_printf(out, "\\%c", c);
	else
		buffer_put_u8(out, c);
}

static void format_alpn(struct reader *r, struct buffer *out)
{
	const char *separator = "";

	while (reader_left(r)) {
		size_t len = reader_u8(r);

		buffer_put_text(out, separator);
		while (len--) {
			uint8_t c = reader_u8(r);

			if (c == ',')
				buffer_put_text(out, "\\\\,");
			else if (c == '\\')
				buffer_put_text(out, "\\\\\\\\");
			else
				put_escaped(c, out);
		}
		separator = ",";
	}
}

static bool check_empty(struct reader *r)
{
	return !reader_left(r);
}

static bool parse_port(struct svcb_value v, struct writer *out)
{
	uint64_t port;

	if (!rr_number(v.at, (size_t)(v.end - v.at), UINT16_MAX, &port))
		return false;
	writer_u16(out, (uint16_t)port);
	return true;
}

static bool check_port(struct reader *r)
{
	reader_u16(r);
	return !r->err && !reader_left(r);
}

static void format_port(struct reader *r, struct buffer *out)
{
	buffer_printf(out, "%u", reader_u16(r));
}

static bool parse_ipv4hint(struct svcb_value v, struct writer *out)
{
	struct svcb_value item;

	while (next_item(&v, &item)) {
		uint8_t octets[4];

		if (!rr_ipv4(item.at, (size_t)(item.end - item.at), octets))
			return false;
		writer_octets(out, octets, sizeof(octets));
	}
	return true;
}

static bool parse_ipv6hint(struct svcb_value v, struct writer *out)
{
	struct svcb_value item;

	while (next_item(&v, &item)) {
		uint8_t octets[16];

		if (!rr_ipv6(item.at, (size_t)(item.end - item.at), octets))
			return false;
		writer_octets(out, octets, sizeof(octets));
	}
	return true;
}

static bool check_multiple(struct reader *r, size_t of)
{
	size_t len = reader_left(r);

	reader_take(r, len);
	return len && len % of == 0;
}

static bool check_ipv4hint(struct reader *r)
{
	return check_multiple(r, 4);
}

static bool check_ipv6hint(struct reader *r)
{
	return check_multiple(r, 16);
}

static void format_ipv4hint(struct reader *r, struct buffer *out)
{
	ipv4_field.format(r, out);
	while (reader_left(r)) {
		buffer_put_u8(out, ',');
		ipv4_field.format(r, out);
	}
}

static void format_ipv6hint(struct reader *r, struct buffer *out)
{
	ipv6_field.format(r, out);
	while (reader_left(r)) {
		buffer_put_u8(out, ',');
		ipv6_field.format(r, out);
	}
}

static bool parse_ech(struct svcb_value v, struct writer *out)
{
	struct rr_base64 b = { 0 };

	return v.at < v.end && rr_base64(&b, v.at, (size_t)(v.end - v.at), out) &&
	       rr_base64_end(&b);
}

static bool check_some(struct reader *r)
{
	size_t len = reader_left(r);

	reader_take(r, len);
	return len != 0;
}

static void format_ech(struct reader *r, struct buffer *out)
{
	size_t len = reader_left(r);

	rr_base64_format(reader_take(r, len), len, out);
}

bool svcb_text_parse(struct svcb_value v, struct writer *out)
{
	while (v.at < v.end) {
		uint8_t octet;

		v.at = rr_octet(v.at, v.end, &octet);
		if (!v.at)
			return false;
		writer_u8(out, octet);
	}
	return true;
}

static bool parse_dohpath(struct svcb_value v, struct writer *out)
{
	return v.at < v.end && svcb_text_parse(v, out);
}

void svcb_text_format(struct reader *r, struct buffer *out)
{
	while (reader_left(r))
		put_escaped(reader_u8(r), out);
}

/* TLS named groups, each once. */
static bool check_groups(struct reader *r)
{
	const uint8_t *from = r->at;

	while (reader_left(r)) {
		const uint8_t *at = reader_take(r, 2);

		if (!at)
			return false;
		for (const uint8_t *earlier = from; earlier < at; earlier += 2) {
			if (memcmp(earlier, at, 2) == 0)
				return false;
		}
	}
	return r->at > from;
}

static bool parse_groups(struct svcb_value v, struct writer *out)
{
	struct svcb_value item;

	while (next_item(&v, &item)) {
		uint64_t group;

		if (!rr_number(item.at, (size_t)(item.end - item.at), UINT16_MAX,
			       &group))
			return false;
		writer_u16(out, (uint16_t)group);
	}
	return true;
}

static void format_groups(struct reader *r, struct buffer *out)
{
	format_port(r, out);
	while (reader_left(r)) {
		buffer_put_u8(out, ',');
		format_port(r, out);
	}
}

/* clang-format off */
const struct svcb_key svcb_keys[KEYS] = {
	[KEY_MANDATORY]       = { "mandatory", "a list of keys, each once", parse_mandatory, check_mandatory, format_mandatory },
	[KEY_ALPN]            = { "alpn", "a list of protocols", parse_alpn, check_alpn, format_alpn },
	[KEY_NO_DEFAULT_ALPN] = { "no-default-alpn", NULL, NULL, check_empty, NULL },
	[KEY_PORT]            = { "port", "a port", parse_port, check_port, format_port },
	[KEY_IPV4HINT]        = { "ipv4hint", "a list of IPv4 addresses", parse_ipv4hint, check_ipv4hint, format_ipv4hint },
	[KEY_ECH]             = { "ech", "base64", parse_ech, check_some, format_ech },
	[KEY_IPV6HINT]        = { "ipv6hint", "a list of IPv6 addresses", parse_ipv6hint, check_ipv6hint, format_ipv6hint },
	[KEY_DOHPATH]         = { "dohpath", "a URI template", parse_dohpath, check_some, svcb_text_format },
	[KEY_OHTTP]           = { "ohttp", NULL, NULL, check_empty, NULL },
	[KEY_GROUPS]          = { "tls-supported-groups", "a list of numbers, each once", parse_groups, check_groups, format_groups },
};
/* clang-format on */

bool svcb_key_parse(const char *at, size_t len, uint16_t *out)
{
	uint64_t number;

	for (unsigned i = 0; i < KEYS; i++) {
		if (strlen(svcb_keys[i].name) == len &&
		    memcmp(svcb_keys[i].name, at, len) == 0) {
			*out = (uint16_t)i;
			return true;
		}
	}
	/* keyNNNNN, without zeros in front (2.1) */
	if (len < 4 || memcmp(at, "key", 3) != 0 || (len > 4 && at[3] == '0') ||
	    !rr_number(at + 3, len - 3, KEY_INVALID - 1, &number))
		return false;
	*out = (uint16_t)number;
	return true;
}

void svcb_key_format(unsigned key, struct buffer *out)
{
	if (key < KEYS)
		buffer_put_text(out, svcb_keys[key].name);
	else
		buffer_printf(out, "key%u", key);
}
