/* What a switch costs the prober's thread in time of its processor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "bench/made_sites.h"
#include "bench/rows.h"
#include "health/layout.h"
#include "health/row.h"
#include "health/slots.h"
#include "resolver/live/builder.h"
#include "resolver/live/publish.h"

#define HELP                                                                            \
 "What a switch costs the prober's thread in time of its processor: from the\n"         \
 "changed row of one PBX until new answers are published, board and all, without\n"     \
 "probes, sockets and disk. Each site has a PBX of its own; one stands in for all.\n\n" \
 "usage: switch_cost [--json] [SITES NAMES]\n\n"                                        \
 "  SITES NAMES  instead of 1 x 1, 100 x 2, 10,000 x 2 and 10,000 x 8"

enum { FALLS = 400, WHOLE = 11, WALL_MS = 1700000000 };

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static char *conf_of(unsigned sites, unsigned names)
{
	struct buffer b = { 0 };

	made_sites(&b, sites, "tcp@443, udp@5060");
	buffer_put_text(&b, "live:\n");
	for (unsigned i = 0; i < names; i++)
		buffer_printf(&b,
			      "  - { name: n%u.example.net, answer: site, default: hq "
			      "}\n",
			      i);
	return buffer_take_text(&b);
}

/* What was published before, to be freed when the watch stands. */
static struct live_answers *retired;

static void retire(void *arg, struct live_answers *was)
{
	(void)arg;
	retired = was;
}

static void moved(void *arg, const struct live_move *moves, size_t count, size_t total)
{
	size_t *sum = arg;

	(void)moves;
	(void)total;
	*sum += count;
}

struct switch_node {
	struct world *world;
	struct live *live;
	struct board *board;
	struct publisher *publisher;
	size_t moved_count;
};

static struct board_row *row_of(const struct switch_node *n, uint32_t pbx, bool up)
{
	const struct conf_pbx *p = &n->world->conf->pbxs[pbx];
	struct board_row *row;
	struct pbx_layout l;

	layout_init(&l, p, NULL, NULL);
	row = row_new(p->name, &l);
	layout_fini(&l);
	row->state = up ? PBX_UP : PBX_DOWN;
	row->since_ms = (int64_t)WALL_MS * 1000;
	for (size_t i = 0; i < row->target_count; i++) {
		row->targets[i].alive = up;
		row->targets[i].decided = true;
		row->targets[i].since_ms = row->since_ms;
		(void)snprintf(row->targets[i].cause, CAUSE_LEN, "options/udp %s",
			       up ? "answered" : "timeout x10");
	}
	return row;
}

/* The next board, with one row another: as the prober makes it. */
static struct board *next_board(const struct switch_node *n, uint32_t slot,
				struct board_row *row)
{
	const struct board *was = n->board;
	struct board *b = board_new(was->generation + 1, (int64_t)WALL_MS * 1000,
				    was->row_count);

	for (size_t i = 0; i < was->row_count; i++)
		b->rows[i] = i == slot ? row : row_ref(was->rows[i]);
	return b;
}

/* Microseconds from the row to the answers. */
static double change(struct switch_node *n, uint32_t pbx, bool up)
{
	struct board_row *row = row_of(n, pbx, up);
	struct board *was = n->board;
	double begin = now_us();
	double end;

	n->board = next_board(n, slots_at(n->world->slots, pbx), row);
	publisher_board(n->publisher, board_ref(n->board));
	end = now_us();
	live_answers_free(retired);
	board_unref(was);
	return end - begin;
}

static void open_node(struct switch_node *n, unsigned sites, unsigned names)
{
	char *conf = conf_of(sites, names);
	const struct builder_job job = {
		.path = "bench.conf",
		.conf = conf,
		.conf_len = strlen(conf),
	};
	const struct publisher_calls calls = { .retire = retire,
					       .moved = moved,
					       .arg = &n->moved_count };
	struct built built;

	builder_build_now(&job, &built);
	if (built.err)
		abort();
	diags_fini(&built.diags);
	diags_fini(&built.zones);
	n->world = built.world;
	n->live = live_ref(built.answers->live);
	n->board = board_from_conf(n->world->conf, n->world->slots);
	n->publisher = publisher_new(&calls, built.answers);
	free(conf);
	for (uint32_t i = 0; i < n->world->conf->pbx_count; i++) {
		uint32_t slot = slots_at(n->world->slots, i);

		row_unref(n->board->rows[slot]);
		n->board->rows[slot] = row_of(n, i, true);
	}
	(void)change(n, 0, true);
}

static void close_node(struct switch_node *n)
{
	publisher_free(n->publisher);
	board_unref(n->board);
	live_unref(n->live);
	world_unref(n->world);
}

struct switch_figures {
	const char *what;
	double *us;
	size_t count;
};

static void show(const struct switch_node *n, struct switch_figures *f, unsigned sites,
		 unsigned names, struct rows *r)
{
	double middle, tail;

	qsort(f->us, f->count, sizeof(*f->us), compare);
	middle = f->us[f->count / 2] / 1e3;
	tail = f->us[f->count * 99 / 100] / 1e3;
	rows_number(r, sites);
	rows_number(r, names);
	rows_text(r, f->what);
	rows_number(r, (double)n->world->conf->pbx_count);
	rows_number(r, middle);
	rows_number(r, tail);
	rows_number(r, (double)f->count);
	(void)fflush(stdout);
}

static void measure(unsigned sites, unsigned names, struct rows *r)
{
	static double us[FALLS];
	struct switch_node n = { 0 };
	struct switch_figures f = { "one pbx falls", us, 0 };

	open_node(&n, sites, names);
	for (uint32_t i = 0; i < FALLS; i++) {
		uint32_t pbx = 1 + i * 7919 % sites;

		us[f.count++] = change(&n, pbx, false);
		(void)change(&n, pbx, true);
	}
	if (n.moved_count != (size_t)2 * FALLS * names)
		abort(); /* each fall moved its site's names, and back */
	show(&n, &f, sites, names, r);
	f = (struct switch_figures){ "who stands in for all", us, 0 };
	for (int i = 0; i < WHOLE; i++)
		us[f.count++] = change(&n, 0, i % 2);
	show(&n, &f, sites, names, r);
	f = (struct switch_figures){ "all rows anew", us, 0 };
	for (int i = 0; i < WHOLE; i++) {
		double begin = now_us();
		struct live_answers *a = live_answers_new(n.live, n.world, n.board);

		us[f.count++] = now_us() - begin;
		live_answers_free(a);
	}
	show(&n, &f, sites, names, r);
	close_node(&n);
}

int main(int argc, char **argv)
{
	static const struct row_column columns[] = {
		{ "sites", "sites", 6, 0 },   { "names", "names", 6, 0 },
		{ "row", "row", -22, 0 },     { "pbxs", "PBXs", 6, 0 },
		{ "ms_p50", "ms p50", 8, 3 }, { "ms_p99", "ms p99", 8, 3 },
		{ "count", "of", 5, 0 },
	};
	struct rows r = rows_open(&argc, argv, HELP, 30);

	rows_table(&r, "switch_cost", columns, sizeof(columns) / sizeof(*columns));
	if (argc == 3) {
		measure((unsigned)strtoul(argv[1], NULL, 10),
			(unsigned)strtoul(argv[2], NULL, 10), &r);
		return 0;
	}
	measure(1, 1, &r);
	measure(100, 2, &r);
	measure(10000, 2, &r);
	measure(10000, 8, &r);
	return 0;
}
