/* How long a master file takes to parse. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "bench/made_zone.h"
#include "bench/rows.h"
#include "dns/master.h"

#define HELP                                                              \
 "How long a master file takes to parse: the best of five runs.\n\n"      \
 "usage: master_speed [--json] [COUNT | FILE [ORIGIN]]\n\n"               \
 "  COUNT   of names in a zone that is made for this (default 1000000)\n" \
 "  ORIGIN  of a file of your own (example.)"

enum { COUNT = 1000000, RUNS = 5 };

struct record_count {
	size_t records;
	size_t octets; /* of owners and RDATA, so that they must be made */
};

static int count_record(void *arg, const struct master_record *r)
{
	struct record_count *c = arg;

	c->records++;
	c->octets += r->owner->len + r->rdlen;
	return 0;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Parses once; returns the seconds it took, or a negative number when it is faulty. */
static double parse(const struct master_source *src, const struct name *origin,
		    struct record_count *count)
{
	struct diags diags = { 0 };
	double from_s = now_s();
	double took_s;
	int err;

	*count = (struct record_count){ 0 };
	err = master_parse(src, origin, &diags, count_record, count);
	took_s = err ? -1 : now_s() - from_s;
	if (err) {
		struct buffer text = { 0 };

		diags_format(&diags, &text);
		fwrite(text.octets, 1, text.len, stderr);
		buffer_fini(&text);
	}
	diags_fini(&diags);
	return took_s;
}

static int measure(struct rows *r, const char *path, const struct name *origin)
{
	static const struct row_column columns[] = {
		{ "records", "records", 9, 0 },
		{ "octets", "octets", 10, 0 },
		{ "best_s", "best s", 8, 3 },
		{ "records_a_s", "records/s", 10, 0 },
	};
	struct master_source src = { .path = path };
	struct record_count count = { 0 };
	double best_s = 1e9;

	for (unsigned i = 0; i < RUNS; i++) {
		double took_s = parse(&src, origin, &count);

		if (took_s < 0)
			return 1;
		best_s = took_s < best_s ? took_s : best_s;
	}
	rows_table(r, "master_speed", columns, sizeof(columns) / sizeof(*columns));
	rows_number(r, (double)count.records);
	rows_number(r, (double)count.octets);
	rows_number(r, best_s);
	rows_number(r, (double)count.records / best_s);
	return 0;
}

int main(int argc, char **argv)
{
	struct rows r = rows_open(&argc, argv, HELP, 5);
	const char *path = argc > 1 ? argv[1] : "";
	const char *origin_text = argc > 2 ? argv[2] : "example.";
	size_t made = path[strspn(path, "0123456789")] ? 0 : strtoul(path, NULL, 10);
	struct name origin;
	int status;

	if (name_parse(origin_text, strlen(origin_text), NULL, &origin)) {
		fputs(HELP "\n", stderr);
		return 2;
	}
	if (argc < 2)
		made = COUNT;
	if (made && made_zone_write(made, &path)) {
		perror("master_speed");
		return 1;
	}
	status = measure(&r, path, &origin);
	if (made)
		made_zone_remove();
	return status;
}
