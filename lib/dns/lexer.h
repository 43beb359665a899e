/*
 * The tokens of master files (RFC 1035 5.1): handles blanks, comments, quotes and
 * parentheses; escapes remain in the tokens and are flagged by `escaped`. Borrows the
 * text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token_kind {
	TOKEN_WORD,
	TOKEN_QUOTED,
	TOKEN_LINE_END, /* of an entry: not inside parentheses */
	TOKEN_FILE_END,
	TOKEN_BAD, /* the reason was given to lexer_fail() */
};

struct token {
	const char *at; /* after the opening quote of a quoted one */
	size_t len;     /* without the quotes */
	const char *line_at;
	uint32_t line;
	enum token_kind kind;
	bool escaped; /* there is a backslash in it */
};

/* The first fault of the entry being read. */
struct lexer_fault {
	char text[200];         /* empty: no fault */
	const char *suggestion; /* or NULL; static */
	const char *line_at;
	uint32_t line;
	uint32_t col;
};

struct lexer {
	const char *at;
	const char *end;
	const char *line_at;
	uint32_t line;
	uint32_t depth;     /* of parentheses */
	struct token paren; /* the outermost open one */
	struct token glued; /* a word with a comment right behind it; `at` NULL: none */
	bool unclosed;      /* the text ended inside parentheses */
	struct lexer_fault fault;
};

struct lexer lexer_of(const char *text, size_t len);

/* Reads the next token. A quoted one must end on its line. */
void lexer_next(struct lexer *lex, struct token *out);

/* The same, but a quoted string may follow the `=` of a word: key="value" (RFC
 * 9460 2.1).
 */
void lexer_next_pair(struct lexer *lex, struct token *out);

/* Skips the rest of the entry, to the start of the next one. */
void lexer_skip_entry(struct lexer *lex);

/*
 * Stores why a token is wrong, unless a fault is already stored. Returns ERR_MALFORMED.
 *
 * format  a phrase without a full stop
 */
int lexer_fail(struct lexer *lex, const struct token *token, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Formats the token for a message: quoted, unprintable octets escaped, truncated after
 * 60 octets, into `out` of 256 octets. Returns `out`. */
char *token_show(const struct token *token, char out[256]);
