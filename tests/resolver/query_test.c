#include <stdlib.h>
#include <string.h>

#include "tests/harness.h"
#include "tests/resolver/fixture.h"

/* Two sites share a live name; hq stands in for berlin and the other way round. */
static const char conf[] =
	"node: { name: n1, listen: [ 127.0.0.1@5300 ], udp-payload: 1232 }\n"
	"access: { query: [ local ], ecs: [ 127.0.0.53 ] }\n"
	"pbxs:\n"
	"  - { name: berlin, addresses: [ 192.0.2.10, \"2001:db8::10\" ], endpoints: [ "
	"tls@443, tcp@5060, udp@5060 ], failover: [ hq ] }\n"
	"  - { name: hq, addresses: [ 198.51.100.5, { site: berlin, addresses: [ 10.9.0.5 ] "
	"} ], endpoints: [ tls@443, udp@5060 ], failover: [ berlin ] }\n"
	"sites: [ { name: berlin, networks: [ 10.1.0.0/16 ], pbx: berlin } ]\n"
	"live: [ { name: pbx.example.net, answer: site, default: hq } ]\n"
	"hosts: { printer.lan: [ 10.1.0.9 ] }\n"
	"diagnostics: [ 127.0.0.1 ]\n";

static void bare_and_broken_headers_get_what_the_rfcs_say(void)
{
	struct stage *s = stage_new(conf);
	static const uint8_t response[12] = { 0, 1, 0x80 };
	static const uint8_t notify[12] = { 0, 1, 0x20 };
	static const uint8_t opcode15[12] = { 0, 1, 0x78 };
	static const uint8_t no_question[12] = { 0, 1, 1 };

	CU_ASSERT_EQUAL(stage_send(s, "127.0.0.1", TRANSPORT_UDP, response, 11), -1);
	CU_ASSERT_EQUAL(stage_send(s, "127.0.0.1", TRANSPORT_UDP, response, 12), -1);
	CU_ASSERT_EQUAL(stage_send(s, "127.0.0.1", TRANSPORT_UDP, notify, 12),
			RCODE_NOTIMP);
	CU_ASSERT_EQUAL(s->out_len, 12);
	CU_ASSERT_EQUAL(s->out[2], 0xa0);
	CU_ASSERT_EQUAL(stage_send(s, "127.0.0.1", TRANSPORT_UDP, opcode15, 12),
			RCODE_NOTIMP);
	CU_ASSERT_EQUAL(stage_send(s, "127.0.0.1", TRANSPORT_UDP, no_question, 12),
			RCODE_FORMERR);
	CU_ASSERT_EQUAL(s->out[2], 0x81); /* RD copied */
	stage_free(s);
}

static void octets_behind_the_query_are_formerr(void)
{
	struct stage *s = stage_new(conf);

	CU_ASSERT_EQUAL(stage_ask(s, &(struct ask){ .name = "printer.lan",
						    .type = RR_A,
						    .behind = "x",
						    .behind_len = 1 }),
			RCODE_FORMERR);
	stage_free(s);
}

static void hosts_are_answered_with_authority(void)
{
	struct stage *s = stage_new(conf);

	CU_ASSERT_EQUAL(stage_ask(s, &(struct ask){ .name = "PRINTER.lan",
						    .type = RR_A,
						    .flags = 0x0100 }),
			RCODE_NOERROR);
	CU_ASSERT_EQUAL(s->out[2], 0x85);     /* QR AA RD */
	CU_ASSERT_EQUAL(s->out[3] & 0x80, 0); /* no RA */
	CU_ASSERT_EQUAL(stage_count(s, 0), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 0, 0), "A 10.1.0.9"));
	CU_ASSERT_EQUAL(memcmp(s->out + 13, "PRINTER", 7), 0);
	CU_ASSERT_EQUAL(stage_ask(s, &(struct ask){ .name = "9.0.1.10.in-addr.arpa",
						    .type = RR_PTR }),
			RCODE_NOERROR);
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 0, 0), "PTR printer.lan."));
	CU_ASSERT_EQUAL(stage_ask(s, &(struct ask){ .name = "printer.lan",
						    .type = RR_AAAA }),
			RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_count(s, 0), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 1, 0), "SOA"));
	stage_free(s);
}

static void what_is_not_ours_is_refused_with_the_reason(void)
{
	struct stage *s = stage_new(conf);
	struct ask ask = { .name = "www.example.org", .type = RR_A, .edns = true };
	const char *text;
	uint16_t payload;

	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_REFUSED);
	CU_ASSERT_TRUE(stage_has_opt(s, &payload));
	CU_ASSERT_EQUAL(payload, 1232);
	CU_ASSERT_EQUAL(stage_ede(s, &text), EDE_NOT_AUTHORITATIVE);
	ask.from = "127.0.0.2"; /* not among those who get reasons */
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_REFUSED);
	CU_ASSERT_EQUAL(stage_ede(s, &text), -1);
	ask.edns = false;
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_REFUSED);
	CU_ASSERT_FALSE(stage_has_opt(s, &payload));
	stage_free(s);
}

static void strangers_are_refused_whatever_they_ask(void)
{
	struct stage *s = stage_new(conf);
	struct ask ask = {
		.name = "printer.lan", .type = RR_A, .edns = true, .from = "203.0.113.1"
	};
	const char *text;

	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_REFUSED);
	CU_ASSERT_EQUAL(stage_count(s, 0), 0);
	CU_ASSERT_EQUAL(stage_ede(s, &text), EDE_PROHIBITED);
	ask.from = "10.1.2.3"; /* a site is local */
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	stage_free(s);
}

static void types_that_no_record_has(void)
{
	static const struct {
		const char *name;
		uint16_t type;
		int rcode;
	} rows[] = {
		{ "printer.lan", RR_OPT, RCODE_FORMERR },
		{ "printer.lan", RR_TSIG, RCODE_FORMERR },
		{ "printer.lan", RR_TKEY, RCODE_NOTIMP },
		{ "printer.lan", 253, RCODE_NOTIMP },
		{ "printer.lan", RR_AXFR, RCODE_REFUSED },
		{ "www.example.org", RR_AXFR, RCODE_NOTAUTH },
		{ "printer.lan", 65280, RCODE_NOERROR },
	};
	struct stage *s = stage_new(conf);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CU_ASSERT_EQUAL(stage_ask(s, &(struct ask){ .name = rows[i].name,
							    .type = rows[i].type }),
				rows[i].rcode);
	CU_ASSERT_EQUAL(stage_ask(s, &(struct ask){ .name = "printer.lan",
						    .type = RR_A,
						    .class = CLASS_HS }),
			RCODE_REFUSED);
	stage_free(s);
}

static void edns_versions_flags_and_options(void)
{
	struct stage *s = stage_new(conf);
	struct ask ask = { .name = "printer.lan",
			   .type = RR_A,
			   .edns = true,
			   .version = 1,
			   .edns_flags = 0xffff };
	uint16_t payload;
	uint8_t at[64];
	int len;

	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_BADVERS);
	CU_ASSERT_EQUAL(stage_count(s, 0), 0);
	CU_ASSERT_TRUE(stage_has_opt(s, &payload));
	CU_ASSERT_EQUAL(s->out[s->out_len - 11 + 5], 1); /* upper bits of BADVERS */
	CU_ASSERT_EQUAL(s->out[s->out_len - 11 + 6], 0); /* our version */
	ask.version = 0;
	ask.options = "\x00\x03\x00\x00\xff\x00\x00\x02hi"; /* NSID, one unknown */
	ask.options_len = 10;
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	len = stage_option(s, EDNS_NSID, at);
	CU_ASSERT_TRUE(len >= 0);
	CU_ASSERT_EQUAL(len, 2);
	CU_ASSERT_EQUAL(memcmp(at, "n1", 2), 0);
	CU_ASSERT_EQUAL(stage_option(s, 0xff00, at), -1);
	/* of the flags only DO comes back */
	CU_ASSERT_EQUAL(s->out[s->out_len - 6 - 11 + 7], 0x80);
	CU_ASSERT_EQUAL(s->out[s->out_len - 6 - 11 + 8], 0);
	ask.from = "127.0.0.2"; /* not under `diagnostics` */
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_option(s, EDNS_NSID, at), -1);
	ask = (struct ask){ .name = "id.server", .type = RR_TXT, .class = CLASS_CH };
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	ask.from = "127.0.0.2";
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_REFUSED);
	stage_free(s);
}

static void cookies_are_made_and_known_again(void)
{
	struct stage *s = stage_new(conf);
	uint8_t option[4 + COOKIE_LEN] = {
		0, EDNS_COOKIE, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8
	};
	struct ask ask = { .name = "printer.lan",
			   .type = RR_A,
			   .edns = true,
			   .options = option,
			   .options_len = 12 };
	uint8_t at[64];
	int len;

	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	len = stage_option(s, EDNS_COOKIE, at);
	CU_ASSERT_TRUE(len >= 0);
	CU_ASSERT_EQUAL(len, COOKIE_LEN);
	CU_ASSERT_EQUAL(memcmp(at, option + 4, 8), 0);
	CU_ASSERT_EQUAL(count_read(&s->worker.counts, COUNT_COOKIE), 0);
	memcpy(option + 4, at, COOKIE_LEN);
	option[3] = COOKIE_LEN;
	ask.options_len = sizeof(option);
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(count_read(&s->worker.counts, COUNT_COOKIE), 1);
	ask.from = "127.0.0.9"; /* of another client it is worth nothing */
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_BADCOOKIE);
	CU_ASSERT_EQUAL(stage_option(s, EDNS_COOKIE, at), COOKIE_LEN);
	CU_ASSERT_EQUAL(count_read(&s->worker.counts, COUNT_COOKIE), 1);
	memcpy(option + 4, at, COOKIE_LEN);
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	ask.from = "127.0.0.10"; /* a stream proves where it comes from */
	ask.via = TRANSPORT_TCP;
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	s->worker.now_s += 3601; /* of an old one nothing is said */
	ask.via = TRANSPORT_UDP;
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	stage_free(s);
}

static void each_site_gets_its_own_pbx(void)
{
	struct stage *s = stage_new(conf);
	struct ask ask = { .name = "pbx.example.net", .type = RR_A };

	stage_alive(s, "11");
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_STRING_EQUAL(stage_record(s, 0, 0),
			       "pbx.example.net. 10 A 198.51.100.5");
	ask.from = "10.1.2.3";
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_STRING_EQUAL(stage_record(s, 0, 0),
			       "pbx.example.net. 10 A 192.0.2.10");
	stage_alive(s, "01"); /* as berlin sees hq */
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 0, 0), "A 10.9.0.5"));
	CU_ASSERT_EQUAL(stage_count(s, 0), 1);
	ask.type = RR_AAAA; /* hq has none: NODATA, soon over */
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_count(s, 0), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 1, 0), "pbx.example.net. "));
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 1, 0), "SOA"));
	stage_free(s);
}

static void all_down_keeps_the_last_known(void)
{
	struct stage *s = stage_new(conf);
	struct ask ask = { .name = "pbx.example.net", .type = RR_A };

	stage_alive(s, "00");
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_count(s, 0), 1);
	stage_free(s);
}

static void srv_lists_the_winner_and_the_next_member(void)
{
	struct stage *s = stage_new(conf);
	struct ask ask = { .name = "_sips._tcp.pbx.example.net", .type = RR_SRV };

	stage_alive(s, "11");
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_count(s, 0), 2);
	/* both serve TLS at 443: the winner goes by the live name */
	CU_ASSERT_STRING_EQUAL(stage_record(s, 0, 0),
			       "_sips._tcp.pbx.example.net. 10 SRV 10 10 443 "
			       "pbx.example.net.");
	CU_ASSERT_STRING_EQUAL(stage_record(s, 0, 1),
			       "_sips._tcp.pbx.example.net. 10 SRV 20 10 443 "
			       "berlin.pbx.example.net.");
	CU_ASSERT_EQUAL(stage_count(s, 2), 3);
	ask.name = "_sip._tcp.pbx.example.net"; /* berlin alone has TCP */
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_count(s, 0), 1);
	CU_ASSERT_STRING_EQUAL(stage_record(s, 0, 0),
			       "_sip._tcp.pbx.example.net. 10 SRV 20 10 5060 "
			       "berlin.pbx.example.net.");
	stage_alive(s, "01");
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_count(s, 0), 0); /* NODATA, the name stays */
	ask.name = "berlin.pbx.example.net";
	ask.type = RR_AAAA; /* targets resolve in every state */
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_count(s, 0), 1);
	stage_free(s);
}

static void naptr_offers_what_is_there(void)
{
	struct stage *s = stage_new(conf);
	struct ask ask = { .name = "pbx.example.net", .type = RR_NAPTR };

	stage_alive(s, "11");
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_count(s, 0), 3);
	CU_ASSERT_STRING_EQUAL(
		stage_record(s, 0, 0),
		"pbx.example.net. 10 NAPTR 10 10 \"s\" \"SIPS+D2T\" \"\" "
		"_sips._tcp.pbx.example.net.");
	/* what only the next member has comes last */
	CU_ASSERT_STRING_EQUAL(stage_record(s, 0, 1),
			       "pbx.example.net. 10 NAPTR 50 10 \"s\" \"SIP+D2T\" \"\" "
			       "_sip._tcp.pbx.example.net.");
	stage_alive(s, "01");
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_count(s, 0), 2);
	stage_free(s);
}

static void a_free_live_name_answers_types_that_do_not_switch(void)
{
	struct stage *s = stage_new(conf);

	CU_ASSERT_EQUAL(stage_ask(s, &(struct ask){ .name = "pbx.example.net",
						    .type = RR_DS }),
			RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_count(s, 0), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 1, 0), "SOA n1.invalid."));
	CU_ASSERT_EQUAL(stage_ask(s, &(struct ask){ .name = "pbx.example.net",
						    .type = RR_ANY }),
			RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_count(s, 0), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 0, 0), " A 198.51.100.5"));
	CU_ASSERT_EQUAL(stage_ask(s, &(struct ask){ .name = "x.pbx.example.net",
						    .type = RR_A }),
			RCODE_NXDOMAIN);
	CU_ASSERT_EQUAL(stage_ask(s, &(struct ask){ .name = "other.example.net",
						    .type = RR_A }),
			RCODE_REFUSED);
	stage_free(s);
}

static void ds_leaves_the_node_only_where_nothing_above_is_ours(void)
{
	struct stage *s = stage_new(
		"node: { name: n1, listen: [ 127.0.0.1@5300 ] }\n"
		"access: { query: [ local ], recursion: [ local ] }\n"
		"hosts: { lan: [ 10.1.0.8 ], box.lan: [ 10.1.0.9 ] }\n");
	struct ask ask = {
		.name = "box.lan", .type = RR_DS, .flags = 0x0100, .edns = true
	};
	const char *why;

	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 1, 0), "box.lan. "));
	ask.name = "lan";
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_SERVFAIL); /* no recursor is here */
	CU_ASSERT_EQUAL(stage_ede(s, &why), EDE_NOT_READY);
	stage_free(s);
}

static void the_reason_is_told_to_those_who_may_know(void)
{
	struct stage *s = stage_new(conf);
	struct ask ask = { .name = "pbx.example.net", .type = RR_A, .edns = true };
	const char *text;

	stage_alive(s, "10");
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_ede(s, &text), EDE_SYNTHESIZED);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "answer=berlin"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "hq down"));
	ask.class = CLASS_CH;
	ask.type = RR_TXT;
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_TRUE(stage_count(s, 0) >= 2);
	ask.name = "id.server";
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_STRING_EQUAL(stage_record(s, 0, 0), "id.server. 0 TXT \"n1\"");
	ask.name = "status.deputy";
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	ask.from = "127.0.0.2";
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_REFUSED);
	ask.class = CLASS_IN;
	ask.name = "pbx.example.net";
	ask.type = RR_A;
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_ede(s, &text), -1);
	stage_free(s);
}

static void a_client_subnet_counts_from_believed_forwarders_only(void)
{
	static const char subnet[] = "\x00\x08\x00\x07\x00\x01\x18\x00\x0a\x01\x02";
	static const char hidden[] = "\x00\x08\x00\x04\x00\x01\x00\x00";
	struct stage *s = stage_new(conf);
	struct ask ask = { .name = "pbx.example.net",
			   .type = RR_A,
			   .edns = true,
			   .from = "127.0.0.53",
			   .options = subnet,
			   .options_len = sizeof(subnet) - 1 };
	uint8_t at[64];
	int len;

	stage_alive(s, "11");
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 0, 0), "192.0.2.10"));
	len = stage_option(s, EDNS_ECS, at);
	CU_ASSERT_TRUE(len >= 0);
	CU_ASSERT_EQUAL(at[2], 24);
	CU_ASSERT_EQUAL(at[3], 16); /* the site's network */
	ask.options = hidden;
	ask.options_len = sizeof(hidden) - 1;
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_option(s, EDNS_ECS, at), 4);
	CU_ASSERT_EQUAL(at[3], 0);
	ask.options = subnet;
	ask.options_len = sizeof(subnet) - 1;
	ask.name = "printer.lan";
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	len = stage_option(s, EDNS_ECS, at);
	CU_ASSERT_TRUE(len >= 0);
	CU_ASSERT_EQUAL(at[3], 0);
	ask.name = "pbx.example.net";
	ask.from = "127.0.0.54";
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 0, 0), "198.51.100.5"));
	CU_ASSERT_EQUAL(stage_option(s, EDNS_ECS, at), -1);
	stage_free(s);
}

static void keepalive_is_told_over_streams_only(void)
{
	static const char option[] = "\x00\x0b\x00\x00";
	struct stage *s = stage_new(conf);
	struct ask ask = { .name = "printer.lan",
			   .type = RR_A,
			   .edns = true,
			   .via = TRANSPORT_TCP,
			   .options = option,
			   .options_len = 4 };
	uint8_t at[64];
	int len;

	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	len = stage_option(s, EDNS_KEEPALIVE, at);
	CU_ASSERT_TRUE(len >= 0);
	CU_ASSERT_EQUAL(at[0] << 8 | at[1], 100); /* 10 s */
	ask.via = TRANSPORT_UDP;
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(stage_option(s, EDNS_KEEPALIVE, at), -1);
	stage_free(s);
}

static void a_long_trace_is_cut_between_records(void)
{
	struct stage *s = stage_new(conf);
	struct ask ask = { .name = "status.deputy", .type = RR_TXT, .class = CLASS_CH };

	stage_alive(s, "11");
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_TRUE(s->out_len <= 512);
	ask.via = TRANSPORT_TCP;
	CU_ASSERT_EQUAL(stage_ask(s, &ask), RCODE_NOERROR);
	CU_ASSERT_EQUAL(s->out[2] & 2, 0);
	CU_ASSERT_EQUAL(stage_count(s, 0), 4);
	stage_free(s);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "bare and broken headers get what the RFCs say",
		  bare_and_broken_headers_get_what_the_rfcs_say },
		{ "octets behind the query are FORMERR",
		  octets_behind_the_query_are_formerr },
		{ "hosts are answered with authority",
		  hosts_are_answered_with_authority },
		{ "what is not ours is refused with the reason",
		  what_is_not_ours_is_refused_with_the_reason },
		{ "strangers are refused whatever they ask",
		  strangers_are_refused_whatever_they_ask },
		{ "types that no record has", types_that_no_record_has },
		{ "EDNS versions, flags and options", edns_versions_flags_and_options },
		{ "cookies are made and known again",
		  cookies_are_made_and_known_again },
		{ "each site gets its own pbx", each_site_gets_its_own_pbx },
		{ "all down keeps the last known", all_down_keeps_the_last_known },
		{ "srv lists the winner and the next member",
		  srv_lists_the_winner_and_the_next_member },
		{ "NAPTR offers what is there", naptr_offers_what_is_there },
		{ "a free live name answers types that do not switch",
		  a_free_live_name_answers_types_that_do_not_switch },
		{ "DS leaves the node only where nothing above is ours",
		  ds_leaves_the_node_only_where_nothing_above_is_ours },
		{ "the reason is told to those who may know",
		  the_reason_is_told_to_those_who_may_know },
		{ "a client subnet counts from believed forwarders only",
		  a_client_subnet_counts_from_believed_forwarders_only },
		{ "keepalive is told over streams only",
		  keepalive_is_told_over_streams_only },
		{ "a long trace is cut between records",
		  a_long_trace_is_cut_between_records },
		CU_TEST_INFO_NULL,
	};

	return suite_run("resolver/query", tests);
}
