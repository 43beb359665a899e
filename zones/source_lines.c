#include "zones/source_lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/operator/diag.h"
#include "dns/master.h"

enum { SOURCE_MAX_LEN = 200 };

/* Sorted instead of the rows, whose order is the finding's. */
struct wanted {
	struct diag *row;
};

static bool is_wanted(const struct diag *row)
{
	return row->place.file && row->place.line &&
	       (row->place.col == 0 || row->source == NULL);
}

static int compare(const void *a, const void *b)
{
	const struct diag_place *x = &((const struct wanted *)a)->row->place;
	const struct diag_place *y = &((const struct wanted *)b)->row->place;
	int files = strcmp(x->file, y->file);

	if (files)
		return files;
	return x->line < y->line ? -1 : x->line > y->line;
}

static void add_line(struct diag *row, const char *at, const char *end)
{
	const char *word = at;
	size_t len;

	while (word < end && (*word == ' ' || *word == '\t'))
		word++;
	if (word == end) /* the file was changed meanwhile */
		return;
	while (end > word && (end[-1] == '\r' || end[-1] == ' '))
		end--;
	len = (size_t)(end - at);
	if (row->place.col == 0)
		row->place.col = (uint32_t)(word - at) + 1;
	if (row->source || len > SOURCE_MAX_LEN)
		return;
	row->source = alloc(len + 1);
	memcpy(row->source, at, len);
}

/* One walk through a file for all its rows, which are in the order of lines. */
static void walk(const struct master_text *text, const struct wanted *rows,
		 size_t count)
{
	const char *at = text->octets;
	const char *end = text->octets + text->len;
	uint32_t line = 1;
	size_t i = 0;

	while (i < count && at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (stop == NULL)
			stop = end;
		for (; i < count && rows[i].row->place.line == line; i++)
			add_line(rows[i].row, at, stop);
		at = stop + 1;
		line++;
	}
}

void source_lines_add(struct diags *d, size_t from)
{
	struct wanted *rows = alloc_array(d->count - from + 1, sizeof(*rows));
	size_t count = 0;
	size_t same;

	for (size_t i = from; i < d->count; i++)
		if (is_wanted(&d->rows[i]))
			rows[count++].row = &d->rows[i];
	qsort(rows, count, sizeof(*rows), compare);
	for (size_t i = 0; i < count; i += same) {
		const char *file = rows[i].row->place.file;
		struct master_text text;

		for (same = 1; i + same < count; same++)
			if (strcmp(rows[i + same].row->place.file, file) != 0)
				break;
		if (master_disk.open(master_disk.arg, file, &text))
			continue;
		walk(&text, rows + i, same);
		master_disk.close(master_disk.arg, &text);
	}
	free(rows);
}
