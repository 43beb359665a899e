/* What one changed record costs in a big zone: a new snapshot each time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/made_zone.h"
#include "bench/rows.h"
#include "dns/rr.h"
#include "zones/load.h"
#include "zones/patch.h"

#define HELP                                                                    \
 "What one changed record costs in a big zone, with a new snapshot each time: " \
 "each NAME gets another A record 100 times.\n\n"                               \
 "usage: zone_patch [--json] [COUNT | FILE ORIGIN NAME...]\n\n"                 \
 "  COUNT  of names in a zone that is made for this (default 1000000)"

enum { COUNT = 1000000, ROUNDS = 100, NAMES_MAX = 1000 };

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *one, const void *other)
{
	double a = *(const double *)one;
	double b = *(const double *)other;

	return a < b ? -1 : a > b;
}

static int change(struct zone **z, const struct name *owner, uint32_t address)
{
	const struct ready_rdata rdata = { (const uint8_t *)&address, sizeof(address) };
	const struct zone_change c = {
		.owner = owner, .type = RR_A, .ttl = 60, .rdatas = &rdata, .count = 1
	};
	struct zone *fresh = NULL;
	int err = zone_patch(*z, &c, 1, &fresh);

	if (err)
		return err;
	zone_unref(*z);
	*z = fresh;
	return OK;
}

static void show(struct rows *r, size_t names, const double *took, size_t count)
{
	static const struct row_column columns[] = {
		{ "names", "names", 9, 0 },
		{ "changes", "changes", 8, 0 },
		{ "p50_us", "p50 us", 8, 1 },
		{ "p99_us", "p99 us", 8, 1 },
	};

	rows_table(r, "zone_patch", columns, sizeof(columns) / sizeof(*columns));
	rows_number(r, (double)names);
	rows_number(r, (double)count);
	rows_number(r, took[count / 2]);
	rows_number(r, took[count * 99 / 100]);
}

/* Returns the status of the program. */
static int measure(struct rows *r, const char *path, const struct name *origin,
		   const char *const *names, int name_count)
{
	static double took[ROUNDS * NAMES_MAX];
	struct diags diags = { 0 };
	struct zone *z = NULL;
	struct name owner;
	size_t count = 0;
	int status = 1;

	if (zone_load(&(struct zone_load){ .path = path, .origin = origin }, &diags,
		      &z))
		goto done;
	for (uint32_t round = 0; round < ROUNDS; round++)
		for (int i = 0; i < name_count; i++) {
			double start = now_us();

			if (name_parse(names[i], strlen(names[i]), origin, &owner) ||
			    change(&z, &owner, round)) {
				fprintf(stderr, "zone_patch: %s cannot be changed\n",
					names[i]);
				goto done;
			}
			took[count++] = now_us() - start;
		}
	qsort(took, count, sizeof(took[0]), compare);
	show(r, zone_name_count(z), took, count);
	status = 0;
done:
	zone_unref(z);
	diags_fini(&diags);
	return status;
}

int main(int argc, char **argv)
{
	static const struct name root = { .len = 1 };
	static const char *const defaults[] = { "h0000000", "h0000007", "h0000042" };
	struct rows r = rows_open(&argc, argv, HELP, 3);
	size_t made = argc == 2 ? strtoul(argv[1], NULL, 10) : argc < 2 ? COUNT : 0;
	const char *const *names = made ? defaults : (const char *const *)argv + 3;
	int name_count = made ? 3 : argc - 3;
	const char *origin_text = made ? "example." : argc > 2 ? argv[2] : "";
	const char *path = argv[1];
	struct name origin;
	int status;

	if (name_count < 1 || name_count > NAMES_MAX ||
	    name_parse(origin_text, strlen(origin_text), &root, &origin)) {
		fputs(HELP "\n", stderr);
		return 2;
	}
	if (made && made_zone_write(made, &path)) {
		perror("zone_patch");
		return 1;
	}
	status = measure(&r, path, &origin, names, name_count);
	if (made)
		made_zone_remove();
	return status;
}
