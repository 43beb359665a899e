#include "dns/lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

/* What ends a run of plain octets in a word. */
static const bool stops[256] = {
	[' '] = true, ['\t'] = true, ['\n'] = true, ['\r'] = true, [';'] = true,
	['('] = true, [')'] = true,  ['"'] = true,  ['\\'] = true,
};

struct lexer lexer_of(const char *text, size_t len)
{
	/* An empty text may be NULL, to which nothing may be added. */
	const char *end = len ? text + len : text;

	return (struct lexer){ .at = text, .end = end, .line_at = text, .line = 1 };
}

int lexer_fail(struct lexer *lex, const struct token *token, const char *format, ...)
{
	struct lexer_fault *fault = &lex->fault;
	va_list args;

	if (fault->text[0])
		return ERR_MALFORMED;
	va_start(args, format);
	vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
	fault->line_at = token->line_at;
	fault->line = token->line;
	fault->col = (uint32_t)(token->at - token->line_at) + 1;
	if (token->kind == TOKEN_QUOTED)
		fault->col--;
	return ERR_MALFORMED;
}

char *token_show(const struct token *token, char out[256])
{
	enum { SHOWN_MAX = 60 };
	const char *end = token->at + (token->len > SHOWN_MAX ? SHOWN_MAX : token->len);
	char *to = out;

	*to++ = '\'';
	for (const char *at = token->at; at < end; at++) {
		unsigned char c = (unsigned char)*at;

		if (c < ' ' || c >= 0x7f) {
			*to++ = '\\';
			*to++ = (char)('0' + c / 100);
			*to++ = (char)('0' + c / 10 % 10);
			*to++ = (char)('0' + c % 10);
		} else {
			*to++ = (char)c;
		}
	}
	memcpy(to, "...'", sizeof("...'"));
	if (token->len <= SHOWN_MAX)
		memcpy(to, "'", sizeof("'"));
	return out;
}

static void begin_line(struct lexer *lex)
{
	lex->at++;
	lex->line++;
	lex->line_at = lex->at;
}

static void start_token(const struct lexer *lex, struct token *t)
{
	t->at = lex->at;
	t->len = 0;
	t->line_at = lex->line_at;
	t->line = lex->line;
	t->escaped = false;
}

static void bad(struct lexer *lex, struct token *t, const char *why)
{
	t->kind = TOKEN_BAD;
	lexer_fail(lex, t, "%s", why);
}

static const char unclosed[] = "unterminated quoted string";

/* Moves after a backslash and what it covers; the end of a line is never covered. */
static const char *skip_escape(const char *at, const char *end)
{
	at++;
	return at < end && *at != '\n' ? at + 1 : at;
}

/* From after an opening quote to after the closing one. Returns whether there is one.
 */
static bool skip_quoted(struct lexer *lex, struct token *t)
{
	const char *at = lex->at;

	while (at < lex->end && *at != '"' && *at != '\n') {
		if (*at == '\\') {
			t->escaped = true;
			at = skip_escape(at, lex->end);
		} else {
			at++;
		}
	}
	lex->at = at;
	if (at == lex->end || *at == '\n')
		return false;
	lex->at++;
	return true;
}

static void read_quoted(struct lexer *lex, struct token *t)
{
	lex->at++;
	if (!skip_quoted(lex, t)) {
		bad(lex, t, unclosed);
		return;
	}
	t->kind = TOKEN_QUOTED;
	t->at++;
	t->len = (size_t)(lex->at - t->at) - 1;
}

/* Whether the octet at `at`, which stops a run of plain ones, belongs to the word. */
static bool goes_on(const struct lexer *lex, const char *at)
{
	if (*at == '\\')
		return true;
	return *at == '\r' && lex->end - at > 1 && at[1] != '\n';
}

/* Whether a quote at `at` opens the value of key="value". */
static bool opens_value(const struct token *t, const char *at)
{
	return *at == '"' && at > t->at && at[-1] == '=';
}

static void read_word(struct lexer *lex, struct token *t, bool pair)
{
	const char *at = lex->at;
	const char *end = lex->end;

	t->kind = TOKEN_WORD;
	for (;;) {
		while (at < end && !stops[(uint8_t)*at])
			at++;
		if (at == end || !goes_on(lex, at))
			break;
		t->escaped |= *at == '\\';
		at = *at == '\\' ? skip_escape(at, end) : at + 1;
	}
	lex->at = at;
	if (pair && at < end && opens_value(t, at)) {
		lex->at++;
		if (!skip_quoted(lex, t))
			bad(lex, t, unclosed);
	}
	t->len = (size_t)(lex->at - t->at);
	if (lex->at < end && *lex->at == ';' && lex->glued.at == NULL)
		lex->glued = *t;
}

static void skip_comment(struct lexer *lex)
{
	const char *end = memchr(lex->at, '\n', (size_t)(lex->end - lex->at));

	lex->at = end ? end : lex->end;
}

/* Returns whether a token was closed by the parenthesis, which then is a bad one. */
static bool read_paren(struct lexer *lex, struct token *t)
{
	if (*lex->at == '(') {
		if (lex->depth++ == 0)
			lex->paren = *t;
	} else if (lex->depth == 0) {
		bad(lex, t, "unmatched ')'");
		lex->at++;
		return true;
	} else {
		lex->depth--;
	}
	lex->at++;
	return false;
}

static void read_end(struct lexer *lex, struct token *t)
{
	t->kind = TOKEN_FILE_END;
	if (lex->depth) {
		lex->depth = 0;
		lex->unclosed = true;
		lexer_fail(lex, &lex->paren, "unmatched '('");
		t->kind = TOKEN_BAD;
	}
}

/* From an octet that is no blank. Returns whether there is a token. */
static bool step(struct lexer *lex, struct token *t, bool pair)
{
	switch (*lex->at) {
	case '\n':
		begin_line(lex);
		t->kind = TOKEN_LINE_END;
		return lex->depth == 0;
	case '\r':
		if (lex->end - lex->at > 1 && lex->at[1] != '\n')
			break;
		lex->at++;
		return false;
	case ';':
		skip_comment(lex);
		return false;
	case '(':
	case ')':
		return read_paren(lex, t);
	case '"':
		read_quoted(lex, t);
		return true;
	default:
		break;
	}
	read_word(lex, t, pair);
	return true;
}

static void next(struct lexer *lex, struct token *t, bool pair)
{
	do {
		while (lex->at < lex->end && (*lex->at == ' ' || *lex->at == '\t'))
			lex->at++;
		start_token(lex, t);
		if (lex->at == lex->end) {
			read_end(lex, t);
			return;
		}
	} while (!step(lex, t, pair));
}

void lexer_next(struct lexer *lex, struct token *out)
{
	next(lex, out, false);
}

void lexer_next_pair(struct lexer *lex, struct token *out)
{
	next(lex, out, true);
}

void lexer_skip_entry(struct lexer *lex)
{
	struct token t;

	do
		lexer_next(lex, &t);
	while (t.kind != TOKEN_LINE_END && t.kind != TOKEN_FILE_END);
}
