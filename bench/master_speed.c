/*
 * How long a master file takes to parse.
 *
 *   master_speed FILE [ORIGIN]
 *
 * prints records, and the best of five runs.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "dns/master.h"

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

int main(int argc, char **argv)
{
	const char *origin_text = argc > 2 ? argv[2] : "example.";
	struct master_source src = { .path = argc > 1 ? argv[1] : "" };
	struct name origin;
	struct record_count count = { 0 };
	double best_s = 1e9;

	if (argc < 2 || name_parse(origin_text, strlen(origin_text), NULL, &origin)) {
		fputs("usage: master_speed FILE [ORIGIN]\n", stderr);
		return 2;
	}
	for (unsigned i = 0; i < 5; i++) {
		struct diags diags = { 0 };
		double from_s = now_s();
		double took_s;
		int err;

		count = (struct record_count){ 0 };
		err = master_parse(&src, &origin, &diags, count_record, &count);
		took_s = now_s() - from_s;
		best_s = took_s < best_s ? took_s : best_s;
		if (err) {
			struct buffer text = { 0 };

			diags_format(&diags, &text);
			fwrite(text.octets, 1, text.len, stderr);
			return 1;
		}
		diags_fini(&diags);
	}
	printf("%zu records, %zu octets: %.3f s, %.2f M records/s\n", count.records,
	       count.octets, best_s, (double)count.records / best_s / 1e6);
	return 0;
}
