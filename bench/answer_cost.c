/*
 * What an answer costs without the socket: batches of 32 through the three passes of
 * resolver/query.h, in this process. Prints nanoseconds an answer, the least of ten
 * rounds; for instructions, run it in callgrind with a ROUNDS of some thousands.
 *
 * usage: answer_cost [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "dns/rr.h"
#include "net/batch.h"
#include "tests/resolver/fixture.h"

enum { NAMES = 10, REPEATS = 10, PACKET_MAX = 512, ROUNDS = 20000 };

static const char conf[] =
	"node: { name: n1, listen: [ 127.0.0.1@5300 ] }\n"
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
	memcpy(p + len, "\0\0\1\0\1", 5);
	len += 5;
	if (edns) {
		memcpy(p + len, "\0\0\x29\x04\xd0\0\0\0\0\0\0", 11);
		len += 11;
	}
	return len;
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

static void measure(struct stage *s, const char *row, const char *pattern, bool edns,
		    long rounds)
{
	double least = 0;

	for (size_t i = 0; i < BATCH_MAX; i++) {
		struct query *q = &queries[i];
		char name[64];

		(void)snprintf(name, sizeof(name), "%s", pattern);
		if (strchr(name, '#'))
			*strchr(name, '#') = (char)('0' + i % NAMES);
		memset(q, 0, sizeof(*q));
		q->worker = &s->worker;
		q->client.via = TRANSPORT_UDP;
		q->client.addr.family = 2; /* AF_INET */
		memcpy(q->client.addr.octets, "\x7f\0\0\1", 4);
		q->packet = packets[i];
		q->len = put_question(packets[i], name, edns);
	}
	for (int i = 0; i < REPEATS; i++) {
		double begin = now_ns();
		double ns;

		answer_batches(rounds);
		ns = (now_ns() - begin) / ((double)rounds * BATCH_MAX);
		if (i == 0 || ns < least)
			least = ns;
	}
	printf("%-14s %6.1f ns  (rcode %u, %u records)\n", row, least, out[0][3] & 15U,
	       out[0][7] + 0U);
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : ROUNDS;
	struct stage *s = stage_new(conf);

	measure(s, "static", "h#.lan", false, rounds);
	measure(s, "static EDNS", "h#.lan", true, rounds);
	measure(s, "live", "pbx.example.net", false, rounds);
	measure(s, "live EDNS", "pbx.example.net", true, rounds);
	measure(s, "NXDOMAIN", "x#.lan", false, rounds);
	measure(s, "REFUSED", "x#.example.org", false, rounds);
	stage_free(s);
	return 0;
}
