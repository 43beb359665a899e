/* From `zone reload ZONE` until the new data is answered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "base/rcu.h"
#include "bench/made_sites.h"
#include "bench/rows.h"
#include "dns/rr.h"
#include "net/loop.h"
#include "resolver/answer/query.h"
#include "resolver/live/builder.h"
#include "resolver/live/publish.h"

#define HELP                                                                          \
 "From `zone reload ZONE` until the new data is answered, beside many sites with\n"   \
 "live names and 100 other zones: a small zone, the zone of the live names, and a\n"  \
 "reload of the configuration in which nothing changed. Builder, publisher and one\n" \
 "query in this process, without sockets and probes.\n\n"                             \
 "usage: zone_edit [--json] [SITES NAMES]\n\n"                                        \
 "  SITES NAMES  instead of 1 x 1 and 10,000 x 8"

enum { EDITS = 40, RELOADS = 5, ZONE_NAMES = 1000, OTHER_ZONES = 100 };

static char folder[] = "/tmp/deputy-zone-edit.XXXXXX";

/* What passed since: by the clock, and of the processor for all threads. */
struct span {
	double ms, cpu_ms;
};

static double clock_ms(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct span now(void)
{
	return (struct span){ clock_ms(CLOCK_MONOTONIC),
			      clock_ms(CLOCK_PROCESS_CPUTIME_ID) };
}

static struct span since(struct span begin)
{
	struct span end = now();

	return (struct span){ end.ms - begin.ms, end.cpu_ms - begin.cpu_ms };
}

static int compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->ms < y->ms ? -1 : x->ms > y->ms;
}

static void put_file(const char *file, const struct buffer *b)
{
	char *path = alloc_format("%s/%s", folder, file);

	if (file_replace(path, b->octets, b->len, 0644))
		abort();
	free(path);
}

/* `edit` is the address of "edited". */
static void put_zone(const char *file, unsigned edit)
{
	struct buffer b = { 0 };

	buffer_printf(&b,
		      "$TTL 60\n@ SOA ns h %u 60 60 60 60\n@ NS ns\nns A 192.0.2.1\n"
		      "edited A 10.0.%u.%u\n",
		      edit, edit / 256, edit % 256);
	for (int i = 0; i < ZONE_NAMES; i++)
		buffer_printf(&b, "h%d A 10.1.%d.%d\n", i, i / 256, i % 256);
	put_file(file, &b);
	buffer_fini(&b);
}

static char *conf_of(unsigned sites, unsigned names)
{
	struct buffer b = { 0 };

	made_sites(&b, sites, "tcp@443");
	buffer_put_text(&b, "zones:\n"
			    "  - { name: plain.example, file: plain.zone }\n"
			    "  - { name: live.example, file: live.zone }\n");
	for (int i = 0; i < OTHER_ZONES; i++)
		buffer_printf(&b, "  - { name: z%d.example, file: other.zone }\n", i);
	buffer_put_text(&b, "live:\n");
	for (unsigned i = 0; i < names; i++)
		buffer_printf(
			&b,
			"  - { name: n%u.live.example, answer: site, default: hq }\n",
			i);
	return buffer_take_text(&b);
}

struct edit_node {
	struct loop *loop; /* main's and the prober's */
	struct builder *builder;
	struct publisher *publisher;
	struct world *world;
	struct worker worker;
	struct cookie_keys keys;
	char *conf;
	bool done;
};

static void retire(void *arg, struct live_answers *was)
{
	struct edit_node *n = arg;

	builder_retire(n->builder, was);
}

static void drop(void *arg, struct live_answers *unused)
{
	struct edit_node *n = arg;

	builder_drop(n->builder, unused);
}

static void rebuild(void *arg, struct world *world, struct board *board)
{
	(void)arg;
	(void)world;
	(void)board;
	abort(); /* no address changes here */
}

static void take(struct edit_node *n, struct built *b)
{
	struct world *was = n->world;

	n->world = b->world;
	if (b->answers)
		publisher_adopt(n->publisher, b->answers);
	else
		publisher_zones(n->publisher, b->world);
	builder_release(n->builder, was);
	diags_fini(&b->diags);
	diags_fini(&b->zones);
	n->done = true;
}

static void on_built(void *arg, struct built *b)
{
	if (b->err)
		abort();
	take(arg, b);
}

/* Whether the name's address ends with the two octets of the edit. */
static bool answers(struct edit_node *n, const char *name, unsigned edit)
{
	static uint8_t out[QUERY_UDP_MAX_LEN];
	uint8_t packet[64] = { 0, 1, 0, 0, 0, 1 };
	struct query q = { .packet = packet,
			   .len = DNS_HEADER_LEN,
			   .worker = &n->worker };
	struct name wire;
	size_t len;

	if (name_parse(name, strlen(name), NULL, &wire))
		abort();
	memcpy(packet + q.len, wire.wire, wire.len);
	q.len += wire.len;
	memcpy(packet + q.len, (const uint8_t[]){ 0, RR_A, 0, CLASS_IN }, 4);
	q.len += 4;
	q.client.via = TRANSPORT_UDP;
	q.client.addr.family = 2; /* AF_INET */
	memcpy(q.client.addr.octets, "\x7f\0\0\1", 4);
	n->worker.now = publisher_now(n->publisher);
	len = query_answer(&q, out, sizeof(out));
	return len && out[7] == 1 && out[len - 2] == edit / 256 &&
	       out[len - 1] == edit % 256;
}

static void await(struct edit_node *n)
{
	while (!n->done) {
		rcu_sleep();
		loop_turn(n->loop, true);
		rcu_wake();
	}
	n->done = false;
}

static struct span edit(struct edit_node *n, uint32_t zone, unsigned number)
{
	static const char *const names[] = { "edited.plain.example.",
					     "edited.live.example." };
	const struct builder_done done = { n->loop, on_built, n };
	struct span begin;

	put_zone(zone ? "live.zone" : "plain.zone", number);
	begin = now();
	builder_reread(n->builder, n->world, zone, &done);
	await(n);
	if (!answers(n, names[zone], number))
		abort();
	return since(begin);
}

static struct span reload(struct edit_node *n)
{
	char *path = alloc_format("%s/deputy.conf", folder);
	const struct builder_job job = {
		.path = path,
		.conf = n->conf,
		.conf_len = strlen(n->conf),
		.was = n->world,
		.done = { n->loop, on_built, n },
	};
	struct span begin = now();

	builder_build(n->builder, &job);
	await(n);
	begin = since(begin);
	free(path);
	return begin;
}

static void open_node(struct edit_node *n, unsigned sites, unsigned names)
{
	const struct publisher_calls calls = {
		.retire = retire, .drop = drop, .rebuild = rebuild, .arg = n
	};
	char *path = alloc_format("%s/deputy.conf", folder);
	struct built built;
	struct builder_job job = { .path = path };

	*n = (struct edit_node){ .loop = loop_new(), .builder = builder_start() };
	rcu_join();
	put_zone("plain.zone", 0);
	put_zone("live.zone", 0);
	put_zone("other.zone", 0);
	n->conf = conf_of(sites, names);
	job.conf = n->conf;
	job.conf_len = strlen(n->conf);
	builder_build_now(&job, &built);
	if (built.err)
		abort();
	diags_fini(&built.diags);
	diags_fini(&built.zones);
	n->world = built.world;
	n->publisher = publisher_new(&calls, built.answers);
	n->keys.count = 1;
	n->worker.keys = &n->keys;
	free(path);
}

static void close_node(struct edit_node *n)
{
	rcu_sleep();
	builder_stop(n->builder);
	rcu_leave();
	publisher_free(n->publisher);
	world_unref(n->world);
	loop_free(n->loop);
	free(n->conf);
}

struct edit_figures {
	const char *what;
	struct span *rows;
	size_t count;
	unsigned sites, names;
	struct rows *out;
};

static void show(const struct edit_figures *f)
{
	const struct span *middle = &f->rows[f->count / 2];

	qsort(f->rows, f->count, sizeof(*f->rows), compare);
	rows_number(f->out, f->sites);
	rows_number(f->out, f->names);
	rows_text(f->out, f->what);
	rows_number(f->out, middle->ms);
	rows_number(f->out, f->rows[f->count - 1].ms);
	rows_number(f->out, middle->cpu_ms);
	rows_number(f->out, (double)f->count);
	(void)fflush(stdout);
}

static void measure(unsigned sites, unsigned names, struct rows *out)
{
	static const char *const whats[] = { "a zone beside",
					     "the zone of the live names" };
	static struct span rows[EDITS];
	struct edit_figures f = {
		.rows = rows, .count = EDITS, .sites = sites, .names = names, .out = out
	};
	struct edit_node n;

	open_node(&n, sites, names);
	for (uint32_t zone = 0; zone < 2; zone++) {
		for (unsigned i = 0; i < EDITS; i++)
			rows[i] = edit(&n, zone, i + 1);
		f.what = whats[zone];
		show(&f);
	}
	f.count = RELOADS;
	f.what = "the same configuration again";
	for (unsigned i = 0; i < RELOADS; i++)
		rows[i] = reload(&n);
	show(&f);
	close_node(&n);
}

int main(int argc, char **argv)
{
	static const char *const files[] = { "plain.zone", "live.zone", "other.zone" };
	static const struct row_column columns[] = {
		{ "sites", "sites", 6, 0 },   { "names", "names", 6, 0 },
		{ "row", "row", -28, 0 },     { "ms_p50", "ms p50", 8, 2 },
		{ "ms_max", "ms max", 8, 2 }, { "cpu_ms_p50", "CPU ms", 8, 2 },
		{ "count", "of", 4, 0 },
	};
	struct rows r = rows_open(&argc, argv, HELP, 60);

	rows_table(&r, "zone_edit", columns, sizeof(columns) / sizeof(*columns));
	if (mkdtemp(folder) == NULL)
		return 1;
	if (argc == 3) {
		measure((unsigned)strtoul(argv[1], NULL, 10),
			(unsigned)strtoul(argv[2], NULL, 10), &r);
	} else {
		measure(1, 1, &r);
		measure(10000, 8, &r);
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char *path = alloc_format("%s/%s", folder, files[i]);

		(void)unlink(path);
		free(path);
	}
	(void)rmdir(folder);
	return 0;
}
