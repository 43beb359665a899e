#include "bench/rows.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rows rows_open(int *argc, char **argv, const char *help, unsigned seconds)
{
	struct rows r = { 0 };
	int kept = 1;

	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			printf("%s\n"
			       "  --json  one JSON object a row on standard output\n\n"
			       "Takes about %u s with its defaults.\n",
			       help, seconds);
			exit(0);
		}
		if (strcmp(argv[i], "--json") == 0)
			r.json = true;
		else
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	*argc = kept;
	fprintf(stderr, "%s: about %u s with its defaults\n", argv[0], seconds);
	return r;
}

void rows_tell(const struct rows *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(r->json ? stderr : stdout, format, args);
	va_end(args);
}

void rows_table(struct rows *r, const char *name, const struct row_column *columns,
		size_t count)
{
	r->table = name;
	r->columns = columns;
	r->count = count;
	r->at = 0;
	for (size_t i = 0; i < count && !r->json; i++)
		printf("%*s%c", columns[i].width, columns[i].head,
		       i + 1 < count ? ' ' : '\n');
}

static void begin_cell(const struct rows *r)
{
	assert(r->at < r->count);
	if (r->json && r->at == 0)
		printf("{\"table\": \"%s\"", r->table);
	if (r->json)
		printf(", \"%s\": ", r->columns[r->at].key);
	else if (r->at)
		(void)putchar(' ');
}

static void end_cell(struct rows *r)
{
	if (++r->at < r->count)
		return;
	puts(r->json ? "}" : "");
	(void)fflush(stdout);
	r->at = 0;
}

void rows_text(struct rows *r, const char *text)
{
	begin_cell(r);
	if (r->json)
		printf("\"%s\"", text);
	else
		printf("%*s", r->columns[r->at].width, text);
	end_cell(r);
}

void rows_number(struct rows *r, double number)
{
	const struct row_column *c = &r->columns[r->at];

	begin_cell(r);
	printf("%*.*f", r->json ? 0 : c->width, c->digits, number);
	end_cell(r);
}
