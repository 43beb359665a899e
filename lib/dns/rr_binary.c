#include <string.h>

#include "dns/rr_field.h"

int rr_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void rr_hex_format(const uint8_t *octets, size_t len, struct buffer *out)
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t *to = buffer_reserve(out, 2 * len);

	for (size_t i = 0; i < len; i++) {
		*to++ = (uint8_t)digits[octets[i] >> 4];
		*to++ = (uint8_t)digits[octets[i] & 15];
	}
	out->len += 2 * len;
}

/* All words to the end of the entry as one run of hexadecimal digits. */
static int parse_hex(struct rr_text *t)
{
	int high = -1;
	int err = rr_need_word(t, hex_field.what);

	if (err)
		return err;
	do {
		if (t->token.kind != TOKEN_WORD)
			return rr_not(t, "hexadecimal");
		for (size_t i = 0; i < t->token.len; i++) {
			int digit = rr_hex_digit(t->token.at[i]);

			if (digit < 0)
				return rr_not(t, "hexadecimal");
			if (high >= 0)
				writer_u8(&t->out, (uint8_t)(high << 4 | digit));
			high = high < 0 ? digit : -1;
		}
	} while (rr_next(t));
	return high < 0 ? OK
			: lexer_fail(t->lex, &t->token,
				     "odd number of hexadecimal digits");
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

bool rr_base64(struct rr_base64 *b, const char *at, size_t len, struct writer *out)
{
	for (size_t i = 0; i < len; i++) {
		int digit = base64_digit(at[i]);

		if (at[i] == '=') {
			/* The unused bits after the last octet must be zero. */
			if (b->count + b->pad_count < 2 || b->count + b->pad_count > 3)
				return false;
			b->pad_count++;
			continue;
		}
		if (digit < 0 || b->pad_count)
			return false;
		b->bits = b->bits << 6 | (uint32_t)digit;
		if (++b->count > 1)
			writer_u8(out, (uint8_t)(b->bits >> (8 - 2 * b->count)));
		b->count &= 3;
	}
	return true;
}

bool rr_base64_end(const struct rr_base64 *b)
{
	unsigned spare = b->count == 2 ? 15 : b->count == 3 ? 3 : 0;

	if (b->count == 0)
		return b->pad_count == 0;
	return b->count + b->pad_count == 4 && (b->bits & spare) == 0;
}

void rr_base64_format(const uint8_t *octets, size_t len, struct buffer *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
				     "wxyz0123456789+/";
	uint8_t *to = buffer_reserve(out, (len + 2) / 3 * 4);

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t bits = (uint32_t)octets[i] << 16;

		bits |= left > 1 ? (uint32_t)octets[i + 1] << 8 : 0;
		bits |= left > 2 ? octets[i + 2] : 0;
		*to++ = (uint8_t)digits[bits >> 18];
		*to++ = (uint8_t)digits[bits >> 12 & 63];
		*to++ = left > 1 ? (uint8_t)digits[bits >> 6 & 63] : '=';
		*to++ = left > 2 ? (uint8_t)digits[bits & 63] : '=';
	}
	out->len += (len + 2) / 3 * 4;
}

static int parse_may_base64(struct rr_text *t)
{
	struct rr_base64 b = { 0 };

	while (rr_next(t)) {
		if (t->token.kind != TOKEN_WORD ||
		    !rr_base64(&b, t->token.at, t->token.len, &t->out))
			return rr_not(t, "base64");
	}
	return rr_base64_end(&b) ? OK
				 : lexer_fail(t->lex, &t->token, "incomplete base64");
}

static int parse_base64(struct rr_text *t)
{
	int err = rr_need_word(t, base64_field.what);

	t->held = true;
	return err ? err : parse_may_base64(t);
}

static int parse_doa_data(struct rr_text *t)
{
	int err = rr_need_word(t, "base64, or '-' for none");

	if (err || (t->token.len == 1 && *t->token.at == '-'))
		return err;
	t->held = true;
	return parse_may_base64(t);
}

static int parse_salt(struct rr_text *t)
{
	size_t len;
	int err = rr_need_word(t, salt_field.what);

	if (err)
		return err;
	len = t->token.len;
	if (len == 1 && *t->token.at == '-') {
		writer_u8(&t->out, 0);
		return OK;
	}
	if (len % 2 || len / 2 > UINT8_MAX)
		return rr_not(t, salt_field.what);
	writer_u8(&t->out, (uint8_t)(len / 2));
	for (size_t i = 0; i < len; i += 2) {
		int high = rr_hex_digit(t->token.at[i]);
		int low = rr_hex_digit(t->token.at[i + 1]);

		if (high < 0 || low < 0)
			return rr_not(t, salt_field.what);
		writer_u8(&t->out, (uint8_t)(high << 4 | low));
	}
	return OK;
}

static int base32hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

/* RFC 5155 3.3: base32hex (RFC 4648 7) without padding and blanks. */
static int parse_hash32(struct rr_text *t)
{
	uint32_t bits = 0;
	unsigned count = 0;
	size_t len;
	int err = rr_need_word(t, hash32_field.what);

	if (err)
		return err;
	len = t->token.len * 5 / 8;
	if (len == 0 || len > UINT8_MAX || t->token.len != (len * 8 + 4) / 5)
		return rr_not(t, hash32_field.what);
	writer_u8(&t->out, (uint8_t)len);
	for (size_t i = 0; i < t->token.len; i++) {
		int digit = base32hex_digit(t->token.at[i]);

		if (digit < 0)
			return rr_not(t, hash32_field.what);
		bits = bits << 5 | (uint32_t)digit;
		count += 5;
		if (count >= 8) {
			count -= 8;
			writer_u8(&t->out, (uint8_t)(bits >> count));
		}
	}
	return (bits & ((1U << count) - 1)) ? rr_not(t, hash32_field.what) : OK;
}

static int check_some(struct reader *r)
{
	if (!reader_left(r))
		return ERR_SHORT;
	reader_take(r, reader_left(r));
	return r->err;
}

static int check_any(struct reader *r)
{
	reader_take(r, reader_left(r));
	return r->err;
}

static int check_salt(struct reader *r)
{
	reader_take(r, reader_u8(r));
	return r->err;
}

static int check_hash32(struct reader *r)
{
	size_t len = reader_u8(r);

	if (!r->err && len == 0)
		return ERR_MALFORMED;
	reader_take(r, len);
	return r->err;
}

static void format_hex(struct reader *r, struct buffer *out)
{
	size_t len = reader_left(r);

	rr_hex_format(reader_take(r, len), len, out);
}

static void format_base64(struct reader *r, struct buffer *out)
{
	size_t len = reader_left(r);

	rr_base64_format(reader_take(r, len), len, out);
}

static void format_doa_data(struct reader *r, struct buffer *out)
{
	if (reader_left(r))
		format_base64(r, out);
	else
		buffer_put_u8(out, '-');
}

static void format_salt(struct reader *r, struct buffer *out)
{
	size_t len = reader_u8(r);

	if (len)
		rr_hex_format(reader_take(r, len), len, out);
	else
		buffer_put_u8(out, '-');
}

static void format_hash32(struct reader *r, struct buffer *out)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
	size_t len = reader_u8(r);
	const uint8_t *at = reader_take(r, len);
	uint32_t bits = 0;
	unsigned count = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | at[i];
		for (count += 8; count >= 5; count -= 5)
			buffer_put_u8(out, (uint8_t)digits[bits >> (count - 5) & 31]);
	}
	if (count)
		buffer_put_u8(out, (uint8_t)digits[bits << (5 - count) & 31]);
}

const struct rr_field hex_field = { "hexadecimal", parse_hex, check_some, format_hex };
const struct rr_field base64_field = { "base64", parse_base64, check_some,
				       format_base64 };
const struct rr_field may_base64_field = { "base64", parse_may_base64, check_any,
					   format_base64 };
const struct rr_field doa_data_field = { "base64", parse_doa_data, check_any,
					 format_doa_data };
const struct rr_field salt_field = { "a salt in hexadecimal, or '-' for none",
				     parse_salt, check_salt, format_salt };
const struct rr_field hash32_field = { "base32hex", parse_hash32, check_hash32,
				       format_hash32 };
