#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "tests/harness.h"
#include "tests/resolver/fixture.h"

/* A stage with this text in front of one zone of a temporary file. */
static struct stage *stage_with_zone(const char *conf_text, const char *zone)
{
	char path[] = "/tmp/deputy-query.XXXXXX";
	int fd = mkstemp(path);
	char *text = alloc_format("%szones: [ { name: example.com, file: %s } ]\n",
				  conf_text, path);
	struct stage *s;

	if (fd < 0 || file_write(fd, zone, strlen(zone)))
		CU_FAIL_FATAL("no temporary file");
	s = stage_new(text);
	(void)close(fd);
	(void)unlink(path);
	free(text);
	return s;
}

static void all_down_policies(void)
{
	struct stage *s = stage_with_zone(
		"node: { name: n1, listen: [ 127.0.0.1@5300 ] }\n"
		"pbxs:\n"
		"  - { name: a, addresses: [ 192.0.2.1 ], endpoints: [ udp@5060 ], failover: "
		"[ b ] }\n"
		"  - { name: b, addresses: [ 192.0.2.2 ], endpoints: [ udp@5060 ] }\n"
		"live:\n"
		"  - { name: fail.example.net, home: a, all-down: servfail }\n"
		"  - { name: first.example.net, home: a, all-down: first }\n"
		"  - { name: file.example.com, home: a, all-down: file }\n",
		"$TTL 3600\n@ SOA ns h 1 1 1 1 3600\n@ NS ns\nns A 192.0.2.53\n"
		"file A 192.0.2.99\nto CNAME file\n"
		"_sip._udp.file SRV 1 1 5060 ns\n");
	struct ask ask = { .name = "fail.example.net", .type = RR_A, .edns = true };
	const char *why;

	stage_alive(s, "00");
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_SERVFAIL);
	CU_ASSERT_EQUAL(stage_count(s, 0) + stage_count(s, 1), 0);
	CU_ASSERT_EQUAL(stage_ede(s, &why), EDE_SYNTHESIZED);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "all down"));
	ask.name = "first.example.net";
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 0, 0), " A 192.0.2.1"));
	ask.name = "to.example.com";
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_count(s, 0), 2);
	/* Who asks while all are down does not keep it long after they are up. */
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 0, 1), " 10 A 192.0.2.99"));
	ask.name = "_sip._udp.file.example.com";
	ask.type = RR_SRV;
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 0, 0), " 10 SRV 1 1 5060 ns"));
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 2, 0), " 10 A 192.0.2.53"));
	ask.name = "file.example.com";
	ask.type = RR_NAPTR;
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 1, 0), " 10 SOA "));
	ask.name = "to.example.com";
	ask.type = RR_A;
	stage_alive(s, "01");
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 0, 1), " A 192.0.2.2"));
	stage_free(s);
}

static void expect_no_data(struct stage *s, const char *name, uint16_t type,
			   const char *soa)
{
	for (int edns = 0; edns < 2; edns++) {
		CU_ASSERT_EQUAL(stage_ask(s, &(struct ask){ .name = name,
							    .type = type,
							    .edns = edns }),
				RCODE_NOERROR);
		CU_ASSERT_EQUAL(stage_count(s, 0), 0);
		CU_ASSERT_EQUAL(stage_count(s, 1), 1);
		CU_ASSERT_EQUAL(stage_count(s, 2), 0);
		CU_ASSERT_EQUAL(strncmp(stage_record(s, 1, 0), soa, strlen(soa)), 0);
	}
}

/* What is not there may come with the next switch. */
static void no_data_of_live_names_live_as_long_as_their_answers(void)
{
	struct stage *s = stage_with_zone(
		"node: { name: n1, listen: [ 127.0.0.1@5300 ] }\n"
		"pbxs:\n"
		"  - { name: a, addresses: [ 192.0.2.1 ], endpoints: [ udp@5060 ], failover: "
		"[ b ] }\n"
		"  - { name: b, addresses: [ 192.0.2.2 ], endpoints: [ udp@5060, tls@443 ] }\n"
		"live:\n"
		"  - { name: free.example.net, home: a }\n"
		"  - { name: pbx.example.com, home: a, ttl: 7s }\n",
		"$TTL 3600\n@ SOA ns h 9 1 1 1 3600\n@ NS ns\nns A 192.0.2.53\n"
		"pbx AAAA 2001:db8::1\na.pbx AAAA 2001:db8::2\n"
		"to CNAME pbx\n");

	stage_alive(s, "10"); /* nobody has TLS */
	expect_no_data(s, "free.example.net", RR_AAAA, "free.example.net. 10 SOA ");
	expect_no_data(s, "_sips._tcp.free.example.net", RR_SRV,
		       "free.example.net. 10 SOA n1.invalid. hostmaster.");
	expect_no_data(s, "a.free.example.net", RR_AAAA, "free.example.net. 10 SOA ");
	expect_no_data(s, "pbx.example.com", RR_AAAA,
		       "example.com. 7 SOA ns.example.com. h.example.com. 9 ");
	expect_no_data(s, "PBX.example.com", RR_AAAA, "example.com. 7 SOA ");
	expect_no_data(s, "_sips._tcp.pbx.example.com", RR_SRV,
		       "example.com. 7 SOA ns.example.com. h.example.com. 9 ");
	expect_no_data(s, "a.pbx.example.com", RR_AAAA,
		       "example.com. 7 SOA ns.example.com. h.example.com. 9 ");
	expect_no_data(s, "b.pbx.example.com", RR_NAPTR, "example.com. 7 SOA ");
	CU_ASSERT_EQUAL(stage_ask(s, &(struct ask){ .name = "to.example.com",
						    .type = RR_AAAA }),
			RCODE_NOERROR);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(stage_record(s, 0, 0), " CNAME pbx.example.com."));
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 1, 0), "example.com. 7 SOA ns."));
	stage_alive(s, "01"); /* TLS is there */
	CU_ASSERT_EQUAL(stage_ask(s,
				  &(struct ask){ .name = "_sips._tcp.pbx.example.com",
						 .type = RR_SRV }),
			RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_count(s, 0), 1);
	stage_free(s);
}

/* In doubt, and after a switch, for a second or two. */
static void no_data_live_shorter_while_a_pbx_is_in_doubt(void)
{
	struct stage *s = stage_with_zone(
		"node: { name: n1, listen: [ 127.0.0.1@5300 ] }\n"
		"pbxs: [ { name: a, addresses: [ 192.0.2.1 ], endpoints: [ udp@5060 ] } ]\n"
		"live: [ { name: pbx.example.com, home: a, all-down: file } ]\n",
		"$TTL 3600\n@ SOA ns h 9 1 1 1 3600\n@ NS ns\nns A 192.0.2.53\n"
		"pbx A 192.0.2.99\n");
	struct board *b = board_from_conf(s->world->conf, s->world->slots);
	struct live_answers *was = s->answers;

	b->rows[0]->targets[0].doubted = true;
	s->answers = live_answers_next(was, b);
	s->worker.now = s->answers;
	live_answers_free(was);
	expect_no_data(s, "pbx.example.com", RR_AAAA, "example.com. 1 SOA ");
	board_unref(b);
	b = board_from_conf(s->world->conf, s->world->slots);
	b->rows[0]->targets[0].alive = false;
	b->rows[0]->switched = true;
	was = s->answers;
	s->answers = live_answers_next(was, b);
	s->worker.now = s->answers;
	live_answers_free(was);
	expect_no_data(s, "pbx.example.com", RR_AAAA, "example.com. 2 SOA ");
	CU_ASSERT_EQUAL(stage_ask(s, &(struct ask){ .name = "pbx.example.com",
						    .type = RR_A }),
			RCODE_NOERROR);
	CU_ASSERT_STRING_EQUAL(stage_record(s, 0, 0),
			       "pbx.example.com. 2 A 192.0.2.99");
	board_unref(b);
	stage_free(s);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "all-down policies", all_down_policies },
		{ "no data of live names live as long as their answers",
		  no_data_of_live_names_live_as_long_as_their_answers },
		{ "no data live shorter while a pbx is in doubt",
		  no_data_live_shorter_while_a_pbx_is_in_doubt },
		CU_TEST_INFO_NULL,
	};

	return suite_run("resolver/live_zone", tests);
}
