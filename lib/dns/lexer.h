/*
 * The words of master files (RFC 1035 5.1): blanks, comments, quotes and parentheses
 * are its business; escapes stay in the words, `escaped` tells of them. Borrows the
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
	TOKEN_BAD, /* lexer_fail() has told why */
};

struct token {
	const char *at; /* behind the opening quote of a quoted one */
	size_t len;     /* without the quotes */
	const char *line_at;
	uint32_t line;
	enum token_kind kind;
	bool escaped; /* there is a backslash in it */
};

/* What is wrong first with the entry being read. */
struct lexer_fault {
	char text[200];         /* empty: nothing */
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
	struct lexer_fault fault;
};

struct lexer lexer_of(const char *text, size_t len);

/* Reads the next token. A quoted one ends in its line. */
void lexer_next(struct lexer *lex, struct token *out);

/* The same, but quotes may open behind the `=` of a word: key="value" (RFC 9460 2.1).
 */
void lexer_next_pair(struct lexer *lex, struct token *out);

/* Passes over the rest of the entry, to where the next one begins. */
void lexer_skip_entry(struct lexer *lex);

/*
 * Keeps why a token is wrong, unless a fault is kept already. Returns ERR_MALFORMED.
 *
 * format  a sentence without a stop
 */
int lexer_fail(struct lexer *lex, const struct token *token, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The token for a message: quoted, unprintable octets escaped, cut after 60 octets.
 * Into `out` of 256 octets; returns it. */
char *token_show(const struct token *token, char out[256]);
