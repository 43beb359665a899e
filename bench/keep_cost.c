/*
 * What it costs the prober's thread to publish and to keep the change of one pbx among
 * many, and of all at once: from the change to the new board, and the encoding of what
 * a restart begins with. The least of the rounds, in microseconds.
 *
 *   keep_cost [--json] [PBXS [ROUNDS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "tests/health/sim.h"

enum { ROUNDS = 200, NAME_LEN = 24 };

struct meter {
	struct sim sim;
	uint64_t board_ns, keep_ns; /* when the board was there, and the rows */
	size_t row_count, octets;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void on_publish(void *arg, struct board *fresh,
		       const struct switch_record *records, size_t count)
{
	struct meter *m = arg;
	struct kept_rows rows = { 0 };

	(void)records;
	(void)count;
	m->board_ns = now_ns();
	prober_keep_rows(m->sim.prober, &rows);
	m->keep_ns = now_ns();
	m->row_count = rows.count;
	m->octets = rows.octets.len;
	kept_rows_fini(&rows);
	board_unref(m->sim.board);
	m->sim.board = fresh;
}

/* pbxs that live, with three endpoints each. */
static void begin(struct meter *m, size_t count)
{
	struct sim_pbx *pbxs = alloc_array(count, sizeof(*pbxs));
	char(*names)[NAME_LEN] = alloc_array(count, NAME_LEN);

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(names[i], NAME_LEN, "pbx%zu", i);
		pbxs[i] = (struct sim_pbx){ .name = names[i],
					    .host = (uint8_t)(1 + i % (SIM_HOSTS - 1)),
					    .transports = 1 << TRANSPORT_UDP |
							  1 << TRANSPORT_TCP |
							  1 << TRANSPORT_TLS };
	}
	sim_init(&m->sim, 1);
	m->sim.calls = (struct prober_calls){ .publish = on_publish, .arg = m };
	sim_load(&m->sim, pbxs, count);
	free(pbxs);
	free(names);
}

static void put_row(bool json, size_t pbxs, const char *what, const struct meter *m,
		    uint64_t board_ns, uint64_t keep_ns)
{
	printf(json ? "{\"pbxs\":%zu,\"change\":\"%s\",\"board_us\":%.1f,\"keep_us\":%.1f,"
		      "\"rows\":%zu,\"octets\":%zu}\n"
		    : "%8zu  %-6s %10.1f %10.1f %8zu %10zu\n",
	       pbxs, what, (double)board_ns / 1000, (double)keep_ns / 1000,
	       m->row_count, m->octets);
}

static void measure(size_t count, unsigned rounds, bool json)
{
	struct meter m = { 0 };
	uint64_t board_ns = UINT64_MAX, keep_ns = UINT64_MAX;
	uint64_t from = now_ns();

	begin(&m, count);
	put_row(json, count, "all", &m, m.board_ns - from, m.keep_ns - m.board_ns);
	for (unsigned i = 0; i < rounds; i++) {
		const struct health_order o = { .order = ORDER_FORCE,
						.slot = (uint32_t)(i % count),
						.force = FORCE_DOWN,
						.author = "bench" };

		sim_run(&m.sim, 1); /* else two orders are one moment */
		from = now_ns();
		(void)prober_order(m.sim.prober, &o);
		if (m.board_ns - from < board_ns)
			board_ns = m.board_ns - from;
		if (m.keep_ns - m.board_ns < keep_ns)
			keep_ns = m.keep_ns - m.board_ns;
	}
	put_row(json, count, "one", &m, board_ns, keep_ns);
	sim_fini(&m.sim);
}

int main(int argc, char **argv)
{
	static const size_t counts[] = { 100, 1000, 10000 };
	bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
	size_t count = argc > 1 + json ? strtoul(argv[1 + json], NULL, 10) : 0;
	unsigned rounds = argc > 2 + json ? (unsigned)strtoul(argv[2 + json], NULL, 10)
					  : ROUNDS;

	if (!json)
		printf("%8s  %-6s %10s %10s %8s %10s\n", "pbxs", "change", "board us",
		       "keep us", "rows", "octets");
	for (size_t i = 0; count == 0 && i < sizeof(counts) / sizeof(*counts); i++)
		measure(counts[i], rounds, json);
	if (count)
		measure(count, rounds, json);
	return 0;
}
