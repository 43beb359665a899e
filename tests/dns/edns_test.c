#include "dns/edns.h"

#include <string.h>

#include "dns/writer.h"
#include "tests/harness.h"

/* Reads an OPT with these options. */
static int read(const char *options, size_t len, struct edns *e)
{
	uint8_t octets[200];
	struct writer w = writer_of(octets, sizeof(octets));
	struct reader r;

	writer_octets(&w, "\x04\xd0\0\0\0\0", 6);
	writer_u16(&w, (uint16_t)len);
	writer_octets(&w, options, len);
	r = reader_of(guarded(octets, writer_len(&w)), writer_len(&w));
	memset(e, 0, sizeof(*e));
	return edns_read(&r, e);
}

#define READ(options, e) read(options, sizeof(options) - 1, e)

static void client_subnets_are_read(void)
{
	struct edns e;

	CU_ASSERT_EQUAL(READ("\0\x08\0\7\0\1\x18\0\xc0\0\2", &e), OK);
	CU_ASSERT_TRUE(e.has_ecs);
	CU_ASSERT_EQUAL(e.ecs.subnet.addr.family, AF_INET);
	CU_ASSERT_EQUAL(e.ecs.subnet.len, 24);
	CU_ASSERT_EQUAL(memcmp(e.ecs.subnet.addr.octets, "\xc0\0\2\0\0", 5), 0);
	CU_ASSERT_EQUAL(READ("\0\x08\0\x0b\0\2\x31\0\x20\1\x0d\xb8\0\0\x80", &e), OK);
	CU_ASSERT_EQUAL(e.ecs.subnet.addr.family, AF_INET6);
	CU_ASSERT_EQUAL(e.ecs.subnet.len, 49);
	/* RFC 7871 7.1.2: no octets, "do not use my address" */
	CU_ASSERT_EQUAL(READ("\0\x08\0\4\0\1\0\0", &e), OK);
	CU_ASSERT_TRUE(e.has_ecs);
	CU_ASSERT_EQUAL(e.ecs.family, 1);
	CU_ASSERT_EQUAL(e.ecs.subnet.len, 0);
	CU_ASSERT_EQUAL(READ("\0\x08\0\4\0\0\0\0", &e), OK);
	CU_ASSERT_EQUAL(e.ecs.subnet.addr.family, 0);
}

static void section_6_of_7871_malformed_subnets(void)
{
	struct edns e;

	CU_ASSERT_EQUAL(READ("\0\x08\0\3\0\1\0", &e), ERR_MALFORMED);
	CU_ASSERT_EQUAL(READ("\0\x08\0\7\0\1\x18\1\xc0\0\2", &e), ERR_MALFORMED);
	CU_ASSERT_EQUAL(READ("\0\x08\0\6\0\1\x18\0\xc0\0", &e), ERR_MALFORMED);
	CU_ASSERT_EQUAL(READ("\0\x08\0\x08\0\1\x18\0\xc0\0\2\0", &e), ERR_MALFORMED);
	CU_ASSERT_EQUAL(READ("\0\x08\0\7\0\1\x17\0\xc0\0\1", &e), ERR_MALFORMED);
	CU_ASSERT_EQUAL(READ("\0\x08\0\x09\0\1\x21\0\xc0\0\2\1\0", &e), ERR_MALFORMED);
	CU_ASSERT_EQUAL(READ("\0\x08\0\7\0\3\x18\0\xc0\0\2", &e), ERR_MALFORMED);
	CU_ASSERT_EQUAL(READ("\0\x08\0\5\0\0\0\0\0", &e), ERR_MALFORMED);
}

static void section_5_2_2_of_7873_cookie_lengths(void)
{
	char option[4 + 48] = { 0, 10, 0, 0 };
	struct edns e;

	for (unsigned len = 0; len <= 48; len++) {
		bool right = len == 8 || (len >= 16 && len <= 40);

		option[3] = (char)len;
		CU_ASSERT_EQUAL(read(option, 4 + len, &e), right ? OK : ERR_MALFORMED);
		CU_ASSERT_EQUAL(e.cookie_len, right ? len : 0);
	}
	/* Only the first counts (5.2). */
	CU_ASSERT_EQUAL(READ("\0\x0a\0\x08"
			     "abcdefgh"
			     "\0\x0a\0\x08"
			     "12345678",
			     &e),
			OK);
	CU_ASSERT_EQUAL(memcmp(e.cookie, "abcdefgh", 8), 0);
}

static void a_client_names_no_keepalive_time(void)
{
	struct edns e;

	CU_ASSERT_EQUAL(READ("\0\x0b\0\0", &e), OK);
	CU_ASSERT(e.keepalive);
	CU_ASSERT_EQUAL(READ("\0\x0b\0\2\0\1", &e), OK);
	CU_ASSERT(!e.keepalive);
}

static void a_plain_opt_is_written(void)
{
	struct edns_answer a = { .payload = 1232, .rcode = 16, .dnssec_ok = true };
	uint8_t out[11];

	CU_ASSERT_EQUAL(edns_write(&a, out, sizeof(out), 12), 11);
	CU_ASSERT_EQUAL(memcmp(out, "\0\0\x29\x04\xd0\1\0\x80\0\0\0", 11), 0);
	CU_ASSERT_EQUAL(edns_write(&a, out, 10, 12), 0);
}

static const struct edns_ecs ecs = {
	.subnet = { .addr = { .octets = { 192, 0, 2 }, .family = AF_INET }, .len = 24 },
	.family = 1,
	.scope = 16
};

static void all_options_are_written(void)
{
	struct edns_answer a = {
		.payload = 1232,
		.cookie = (const uint8_t *)"123456789012345678901234",
		.cookie_len = 24,
		.nsid = (const uint8_t *)"hq-1",
		.nsid_len = 4,
		.keepalive = true,
		.keepalive_100ms = 300,
		.has_ede = true,
		.ede_code = EDE_SYNTHESIZED,
		.ede_text = "beca",
		.ede_len = 4,
		.ede_tail = "use",
		.ede_tail_len = 3,
		.ecs = &ecs,
	};
	uint8_t out[512];
	static const char expected[] = "\0\0\x29\x04\xd0\0\0\0\0\0\x42"
				       "\0\x0a\0\x18"
				       "123456789012345678901234"
				       "\0\x08\0\7\0\1\x18\x10\xc0\0\2"
				       "\0\x0b\0\2\1\x2c"
				       "\0\3\0\4hq-1"
				       "\0\x0f\0\x09\0\x1d"
				       "because";

	CU_ASSERT_EQUAL(edns_write(&a, out, sizeof(out), 100), sizeof(expected) - 1);
	CU_ASSERT_EQUAL(memcmp(out, expected, sizeof(expected) - 1), 0);
	/* Without room for the text, the code still tells. */
	CU_ASSERT_EQUAL(edns_write(&a, out, sizeof(expected) - 2, 100),
			sizeof(expected) - 1 - 7);
}

static void options_never_overrun_the_room(void)
{
	struct edns_answer a = {
		.cookie = (const uint8_t *)"123456789012345678901234",
		.cookie_len = 24,
		.nsid = (const uint8_t *)"hq-1",
		.nsid_len = 4,
		.keepalive = true,
		.has_ede = true,
		.ede_text = "beca",
		.ede_len = 4,
		.ede_tail = "use",
		.ede_tail_len = 3,
		.padding = true,
		.ecs = &ecs,
	};

	for (size_t room = 0; room < 200; room++) {
		uint8_t out[200];
		size_t len;

		memset(out, 0xee, sizeof(out));
		len = edns_write(&a, out, room, 100);
		CU_ASSERT_TRUE(len <= room);
		CU_ASSERT_TRUE(len == 0 || len >= EDNS_OPT_FIXED_LEN);
		CU_ASSERT_EQUAL(out[room], 0xee);
		if (len)
			CU_ASSERT_EQUAL(out[9] << 8 | out[10],
					(int)len - EDNS_OPT_FIXED_LEN);
	}
}

static void section_4_1_of_8467_padding_fills_blocks(void)
{
	struct edns_answer a = { .padding = true };
	uint8_t out[1000];

	for (size_t before = 12; before < 480; before++)
		CU_ASSERT_EQUAL((before + edns_write(&a, out, sizeof(out), before)) %
					468,
				0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "client subnets are read", client_subnets_are_read },
		{ "7871 6: malformed subnets", section_6_of_7871_malformed_subnets },
		{ "7873 5.2.2: cookie lengths", section_5_2_2_of_7873_cookie_lengths },
		{ "a client names no keepalive time",
		  a_client_names_no_keepalive_time },
		{ "a plain OPT is written", a_plain_opt_is_written },
		{ "all options are written", all_options_are_written },
		{ "options never overrun the room", options_never_overrun_the_room },
		{ "8467 4.1: padding fills blocks",
		  section_4_1_of_8467_padding_fills_blocks },
		CU_TEST_INFO_NULL,
	};

	return suite_run("dns/edns", tests);
}
