#include "conf/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/operator/diag.h"

char *name_lowered(const char *text)
{
	char *copy = alloc_text(text);

	for (char *p = copy; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p | 0x20);
	return copy;
}

void names_put(struct names *n, const char *text, uint32_t index)
{
	char *copy = name_lowered(text);

	if (n->count == n->cap) {
		n->cap = n->cap ? 2 * n->cap : 16;
		n->rows = alloc_resize(n->rows, n->cap, sizeof *n->rows);
	}
	n->rows[n->count++] = (struct name_row){ .text = copy, .index = index };
}

static int compare_rows(const void *a, const void *b)
{
	const struct name_row *x = a;
	const struct name_row *y = b;
	int order = strcmp(x->text, y->text);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

void names_sort(struct names *n)
{
	if (n->count)
		qsort(n->rows, n->count, sizeof *n->rows, compare_rows);
}

uint32_t names_find(const struct names *n, const char *text)
{
	size_t low = 0;
	size_t high = n->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(n->rows[middle].text, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < n->count && strcmp(n->rows[low].text, text) == 0)
		return n->rows[low].index;
	return UINT32_MAX;
}

static const char *name_at(const void *arg, size_t i)
{
	const struct names *n = arg;

	return n->rows[i].text;
}

const char *names_suggest(const struct names *n, const char *text)
{
	return suggest(text, n->count, name_at, n);
}

void names_fini(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->rows[i].text);
	free(n->rows);
	*n = (struct names){ 0 };
}
