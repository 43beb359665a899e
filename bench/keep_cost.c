/* What publishing and keeping a change costs the prober's thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "bench/rows.h"
#include "tests/health/sim.h"

#define HELP                                                                       \
 "What it costs the prober's thread to publish and to keep the change of one\n"    \
 "PBX among many, and of all at once: from the change to the new board, and\n"     \
 "the encoding of what a restart begins with. The least of the rounds, in us.\n\n" \
 "usage: keep_cost [--json] [PBXS [ROUNDS]]\n\n"                                   \
 "  PBXS    instead of 100, 1,000 and 10,000\n"                                    \
 "  ROUNDS  changes of one PBX (default 200)"

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

static void put_row(struct rows *r, size_t pbxs, const char *what,
		    const struct meter *m, uint64_t board_ns, uint64_t keep_ns)
{
	rows_number(r, (double)pbxs);
	rows_text(r, what);
	rows_number(r, (double)board_ns / 1000);
	rows_number(r, (double)keep_ns / 1000);
	rows_number(r, (double)m->row_count);
	rows_number(r, (double)m->octets);
}

static void measure(size_t count, unsigned rounds, struct rows *r)
{
	struct meter m = { 0 };
	uint64_t board_ns = UINT64_MAX, keep_ns = UINT64_MAX;
	uint64_t from = now_ns();

	begin(&m, count);
	put_row(r, count, "all", &m, m.board_ns - from, m.keep_ns - m.board_ns);
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
	put_row(r, count, "one", &m, board_ns, keep_ns);
	sim_fini(&m.sim);
}

int main(int argc, char **argv)
{
	static const size_t counts[] = { 100, 1000, 10000 };
	static const struct row_column columns[] = {
		{ "pbxs", "PBXs", 8, 0 },          { "change", "change", -6, 0 },
		{ "board_us", "board us", 10, 1 }, { "keep_us", "keep us", 10, 1 },
		{ "rows", "rows", 8, 0 },          { "octets", "octets", 10, 0 },
	};
	struct rows r = rows_open(&argc, argv, HELP, 10);
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : ROUNDS;

	rows_table(&r, "keep_cost", columns, sizeof(columns) / sizeof(*columns));
	for (size_t i = 0; count == 0 && i < sizeof(counts) / sizeof(*counts); i++)
		measure(counts[i], rounds, &r);
	if (count)
		measure(count, rounds, &r);
	return 0;
}
