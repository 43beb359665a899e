/*
 * What an answer costs without the socket: batches of 32 through the three passes of
 * resolver/answer/query.h, in this process. Prints nanoseconds an answer, the least of
 * ten rounds; for instructions, run it in callgrind with a ROUNDS of some thousands.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/disk/file.h"
#include "base/process/link.h"
#include "bench/rows.h"
#include "dns/recursion.h"
#include "dns/rr.h"
#include "net/batch.h"
#include "tests/resolver/fixture.h"

#define HELP                                                                        \
 "What an answer costs without the socket: ns of CPU, the least of ten rounds.\n\n" \
 "usage: answer_cost [--json] [ROUNDS [ROW]]\n\n"                                   \
 "  ROUNDS  of 32 questions each (default 20000); some thousands in callgrind\n"    \
 "  ROW     only this one, as \"live EDNS\""

enum { NAMES = 10, REPEATS = 10, PACKET_MAX = 512, ROUNDS = 20000 };

static const char conf[] =
	"node: { name: n1, listen: [ 127.0.0.1@5300 ] }\n"
	"access: { recursion: [ local ] }\n"
	"pbxs:\n"
	"  - { name: main, addresses: [ 192.0.2.10 ], endpoints: [ udp@5060 ], failover: "
	"[ standby ] }\n"
	"  - { name: standby, addresses: [ 198.51.100.5 ], endpoints: [ udp@5060 ] }\n"
	"live: [ { name: pbx.example.net, home: main } ]\n"
	"hosts: { h0.lan: [ 10.0.0.1 ], h1.lan: [ 10.0.0.2 ], h2.lan: [ 10.0.0.3 ],\n"
	"  h3.lan: [ 10.0.0.4 ], h4.lan: [ 10.0.0.5 ], h5.lan: [ 10.0.0.6 ],\n"
	"  h6.lan: [ 10.0.0.7 ], h7.lan: [ 10.0.0.8 ], h8.lan: [ 10.0.0.9 ],\n"
	"  h9.lan: [ 10.0.0.10 ] }\n";

static struct query queries[BATCH_MAX];
static uint8_t packets[BATCH_MAX][PACKET_MAX];
static uint8_t out[BATCH_MAX][QUERY_UDP_MAX_LEN];

/* One question in wire form; returns its length. */
static size_t put_question(uint8_t *p, const char *name, bool edns)
{
	static const uint8_t end[] = { 0, 0, RR_A, 0, CLASS_IN };
	static const uint8_t opt[] = { 0, 0, RR_OPT, 0x04, 0xd0, 0, 0, 0, 0, 0, 0 };
	size_t len = 12;

	memset(p, 0, len);
	p[2] = 1;
	p[5] = 1;
	p[11] = edns;
	while (*name) {
		size_t label = strcspn(name, ".");

		p[len++] = (uint8_t)label;
		memcpy(p + len, name, label);
		len += label;
		name += label + (name[label] == '.');
	}
	memcpy(p + len, end, sizeof(end));
	len += sizeof(end);
	if (edns) {
		memcpy(p + len, opt, sizeof(opt));
		len += sizeof(opt);
	}
	return len;
}

/* What is in the cache is the world's, so it is asked for once: this answers. */
static void tell_world(struct stage *s, int link)
{
	static const uint8_t records[] = { 0xc0, 12, 0, 1, 0,   1, 0, 1,
					   0,    0,  0, 4, 192, 0, 2, 1 };
	static uint8_t space[LINK_PAYLOAD_MAX];
	static uint8_t room[LINK_PAYLOAD_MAX];
	struct link_message m;
	struct recursion_question q;
	struct writer w = writer_of(room, sizeof(room));
	struct reader r;

	recursion_client_flush(s->worker.recursion);
	if (link_receive(link, space, &m))
		return; /* it is known already */
	r = reader_of(m.payload, m.len);
	while (reader_left(&r) && recursion_question_read(&r, &q) == 0) {
		bool there = q.name.wire[1] != 'x';

		(void)recursion_answer_write(
			&w, &(struct recursion_answer){
				    .tag = q.tag,
				    .rcode = there ? 0 : RCODE_NXDOMAIN,
				    .counts = { there },
				    .records = records,
				    .records_len = there ? sizeof(records) : 0 });
	}
	m = (struct link_message){ .type = RECURSION_ANSWERS,
				   .payload = room,
				   .len = writer_len(&w) };
	(void)link_send(link, &m);
	recursion_client_receive(s->worker.recursion);
}

static void resume(void *arg, struct parked *p)
{
	(void)arg;
	free(p);
}

/* Returns the world's end of the link. */
static int open_world(struct stage *s)
{
	int ends[2];

	if (link_pair(ends))
		abort();
	s->worker.recursion = recursion_client_new(16 << 20, resume, s);
	recursion_client_link(s->worker.recursion, ends[0]);
	recursion_client_turn(s->worker.recursion, 1000000, s->world->zones,
			      s->world->rebind, 1);
	return ends[1];
}

static double now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void answer_batches(long rounds)
{
	for (long r = 0; r < rounds; r++) {
		for (size_t i = 0; i < BATCH_MAX; i++)
			query_read(&queries[i]);
		for (size_t i = 0; i < BATCH_MAX; i++)
			query_seek(&queries[i]);
		for (size_t i = 0; i < BATCH_MAX; i++)
			if (query_write(&queries[i], out[i], sizeof(out[i])) == 0)
				abort();
	}
}

/* Asks once for what is not ours, so that it is in the cache. */
static void fetch(struct stage *s, int link)
{
	for (size_t i = 0; i < BATCH_MAX; i++)
		(void)query_answer(&queries[i], out[i], sizeof(out[i]));
	tell_world(s, link);
}

struct row {
	const char *name;
	const char *pattern;
	bool edns;
};

static void measure(struct stage *s, const struct row *row, int link, long rounds,
		    struct rows *table)
{
	double least = 0;

	for (size_t i = 0; i < BATCH_MAX; i++) {
		struct query *q = &queries[i];
		char name[64];

		(void)snprintf(name, sizeof(name), "%s", row->pattern);
		if (strchr(name, '#'))
			*strchr(name, '#') = (char)('0' + i % NAMES);
		memset(q, 0, sizeof(*q));
		q->worker = &s->worker;
		q->client.via = TRANSPORT_UDP;
		q->client.addr.family = 2; /* AF_INET */
		memcpy(q->client.addr.octets, "\x7f\0\0\1", 4);
		q->packet = packets[i];
		q->len = put_question(packets[i], name, row->edns);
	}
	fetch(s, link);
	for (int i = 0; i < REPEATS; i++) {
		double begin = now_ns();
		double ns;

		answer_batches(rounds);
		ns = (now_ns() - begin) / ((double)rounds * BATCH_MAX);
		if (i == 0 || ns < least)
			least = ns;
	}
	rows_text(table, row->name);
	rows_number(table, least);
	rows_number(table, out[0][3] & 15);
	rows_number(table, out[0][7]);
}

static const struct row kinds[] = {
	{ "static", "h#.lan", false },
	{ "static EDNS", "h#.lan", true },
	{ "live", "pbx.example.net", false },
	{ "live EDNS", "pbx.example.net", true },
	{ "NXDOMAIN", "x#.lan", false },
	{ "cached", "h#.example.org", false },
	{ "cached EDNS", "h#.example.org", true },
	{ "cached NX", "x#.example.org", false },
};

int main(int argc, char **argv)
{
	static const struct row_column columns[] = {
		{ "row", "row", -14, 0 },
		{ "cpu_ns", "CPU ns", 8, 1 },
		{ "rcode", "RCODE", 5, 0 },
		{ "records", "records", 7, 0 },
	};
	struct rows r = rows_open(&argc, argv, HELP, 20);
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : ROUNDS;
	struct stage *s = stage_new(conf);
	int link = open_world(s);

	rows_table(&r, "answer_cost", columns, sizeof(columns) / sizeof(*columns));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (argc < 3 || strcmp(argv[2], kinds[i].name) == 0)
			measure(s, &kinds[i], link, rounds, &r);
	close(link);
	recursion_client_free(s->worker.recursion);
	stage_free(s);
	return 0;
}
