/*
 * What one changed record costs in a big zone: a new snapshot each time.
 *
 * usage: zone_patch FILE ORIGIN NAME...
 *
 * Each NAME gets another A record 100 times. Prints the median and the 99th percentile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dns/rr.h"
#include "zones/load.h"
#include "zones/patch.h"

enum { ROUNDS = 100, NAMES_MAX = 1000 };

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

int main(int argc, char **argv)
{
	static const struct name root = { .len = 1 };
	static double took[ROUNDS * NAMES_MAX];
	struct diags diags = { 0 };
	struct name origin, owner;
	struct zone *z = NULL;
	size_t count = 0;

	if (argc < 4 || argc - 3 > NAMES_MAX ||
	    name_parse(argv[2], strlen(argv[2]), &root, &origin)) {
		fprintf(stderr, "usage: zone_patch FILE ORIGIN NAME...\n");
		return 2;
	}
	if (zone_load(&(struct zone_load){ .path = argv[1], .origin = &origin }, &diags,
		      &z))
		return 1;
	for (uint32_t round = 0; round < ROUNDS; round++)
		for (int i = 3; i < argc; i++) {
			double start = now_us();

			if (name_parse(argv[i], strlen(argv[i]), &origin, &owner) ||
			    change(&z, &owner, round)) {
				fprintf(stderr, "zone_patch: %s cannot be changed\n",
					argv[i]);
				return 1;
			}
			took[count++] = now_us() - start;
		}
	qsort(took, count, sizeof(took[0]), compare);
	printf("names=%zu changes=%zu median_us=%.1f p99_us=%.1f\n", zone_name_count(z),
	       count, took[count / 2], took[count * 99 / 100]);
	zone_unref(z);
	diags_fini(&diags);
	return 0;
}
