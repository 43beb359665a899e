#include <string.h>

#include "dns/rr_field.h"

enum { NSAP_MAX_LEN = 255, ATMA_AESA = 0, ATMA_E164 = 1, AESA_LEN = 20 };

/* `count` groups of hexadecimal digits, each of two octets with `sep` between. */
static int parse_pairs(struct rr_text *t, unsigned count, char sep, const char *what)
{
	const char *at;
	int err = rr_need_word(t, what);

	if (err)
		return err;
	at = t->token.at;
	if (t->token.len != 3 * count - 1)
		return rr_not(t, what);
	for (unsigned i = 0; i < count; i++, at += 3) {
		int high = rr_hex_digit(at[0]);
		int low = rr_hex_digit(at[1]);

		if (high < 0 || low < 0 || (i + 1 < count && at[2] != sep))
			return rr_not(t, what);
		writer_u8(&t->out, (uint8_t)(high << 4 | low));
	}
	return OK;
}

static int parse_eui48(struct rr_text *t)
{
	return parse_pairs(t, 6, '-', eui48_field.what);
}

static int parse_eui64(struct rr_text *t)
{
	return parse_pairs(t, 8, '-', eui64_field.what);
}

/* RFC 6742 2.1.1: four groups of one to four digits. */
static int parse_ilnp64(struct rr_text *t)
{
	const char *at;
	const char *end;
	int err = rr_need_word(t, ilnp64_field.what);

	if (err)
		return err;
	at = t->token.at;
	end = at + t->token.len;
	for (unsigned i = 0; i < 4; i++) {
		unsigned value = 0;
		unsigned count = 0;

		if (i && (at == end || *at++ != ':'))
			return rr_not(t, ilnp64_field.what);
		for (; at < end && count < 4 && rr_hex_digit(*at) >= 0; at++, count++)
			value = value << 4 | (unsigned)rr_hex_digit(*at);
		if (!count)
			return rr_not(t, ilnp64_field.what);
		writer_u16(&t->out, (uint16_t)value);
	}
	return at == end ? OK : rr_not(t, ilnp64_field.what);
}

/* Hexadecimal digits with dots anywhere between octets. Returns octets, 0: broken. */
static size_t put_dotted_hex(struct rr_text *t, const char *at, const char *end)
{
	size_t len = 0;

	while (at < end) {
		int high = rr_hex_digit(*at);
		int low;

		if (*at == '.' && len) {
			at++;
			continue;
		}
		low = end - at > 1 ? rr_hex_digit(at[1]) : -1;
		if (high < 0 || low < 0)
			return 0;
		writer_u8(&t->out, (uint8_t)(high << 4 | low));
		at += 2;
		len++;
	}
	return len;
}

/* RFC 1706 7 */
static int parse_nsap(struct rr_text *t)
{
	const char *at;
	size_t len;
	int err = rr_need_word(t, nsap_field.what);

	if (err)
		return err;
	at = t->token.at;
	if (t->token.len < 3 || at[0] != '0' || (at[1] | 0x20) != 'x')
		return rr_not(t, nsap_field.what);
	len = put_dotted_hex(t, at + 2, at + t->token.len);
	return len && len <= NSAP_MAX_LEN ? OK : rr_not(t, nsap_field.what);
}

/* ATM Forum af-dans-0152: E.164 digits after a plus, or an AESA in hexadecimal. */
static int parse_atma(struct rr_text *t)
{
	const char *at;
	int err = rr_need_word(t, atma_field.what);

	if (err)
		return err;
	at = t->token.at;
	if (*at != '+') {
		writer_u8(&t->out, ATMA_AESA);
		if (put_dotted_hex(t, at, at + t->token.len) != AESA_LEN)
			return rr_not(t, atma_field.what);
		return OK;
	}
	writer_u8(&t->out, ATMA_E164);
	for (size_t i = 1; i < t->token.len; i++) {
		if (at[i] < '0' || at[i] > '9')
			return rr_not(t, atma_field.what);
	}
	writer_octets(&t->out, at + 1, t->token.len - 1);
	return t->token.len > 1 ? OK : rr_not(t, atma_field.what);
}

static int check_six(struct reader *r)
{
	reader_take(r, 6);
	return r->err;
}

static int check_eight(struct reader *r)
{
	reader_take(r, 8);
	return r->err;
}

static int check_nsap(struct reader *r)
{
	size_t len = reader_left(r);

	reader_take(r, len);
	return len && len <= NSAP_MAX_LEN ? r->err : ERR_MALFORMED;
}

static int check_atma(struct reader *r)
{
	unsigned format = reader_u8(r);
	size_t len = reader_left(r);
	const uint8_t *at = reader_take(r, len);

	if (!at)
		return r->err;
	if (format == ATMA_AESA)
		return len == AESA_LEN ? OK : ERR_MALFORMED;
	for (size_t i = 0; i < len; i++) {
		if (at[i] < '0' || at[i] > '9')
			return ERR_MALFORMED;
	}
	return format == ATMA_E164 && len ? OK : ERR_MALFORMED;
}

static void format_pairs(struct reader *r, unsigned count, struct buffer *out)
{
	for (unsigned i = 0; i < count; i++)
		buffer_printf(out, "%s%02x", i ? "-" : "", reader_u8(r));
}

static void format_eui48(struct reader *r, struct buffer *out)
{
	format_pairs(r, 6, out);
}

static void format_eui64(struct reader *r, struct buffer *out)
{
	format_pairs(r, 8, out);
}

static void format_ilnp64(struct reader *r, struct buffer *out)
{
	for (unsigned i = 0; i < 4; i++)
		buffer_printf(out, "%s%04x", i ? ":" : "", reader_u16(r));
}

static void format_nsap(struct reader *r, struct buffer *out)
{
	size_t len = reader_left(r);

	buffer_put_text(out, "0x");
	rr_hex_format(reader_take(r, len), len, out);
}

static void format_atma(struct reader *r, struct buffer *out)
{
	unsigned format = reader_u8(r);
	size_t len = reader_left(r);
	const uint8_t *at = reader_take(r, len);

	if (format == ATMA_E164) {
		buffer_put_u8(out, '+');
		buffer_put(out, at, len);
	} else {
		rr_hex_format(at, len, out);
	}
}

const struct rr_field eui48_field = { "an EUI-48 like 00-00-5e-00-53-2a", parse_eui48,
				      check_six, format_eui48 };
const struct rr_field eui64_field = { "an EUI-64 like 00-00-5e-ef-10-00-00-2a",
				      parse_eui64, check_eight, format_eui64 };
const struct rr_field ilnp64_field = { "four groups like 0014:4fff:ff20:ee64",
				       parse_ilnp64, check_eight, format_ilnp64 };
const struct rr_field nsap_field = { "0x followed by hexadecimal digits", parse_nsap,
				     check_nsap, format_nsap };
const struct rr_field atma_field = { "+DIGITS or 40 hexadecimal digits", parse_atma,
				     check_atma, format_atma };
