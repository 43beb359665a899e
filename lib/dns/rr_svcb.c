/* The parameters of SVCB and HTTPS (RFC 9460 2.1, 2.2). */
#include "dns/rr_svcb.h"

#include <string.h>

#include "base/operator/diag.h"

enum { PARAM_HEAD_LEN = 4 }; /* key and length of the value */

static const char *key_at(const void *unused, size_t i)
{
	(void)unused;
	return svcb_keys[i].name;
}

static int not_a_key(struct rr_text *t, const char *at, size_t len)
{
	char text[32];
	bool had_fault = t->lex->fault.text[0];
	int err = rr_not(t, "KEY or KEY=VALUE with a known KEY or keyNNNNN");

	if (!had_fault && len < sizeof(text)) {
		memcpy(text, at, len);
		text[len] = '\0';
		t->lex->fault.suggestion = suggest(text, KEYS, key_at, NULL);
	}
	return err;
}

/* Takes the quotes off a value, which open right after the `=` or not at all. */
static struct svcb_value value_of(const struct token *token, const char *equals)
{
	struct svcb_value v = { equals + 1, token->at + token->len };

	if (v.at < v.end && *v.at == '"') {
		v.at++;
		v.end--;
	}
	return v;
}

static int parse_value(struct rr_text *t, const struct svcb_key *kind,
		       const char *equals)
{
	const char *what = kind ? kind->what : "a value";
	struct svcb_value v = { NULL, NULL };
	struct reader r;
	uint8_t *from = t->out.at;

	if (equals)
		v = value_of(&t->token, equals);
	if (!what)
		return v.at == v.end ? OK : rr_not(t, "a key without a value");
	if (kind && v.at == v.end)
		return lexer_fail(t->lex, &t->token, "%s needs %s", kind->name, what);
	if (kind ? !kind->parse(v, &t->out) : !svcb_text_parse(v, &t->out))
		return lexer_fail(t->lex, &t->token, "the value of %.*s is not %s",
				  (int)(equals ? equals - t->token.at : 0), t->token.at,
				  what);
	r = reader_of(from, (size_t)(t->out.at - from));
	if (kind && !t->out.err && !kind->check(&r))
		return lexer_fail(t->lex, &t->token, "the value of %s is not %s",
				  kind->name, what);
	return OK;
}

static void reverse(uint8_t *from, uint8_t *end)
{
	while (from < end) {
		uint8_t octet = *from;

		*from++ = *--end;
		*end = octet;
	}
}

static unsigned u16_at(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/*
 * Moves the last parameter, at `fresh`, among those from `first` on, which are in order
 * (RFC 9460 2.2). Returns false if its key is there already.
 */
static bool settle(uint8_t *first, uint8_t *fresh, uint8_t *end)
{
	unsigned key = u16_at(fresh);
	uint8_t *at = first;

	while (at < fresh && u16_at(at) < key)
		at += PARAM_HEAD_LEN + u16_at(at + 2);
	if (at == fresh)
		return true;
	if (u16_at(at) == key)
		return false;
	reverse(at, fresh);
	reverse(fresh, end);
	reverse(at, end);
	return true;
}

static int parse_param(struct rr_text *t, uint8_t *first)
{
	const char *equals = memchr(t->token.at, '=', t->token.len);
	size_t key_len = equals ? (size_t)(equals - t->token.at) : t->token.len;
	uint8_t *head = writer_take(&t->out, PARAM_HEAD_LEN);
	size_t len;
	uint16_t key;
	int err;

	if (t->token.kind != TOKEN_WORD || !svcb_key_parse(t->token.at, key_len, &key))
		return not_a_key(t, t->token.at, key_len);
	err = parse_value(t, key < KEYS ? &svcb_keys[key] : NULL, equals);
	if (err || t->out.err)
		return err;
	len = (size_t)(t->out.at - head) - PARAM_HEAD_LEN;
	head[0] = (uint8_t)(key >> 8);
	head[1] = (uint8_t)key;
	head[2] = (uint8_t)(len >> 8);
	head[3] = (uint8_t)len;
	return settle(first, head, t->out.at)
		       ? OK
		       : lexer_fail(t->lex, &t->token, "duplicate key");
}

/* Finds a key among parameters known to be whole. */
static bool has_key(struct reader r, unsigned key)
{
	while (reader_left(&r)) {
		unsigned found = reader_u16(&r);

		if (found >= key)
			return found == key;
		reader_take(&r, reader_u16(&r));
	}
	return false;
}

/* What is wrong between parameters that are right each by itself, or NULL. */
static const char *judge(struct reader all)
{
	struct reader r = all;
	struct reader keys;

	if (has_key(all, KEY_NO_DEFAULT_ALPN) && !has_key(all, KEY_ALPN))
		return "no-default-alpn requires alpn";
	if (!reader_left(&r) || reader_u16(&r) != KEY_MANDATORY)
		return NULL;
	keys = reader_within(&r, reader_u16(&r));
	while (reader_left(&keys)) {
		if (!has_key(all, reader_u16(&keys)))
			return "a key listed in mandatory is missing";
	}
	return NULL;
}

static int parse_params(struct rr_text *t)
{
	struct token begin = t->token;
	uint8_t *first = t->out.at;
	const char *why;

	while (!t->held) {
		int err;

		lexer_next_pair(t->lex, &t->token);
		t->held = t->token.kind == TOKEN_LINE_END ||
			  t->token.kind == TOKEN_FILE_END;
		err = t->held ? OK : parse_param(t, first);
		if (err)
			return err;
	}
	if (t->out.err)
		return OK;
	why = judge(reader_of(first, (size_t)(t->out.at - first)));
	return why ? lexer_fail(t->lex, &begin, "%s", why) : OK;
}

static int check_params(struct reader *r)
{
	struct reader all = { .start = r->at, .at = r->at, .end = r->end };
	int last = -1;

	while (reader_left(r)) {
		int key = reader_u16(r);
		struct reader value = reader_within(r, reader_u16(r));

		if (r->err)
			return r->err;
		if (key <= last || key == KEY_INVALID ||
		    (key < KEYS && !svcb_keys[key].check(&value)))
			return ERR_MALFORMED;
		last = key;
	}
	return judge(all) ? ERR_MALFORMED : OK;
}

static void format_param(struct reader *r, struct buffer *out)
{
	unsigned key = reader_u16(r);
	struct reader value = reader_within(r, reader_u16(r));

	svcb_key_format(key, out);
	if (!reader_left(&value))
		return;
	buffer_put_text(out, "=\"");
	if (key < KEYS)
		svcb_keys[key].format(&value, out);
	else
		svcb_text_format(&value, out);
	buffer_put_u8(out, '"');
}

static void format_params(struct reader *r, struct buffer *out)
{
	const char *separator = "";

	while (reader_left(r)) {
		buffer_put_text(out, separator);
		format_param(r, out);
		separator = " ";
	}
}

const struct rr_field params_field = { "KEY=VALUE", parse_params, check_params,
				       format_params };
