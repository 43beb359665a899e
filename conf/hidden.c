#include "conf/hidden.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/operator/diag.h"
#include "base/text.h"
#include "conf/setting.h"
#include "conf/source.h"
#include "conf/tree.h"

enum { KEYS_MAX = 64 };

/* The keys of all secrets. */
struct keys {
	const char *names[KEYS_MAX];
	size_t count;
};

static const struct section *inner(const struct setting *s)
{
	if (s->type == SET_VIEWS)
		return &view_section;
	return setting_holds_section(s) ? s->section : NULL;
}

static void collect(const struct section *sec, struct keys *k)
{
	for (const struct setting *s = sec->settings; s->name; s++) {
		const struct section *below = inner(s);

		if (s->type == SET_SECRET && k->count < KEYS_MAX)
			k->names[k->count++] = s->name;
		if (below)
			collect(below, k);
	}
}

bool section_has_secret(const struct section *sec)
{
	struct keys k = { .count = 0 };

	collect(sec, &k);
	return k.count > 0;
}

const char *section_secret_in(const struct section *sec, const char *word)
{
	for (const struct setting *s = sec->settings; s->name; s++)
		if (s->type == SET_SECRET && strcmp(s->name, word) != 0 &&
		    strcasestr(word, s->name))
			return s->name;
	return NULL;
}

static void hide(struct hidden *h, const struct source *s, size_t line)
{
	if (h->lines == NULL) {
		h->lines = alloc_array(s->line_count, sizeof *h->lines);
		h->line_count = (uint32_t)s->line_count;
	}
	if (line < h->line_count)
		h->lines[line] = true;
}

static struct text line_of(const struct source *s, size_t line)
{
	size_t start = s->line_starts[line];
	size_t end = line + 1 < s->line_count ? s->line_starts[line + 1] : s->len;

	return text_of(s->octets + start, end - start);
}

static size_t indentation(struct text line)
{
	return text_skip_blanks(&line);
}

static bool is_blank(struct text line)
{
	line = text_trim(line);
	return text_len(&line) == 0 || *line.at == '\n' || *line.at == '\r';
}

static bool is_word(int c)
{
	return isalnum(c) || c == '-' || c == '_';
}

/* Finds the text after the last of the keys in a line. Returns whether there is any. */
static bool behind_key(const struct keys *k, struct text line, struct text *rest)
{
	bool found = false;

	for (size_t i = 0; i < k->count; i++) {
		size_t len = strlen(k->names[i]);

		for (const char *at = line.at; line.end - at >= (ptrdiff_t)len; at++) {
			if (strncasecmp(at, k->names[i], len) != 0 ||
			    (at > line.at && is_word((unsigned char)at[-1])) ||
			    (at + len < line.end && is_word((unsigned char)at[len])))
				continue;
			if (!found || at + len > rest->at)
				*rest = text_of(at + len,
						(size_t)(line.end - at) - len);
			found = true;
		}
	}
	return found;
}

/* Returns the text where a value would begin, after the end of its key. */
static struct text value_behind(struct text rest)
{
	if (text_peek(&rest) == '"' || text_peek(&rest) == '\'')
		(void)text_next(&rest);
	(void)text_skip_blanks(&rest);
	(void)text_skip(&rest, ':');
	(void)text_skip_blanks(&rest);
	return rest;
}

/* Returns the quote that a value opens and does not close on its line, or 0. */
static int open_quote(struct text value)
{
	int quote = text_peek(&value);

	if (quote != '"' && quote != '\'')
		return 0;
	(void)text_next(&value);
	return memchr(value.at, quote, text_len(&value)) ? 0 : quote;
}

/* Hides the lines below a key that may still be its value. */
static void hide_value(struct hidden *h, const struct source *s, size_t line,
		       struct text value)
{
	size_t depth = indentation(line_of(s, line));
	int quote = open_quote(value);
	bool wanted = is_blank(value);

	while (line + 1 < s->line_count) {
		struct text below = line_of(s, line + 1);
		bool last = quote && memchr(below.at, quote, text_len(&below));

		if (!quote && !wanted && !is_blank(below) &&
		    indentation(below) <= depth)
			break;
		wanted = wanted && is_blank(below);
		hide(h, s, ++line);
		if (last)
			break;
	}
}

void hidden_scan(struct hidden *h, const struct source *s)
{
	struct keys k = { .count = 0 };

	collect(&conf_section, &k);
	for (size_t line = 0; k.count && line < s->line_count; line++) {
		struct text rest;

		if (!behind_key(&k, line_of(s, line), &rest))
			continue;
		hide(h, s, line);
		hide_value(h, s, line, value_behind(rest));
	}
}

static uint32_t last_line(const struct node *n)
{
	uint32_t last = n->end_line > n->line ? n->end_line : n->line;

	for (const struct node *i = n->first; i; i = i->next) {
		uint32_t line = last_line(i);

		last = line > last ? line : last;
	}
	return last;
}

void hidden_add(struct hidden *h, const struct source *s, const struct node *n)
{
	uint32_t first = n->key && n->key->line ? n->key->line : n->line;
	uint32_t last = last_line(n);

	for (uint32_t line = first; line && line <= last; line++)
		hide(h, s, line - 1);
}

bool hidden_has(const struct hidden *h, uint32_t line)
{
	return line && line <= h->line_count && h->lines[line - 1];
}

void hidden_apply(const struct hidden *h, struct diags *d, size_t first)
{
	for (size_t i = first; i < d->count; i++) {
		struct diag *row = &d->rows[i];

		if (row->source == NULL || !hidden_has(h, row->place.line))
			continue;
		free_wiped(row->source, strlen(row->source));
		row->source = NULL;
	}
}

void hidden_fini(struct hidden *h)
{
	free(h->lines);
}
