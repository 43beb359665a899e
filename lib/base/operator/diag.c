#include "base/operator/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/rune.h"
#include "base/text.h"

enum { LIMIT = 1000, SOURCE_MAX_LEN = 200 };

/* The list's own copy of a file's name. */
static const char *file_keep(struct diags *d, const char *file)
{
	if (file == NULL)
		return NULL;
	for (size_t i = d->file_count; i-- > 0;)
		if (strcmp(d->files[i], file) == 0)
			return d->files[i];
	d->files = alloc_resize(d->files, d->file_count + 1, sizeof(*d->files));
	d->files[d->file_count] = alloc_text(file);
	return d->files[d->file_count++];
}

void diags_add(struct diags *d, enum diag_level level, struct diag_place place,
	       const char *format, ...)
{
	va_list args;
	char *text = NULL;
	int len;

	if (level == DIAG_ERROR)
		d->error_count++;
	if (d->count >= (d->limit ? d->limit : LIMIT)) {
		d->more_count++;
		return;
	}
	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if ((d->count & (d->count - 1)) == 0)
		d->rows = alloc_resize(d->rows, d->count ? 2 * d->count : 1,
				       sizeof(*d->rows));
	place.file = file_keep(d, place.file);
	d->rows[d->count++] = (struct diag){
		.level = level,
		.place = place,
		.text = len < 0 ? alloc_text(format) : text,
	};
}

/* The last row added, or NULL if it was not kept. */
static struct diag *last_row(const struct diags *d)
{
	return d->count && d->more_count == 0 ? &d->rows[d->count - 1] : NULL;
}

void diags_source(struct diags *d, const char *line, size_t len)
{
	struct diag *row = last_row(d);

	if (row == NULL || line == NULL)
		return;
	free(row->source);
	row->source = alloc(len + 1);
	memcpy(row->source, line, len);
}

void diags_suggest(struct diags *d, const char *suggestion)
{
	struct diag *row = last_row(d);

	if (row == NULL || suggestion == NULL)
		return;
	free(row->suggestion);
	row->suggestion = alloc_text(suggestion);
}

void diags_name(struct diags *d, const char *name)
{
	struct diag *row = last_row(d);

	if (row)
		row->name = name;
}

struct ranked {
	struct diag row;
	size_t file;
	size_t order;
};

static int ranked_compare(const void *a, const void *b)
{
	const struct ranked *x = a;
	const struct ranked *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->row.place.line != y->row.place.line)
		return x->row.place.line < y->row.place.line ? -1 : 1;
	if (x->row.place.col != y->row.place.col)
		return x->row.place.col < y->row.place.col ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static size_t file_rank(const struct diags *d, const char *file)
{
	size_t i = 0;

	while (i < d->file_count && d->files[i] != file)
		i++;
	return i;
}

void diags_sort(struct diags *d)
{
	struct ranked *ranked = alloc_array(d->count, sizeof(*ranked));

	for (size_t i = 0; i < d->count; i++) {
		ranked[i].row = d->rows[i];
		ranked[i].file = file_rank(d, d->rows[i].place.file);
		ranked[i].order = i;
	}
	qsort(ranked, d->count, sizeof(*ranked), ranked_compare);
	for (size_t i = 0; i < d->count; i++)
		d->rows[i] = ranked[i].row;
	free(ranked);
}

/* Blanks as wide as the text: one a column, not an octet; tabs stay. */
static void put_blanks(struct text t, struct buffer *out)
{
	while (text_len(&t)) {
		struct text part = text_until(&t, "\t");

		buffer_printf(out, "%*s", (int)rune_columns(part), "");
		if (text_skip(&t, '\t'))
			buffer_put_u8(out, '\t');
	}
}

/* The line as a terminal may see it, and blanks as wide up to the column. */
static void format_source(const struct diag *row, struct buffer *out)
{
	size_t len = strlen(row->source);
	size_t col = row->place.col;

	if (len > SOURCE_MAX_LEN)
		len = SOURCE_MAX_LEN;
	buffer_put_text(out, "    ");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)row->source[i];

		buffer_put_u8(out, (c < 0x20 && c != '\t') || c == 0x7f ? '?' : c);
	}
	buffer_put_text(out, "\n");
	if (col == 0 || col > len + 1)
		return;
	buffer_put_text(out, "    ");
	put_blanks(text_of(row->source, col - 1), out);
	buffer_put_text(out, "^\n");
}

void diags_format(const struct diags *d, struct buffer *out)
{
	static const char *const names[] = { "error", "warning", "note" };

	for (size_t i = 0; i < d->count; i++) {
		const struct diag *row = &d->rows[i];

		if (row->place.file)
			buffer_put_text(out, row->place.file);
		if (row->place.line)
			buffer_printf(out, ":%u", row->place.line);
		if (row->place.line && row->place.col)
			buffer_printf(out, ":%u", row->place.col);
		if (row->place.file)
			buffer_put_text(out, ": ");
		buffer_printf(out, "%s: %s", names[row->level], row->text);
		if (row->suggestion)
			buffer_printf(out, "; did you mean '%s'?", row->suggestion);
		if (row->name)
			buffer_printf(out, " [%s]", row->name);
		buffer_put_text(out, "\n");
		if (row->source)
			format_source(row, out);
	}
	if (d->more_count)
		buffer_printf(out, "and %zu more\n", d->more_count);
}

void diags_fini(struct diags *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->rows[i].text);
		free(d->rows[i].source);
		free(d->rows[i].suggestion);
	}
	for (size_t i = 0; i < d->file_count; i++)
		free(d->files[i]);
	free(d->files);
	free(d->rows);
	*d = (struct diags){ .limit = d->limit };
}

enum { WORD_MAX_LEN = 64 };

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edits from one word to the other, neighbours swapped counting as one. */
static unsigned edits(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][WORD_MAX_LEN + 1];

	for (unsigned j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a_len; i++) {
		unsigned *now = rows[i % 3];
		const unsigned *was = rows[(i - 1) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= b_len; j++) {
			bool same = text_lower(a[i - 1]) == text_lower(b[j - 1]);

			now[j] = least(was[j - 1] + !same,
				       least(was[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 &&
			    text_lower(a[i - 1]) == text_lower(b[j - 2]) &&
			    text_lower(a[i - 2]) == text_lower(b[j - 1]))
				now[j] = least(now[j], rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

const char *suggest(const char *word, size_t count, suggest_name_fn *name_at,
		    const void *arg)
{
	size_t len = strlen(word);
	unsigned best = len < 4 ? 2 : 3; /* one more than what is near */
	const char *found = NULL;

	if (len > WORD_MAX_LEN)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const char *name = name_at(arg, i);
		size_t name_len = name ? strlen(name) : 0;
		unsigned far;

		if (name == NULL || name_len > WORD_MAX_LEN)
			continue;
		far = edits(word, len, name, name_len);
		if (far < best && far < len) { /* no letter in common is no guess */
			best = far;
			found = name;
		}
	}
	return found;
}
