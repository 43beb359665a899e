#include <string.h>

#include "dns/rr_field.h"

enum { STRING_MAX_LEN = 255, DIGITS_MIN_LEN = 4 };

/* Appends the token's octets, unescaped. */
static int put_text(struct rr_text *t)
{
	const char *at = t->token.at;
	const char *end = at + t->token.len;

	if (!t->token.escaped) {
		writer_octets(&t->out, at, t->token.len);
		return OK;
	}
	while (at < end) {
		uint8_t octet;

		at = rr_octet(at, end, &octet);
		if (!at)
			return lexer_fail(t->lex, &t->token,
					  "a backslash must be followed by a character "
					  "or by three digits up to 255");
		writer_u8(&t->out, octet);
	}
	return OK;
}

/* The token as one <character-string> (RFC 1035 3.3). */
static int put_string(struct rr_text *t)
{
	uint8_t *len_at = writer_take(&t->out, 1);
	uint8_t *from = t->out.at;
	int err = put_text(t);

	if (err)
		return err;
	if (t->out.at - from > STRING_MAX_LEN)
		return lexer_fail(t->lex, &t->token,
				  "a string of %zu octets; the maximum is 255",
				  (size_t)(t->out.at - from));
	if (len_at)
		*len_at = (uint8_t)(t->out.at - from);
	return OK;
}

static int parse_string(struct rr_text *t)
{
	int err = rr_need_text(t, string_field.what);

	return err ? err : put_string(t);
}

static int parse_may_string(struct rr_text *t)
{
	if (!rr_next(t))
		return OK;
	return t->token.kind == TOKEN_BAD ? ERR_MALFORMED : put_string(t);
}

static int parse_strings(struct rr_text *t)
{
	int err = parse_string(t);

	while (!err && rr_next(t))
		err = t->token.kind == TOKEN_BAD ? ERR_MALFORMED : put_string(t);
	return err;
}

static bool all_digits(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
	}
	return true;
}

static int parse_digits(struct rr_text *t)
{
	uint8_t *from = t->out.at;
	int err = rr_need_text(t, digits_field.what);

	err = err ? err : put_string(t);
	if (err || t->out.err)
		return err;
	if (*from < DIGITS_MIN_LEN || !all_digits(from + 1, *from))
		return rr_not(t, digits_field.what);
	return OK;
}

/* RFC 8659 4.1: one or more letters and digits. */
static bool is_tag(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool letter = (at[i] | 0x20) >= 'a' && (at[i] | 0x20) <= 'z';

		if (!letter && (at[i] < '0' || at[i] > '9'))
			return false;
	}
	return len != 0;
}

static int parse_tag(struct rr_text *t)
{
	int err = rr_need_word(t, tag_field.what);

	if (err)
		return err;
	if (t->token.len > STRING_MAX_LEN ||
	    !is_tag((const uint8_t *)t->token.at, t->token.len))
		return rr_not(t, tag_field.what);
	writer_u8(&t->out, (uint8_t)t->token.len);
	writer_octets(&t->out, t->token.at, t->token.len);
	return OK;
}

static int parse_text(struct rr_text *t)
{
	int err = rr_need_text(t, text_field.what);

	return err ? err : put_text(t);
}

static int check_string(struct reader *r)
{
	reader_take(r, reader_u8(r));
	return r->err;
}

static int check_may_string(struct reader *r)
{
	return reader_left(r) ? check_string(r) : OK;
}

static int check_strings(struct reader *r)
{
	int err = check_string(r);

	while (!err && reader_left(r))
		err = check_string(r);
	return err;
}

static int check_digits(struct reader *r)
{
	size_t len = reader_u8(r);
	const uint8_t *at = reader_take(r, len);

	if (!at)
		return r->err;
	return len >= DIGITS_MIN_LEN && all_digits(at, len) ? OK : ERR_MALFORMED;
}

static int check_tag(struct reader *r)
{
	size_t len = reader_u8(r);
	const uint8_t *at = reader_take(r, len);

	if (!at)
		return r->err;
	return is_tag(at, len) ? OK : ERR_MALFORMED;
}

static int check_text(struct reader *r)
{
	reader_take(r, reader_left(r));
	return r->err;
}

void rr_quoted_format(const uint8_t *octets, size_t len, struct buffer *out)
{
	uint8_t *to = buffer_reserve(out, 4 * len + 2);
	uint8_t *from = to;

	*to++ = '"';
	for (size_t i = 0; i < len; i++) {
		uint8_t c = octets[i];

		if (c < ' ' || c >= 0x7f) {
			*to++ = '\\';
			*to++ = (uint8_t)('0' + c / 100);
			*to++ = (uint8_t)('0' + c / 10 % 10);
			*to++ = (uint8_t)('0' + c % 10);
			continue;
		}
		if (c == '"' || c == '\\')
			*to++ = '\\';
		*to++ = c;
	}
	*to++ = '"';
	out->len += (size_t)(to - from);
}

static void format_string(struct reader *r, struct buffer *out)
{
	size_t len = reader_u8(r);

	rr_quoted_format(reader_take(r, len), len, out);
}

static void format_strings(struct reader *r, struct buffer *out)
{
	format_string(r, out);
	while (reader_left(r)) {
		buffer_put_u8(out, ' ');
		format_string(r, out);
	}
}

static void format_may_string(struct reader *r, struct buffer *out)
{
	if (reader_left(r))
		format_string(r, out);
}

static void format_tag(struct reader *r, struct buffer *out)
{
	size_t len = reader_u8(r);

	buffer_put(out, reader_take(r, len), len);
}

static void format_text(struct reader *r, struct buffer *out)
{
	size_t len = reader_left(r);

	rr_quoted_format(reader_take(r, len), len, out);
}

const struct rr_field string_field = { "a character string", parse_string, check_string,
				       format_string };
const struct rr_field strings_field = { "a character string", parse_strings,
					check_strings, format_strings };
const struct rr_field may_string_field = { "a character string", parse_may_string,
					   check_may_string, format_may_string };
const struct rr_field digits_field = { "at least four digits", parse_digits,
				       check_digits, format_string };
const struct rr_field tag_field = { "a tag of letters and digits", parse_tag, check_tag,
				    format_tag };
const struct rr_field text_field = { "a character string", parse_text, check_text,
				     format_text };
