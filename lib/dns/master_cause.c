/* What lies behind faults that master files often have. */
#include <stdio.h>
#include <string.h>

#include "dns/master_entry.h"

enum {
	TYPE_HINFO = 13,
	TYPE_SPF = 99,
	TYPE_URI = 256,
	TYPE_AVC = 258,
	TYPE_RESINFO = 261,
	TYPE_WALLET = 262
};

/* Types whose text may well hold a semicolon. */
static bool holds_text(uint16_t type)
{
	static const uint16_t types[] = { TYPE_HINFO, RR_TXT,       RR_NAPTR,
					  TYPE_SPF,   TYPE_URI,     RR_CAA,
					  TYPE_AVC,   TYPE_RESINFO, TYPE_WALLET };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i] == type)
			return true;
	return false;
}

/* "v=DMARC1; p=none" without quotes ends at the semicolon. */
void master_warn_glued(struct master_file *f, uint16_t type)
{
	const struct token *word = &f->lex.glued;
	struct diag_place place;

	if (word->at == NULL || !holds_text(type))
		return;
	place = (struct diag_place){
		.file = f->path,
		.line = word->line,
		.col = (uint32_t)(word->at - word->line_at + (ptrdiff_t)word->len) + 1,
	};
	diags_add(
		f->run->diags, DIAG_WARNING, place,
		"the text ends at this semicolon, where a comment begins: put it into "
		"quotes if the rest belongs to it");
	diags_source(f->run->diags, word->line_at,
		     master_line_len(&f->lex, word->line_at));
}

/* What looks like a blank and is none, in UTF-8. */
static const char *const odd_blanks[] = { "\xc2\xa0", "\xe2\x80\x89", "\xe2\x80\x8b",
					  "\xe2\x80\xaf", "\xe3\x80\x80" };

/* Returns the first of them in the line of the fault, or NULL. */
static const char *find_odd_blank(const struct master_file *f)
{
	const char *line = f->lex.fault.line_at;
	size_t len = master_line_len(&f->lex, line);
	const char *first = NULL;

	for (size_t i = 0; i < sizeof(odd_blanks) / sizeof(*odd_blanks); i++) {
		const char *at = memmem(line, len, odd_blanks[i],
					strlen(odd_blanks[i]));

		if (at && (first == NULL || at < first))
			first = at;
	}
	return first;
}

/* Puts the cause of a fault in the place of what it led to. */
void master_explain(struct master_file *f)
{
	struct lexer_fault *fault = &f->lex.fault;
	const char *odd;

	if (!fault->text[0])
		return;
	if (f->lex.unclosed) {
		fault->text[0] = '\0';
		(void)lexer_fail(&f->lex, &f->lex.paren, "unmatched '('");
		fault->suggestion = NULL;
		return;
	}
	odd = find_odd_blank(f);
	if (odd == NULL || (uint32_t)(odd - fault->line_at) > fault->col + f->token.len)
		return;
	(void)snprintf(fault->text, sizeof(fault->text),
		       "this is not a blank but a no-break or other special space: "
		       "replace it");
	fault->col = (uint32_t)(odd - fault->line_at) + 1;
	fault->suggestion = NULL;
}

/* What editors put before the text (Unicode 23.8): told, and skipped. Returns whether
 * what follows can be read. */
bool master_skip_mark(struct master_file *f)
{
	struct lexer *lex = &f->lex;
	const struct token start = { .at = lex->at, .line_at = lex->at, .line = 1 };
	size_t left = (size_t)(lex->end - lex->at);
	bool wide = left > 1 && (memcmp(lex->at, "\xff\xfe", 2) == 0 ||
				 memcmp(lex->at, "\xfe\xff", 2) == 0);

	if (!wide && (left < 3 || memcmp(lex->at, "\xef\xbb\xbf", 3) != 0))
		return true;
	(void)lexer_fail(lex, &start,
			 wide ? "the file is in UTF-16: save it as plain text in UTF-8"
			      : "the file begins with a byte order mark: save it as "
				"UTF-8 without one");
	master_report(f);
	lex->at += wide ? 0 : 3;
	lex->line_at = lex->at;
	return !wide;
}
