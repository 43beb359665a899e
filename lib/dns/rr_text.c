#include <string.h>

#include "dns/rr_field.h"

bool rr_next(struct rr_text *t)
{
	if (!t->held)
		lexer_next(t->lex, &t->token);
	t->held = t->token.kind == TOKEN_LINE_END || t->token.kind == TOKEN_FILE_END;
	return !t->held;
}

int rr_need_text(struct rr_text *t, const char *what)
{
	if (!rr_next(t))
		return lexer_fail(t->lex, &t->token, "%s is missing", what);
	return t->token.kind == TOKEN_BAD ? ERR_MALFORMED : OK;
}

int rr_need_word(struct rr_text *t, const char *what)
{
	int err = rr_need_text(t, what);

	if (err || t->token.kind == TOKEN_WORD)
		return err;
	return lexer_fail(t->lex, &t->token, "%s must not be quoted", what);
}

int rr_not(struct rr_text *t, const char *what)
{
	char shown[256];

	return lexer_fail(t->lex, &t->token, "%s is not %s",
			  token_show(&t->token, shown), what);
}

const char *rr_octet(const char *at, const char *end, uint8_t *out)
{
	unsigned value = 0;

	*out = (uint8_t)*at++;
	if (*out != '\\')
		return at;
	if (at == end)
		return NULL;
	if (*at < '0' || *at > '9') {
		*out = (uint8_t)*at;
		return at + 1;
	}
	for (unsigned i = 0; i < 3; i++, at++) {
		if (at == end || *at < '0' || *at > '9')
			return NULL;
		value = value * 10 + (unsigned)(*at - '0');
	}
	*out = (uint8_t)value;
	return value > 255 ? NULL : at;
}

/* RFC 3597 5: \# LENGTH HEX..., which must follow the type when that is known. */
static int read_generic(struct rr_text *t, const struct rr_row *row)
{
	struct token sign = t->token;
	uint64_t len;
	size_t from = writer_len(&t->out);
	int err = rr_need_word(t, "the length of the RDATA");

	if (err)
		return err;
	if (!rr_number(t->token.at, t->token.len, RDATA_MAX_LEN, &len))
		return rr_not(t, "a number up to 65535");
	while (rr_next(t) && t->token.kind == TOKEN_WORD) {
		if (t->token.len % 2)
			return rr_not(t, "an even number of hexadecimal digits");
		for (size_t i = 0; i < t->token.len; i += 2) {
			int high = rr_hex_digit(t->token.at[i]);
			int low = rr_hex_digit(t->token.at[i + 1]);

			if (high < 0 || low < 0)
				return rr_not(t, "hexadecimal");
			writer_u8(&t->out, (uint8_t)(high << 4 | low));
		}
	}
	if (!t->held)
		return rr_not(t, "hexadecimal");
	if (writer_len(&t->out) - from != len)
		return lexer_fail(t->lex, &sign, "%zu octets follow instead of %zu",
				  writer_len(&t->out) - from, (size_t)len);
	if (row && !(row->flags & (RR_OPAQUE | RR_META)) &&
	    rr_row_check(row, t->out.start + from, len))
		return lexer_fail(t->lex, &sign,
				  "these octets are not "
				  "valid RDATA for %s",
				  row->name);
	return OK;
}

static int read_fields(struct rr_text *t, const struct rr_row *row)
{
	for (const uint8_t *kind = row->fields; *kind; kind++) {
		int err = rr_fields[*kind]->parse(t);

		if (err)
			return err;
	}
	if (rr_next(t)) {
		char shown[256];

		return lexer_fail(t->lex, &t->token,
				  "unexpected %s: too "
				  "many fields for %s",
				  token_show(&t->token, shown), row->name);
	}
	return OK;
}

static int read_rdata(struct rr_text *t, const struct rr_row *row)
{
	struct token first;
	const char *why;
	int err;

	if (rr_next(t) && t->token.kind == TOKEN_WORD && t->token.len == 2 &&
	    memcmp(t->token.at, "\\#", 2) == 0)
		return read_generic(t, row);
	first = t->token;
	t->held = true;
	if (t->token.kind == TOKEN_BAD)
		return ERR_MALFORMED;
	if (!row)
		return lexer_fail(t->lex, &first,
				  "an unknown type must be followed by \\# LENGTH HEX");
	if (row->flags & (RR_OPAQUE | RR_META))
		return lexer_fail(t->lex, &first,
				  "%s can only be "
				  "written as \\# LENGTH HEX",
				  row->name);
	err = read_fields(t, row);
	why = err || t->out.err || !row->check
		      ? NULL
		      : row->check(t->out.start, writer_len(&t->out));
	return why ? lexer_fail(t->lex, &first, "%s", why) : err;
}

int rr_text_read(struct rr_text *t, uint16_t type)
{
	struct token begin = t->token;
	int err = read_rdata(t, rr_row(type));

	if (!err && t->out.err)
		return lexer_fail(t->lex, &begin, "RDATA is longer than %d octets",
				  RDATA_MAX_LEN);
	return err;
}
