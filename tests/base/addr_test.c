#include "base/addr.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/err.h"
#include "tests/harness.h"

static void texts_come_back_as_they_went_in(void)
{
	static const char *const texts[] = { "192.0.2.1@53", "2001:db8::1@5060",
					     "::@53", "0.0.0.0@1", "fe80::1%lo@53" };
	char out[ADDR_TEXT_LEN];

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct addr a;

		CU_ASSERT_EQUAL(addr_parse_port(texts[i], 9, &a), OK);
		CU_ASSERT_STRING_EQUAL(addr_format_port(&a, out), texts[i]);
	}
	CU_ASSERT_STRING_EQUAL(addr_format(&(struct addr){ 0 }, out), "-");
}

static void malformed_addresses_are_refused(void)
{
	static const char *const texts[] = {
		"",           "1.2.3",       "1.2.3.4.5",
		"256.1.1.1",  "::1%",        "::1%nosuchdevice",
		"1.2.3.4%lo", "@53",         "1.2.3.4@",
		"1.2.3.4@x",  "1.2.3.4@53x", "1.2.3.4@65536",
		"1.2.3.4@0",  " 1.2.3.4",    "1.2.3.4 "
	};
	struct addr a;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		CU_ASSERT_NOT_EQUAL(addr_parse_port(texts[i], 53, &a), OK);
	CU_ASSERT_EQUAL(addr_parse("1.2.3.4@53", &a), ERR_MALFORMED);
}

static void sockaddrs_map_both_ways_and_mapped_ones_become_ipv4(void)
{
	struct sockaddr_storage ss;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(53) };
	struct addr a;
	struct addr b;

	CU_ASSERT_EQUAL(addr_parse_port("2001:db8::7@99", 0, &a), OK);
	CU_ASSERT_EQUAL(addr_to_sockaddr(&a, &ss), sizeof(in6));
	addr_from_sockaddr((struct sockaddr *)&ss, &b);
	CU_ASSERT_TRUE(addr_equal_port(&a, &b));
	inet_pton(AF_INET6, "::ffff:192.0.2.9", &in6.sin6_addr);
	addr_from_sockaddr((struct sockaddr *)&in6, &b);
	CU_ASSERT_EQUAL(addr_parse_port("192.0.2.9@53", 0, &a), OK);
	CU_ASSERT_TRUE(addr_equal_port(&a, &b));
	CU_ASSERT_EQUAL(addr_to_sockaddr(&(struct addr){ 0 }, &ss), 0);
}

static void private_and_loopback_ranges_are_known(void)
{
	static const struct {
		const char *text;
		bool private, loopback;
	} cases[] = {
		{ "127.9.9.9", true, true },    { "::1", true, true },
		{ "10.0.0.1", true, false },    { "172.31.255.255", true, false },
		{ "172.32.0.0", false, false }, { "192.168.1.1", true, false },
		{ "100.64.0.1", true, false },  { "100.128.0.1", false, false },
		{ "169.254.3.4", true, false }, { "fd00::1", true, false },
		{ "fe80::1", true, false },     { "2001:db8::1", false, false },
		{ "192.0.2.1", false, false },  { "::", false, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct addr a;

		CU_ASSERT_EQUAL(addr_parse(cases[i].text, &a), OK);
		CU_ASSERT_EQUAL(addr_is_private(&a), cases[i].private);
		CU_ASSERT_EQUAL(addr_is_loopback(&a), cases[i].loopback);
		CU_ASSERT_EQUAL(addr_is_any(&a), strcmp(cases[i].text, "::") == 0);
	}
}

static void prefixes_hold_what_their_bits_say(void)
{
	struct prefix p;
	struct addr in;
	struct addr out;
	char text[ADDR_TEXT_LEN];

	CU_ASSERT_EQUAL(prefix_parse("10.1.128.0/17", &p), OK);
	CU_ASSERT_EQUAL(addr_parse("10.1.255.255", &in), OK);
	CU_ASSERT_EQUAL(addr_parse("10.1.127.255", &out), OK);
	CU_ASSERT_TRUE(prefix_contains(&p, &in));
	CU_ASSERT_FALSE(prefix_contains(&p, &out));
	CU_ASSERT_STRING_EQUAL(prefix_format(&p, text), "10.1.128.0/17");
	CU_ASSERT_EQUAL(prefix_parse("::1", &p), OK);
	CU_ASSERT_EQUAL(p.len, 128);
	CU_ASSERT_EQUAL(addr_parse("::1", &in), OK);
	CU_ASSERT_TRUE(prefix_contains(&p, &in));
	CU_ASSERT_EQUAL(prefix_parse("0.0.0.0/0", &p), OK);
	CU_ASSERT_TRUE(prefix_contains(&p, &out));
	CU_ASSERT_FALSE(prefix_contains(&p, &in));
}

static void prefixes_with_host_bits_or_odd_lengths_are_refused(void)
{
	struct prefix p;

	CU_ASSERT_EQUAL(prefix_parse("10.1.0.0/8", &p), ERR_RANGE);
	CU_ASSERT_EQUAL(prefix_parse("10.0.0.0/33", &p), ERR_RANGE);
	CU_ASSERT_EQUAL(prefix_parse("10.0.0.0/", &p), ERR_MALFORMED);
	CU_ASSERT_EQUAL(prefix_parse("10.0.0/8", &p), ERR_MALFORMED);
	CU_ASSERT_EQUAL(prefix_parse("::/129", &p), ERR_RANGE);
	CU_ASSERT_EQUAL(prefix_parse("::/-1", &p), ERR_MALFORMED);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "texts come back as they went in", texts_come_back_as_they_went_in },
		{ "malformed addresses are refused", malformed_addresses_are_refused },
		{ "sockaddrs map both ways, mapped ones become IPv4",
		  sockaddrs_map_both_ways_and_mapped_ones_become_ipv4 },
		{ "private and loopback ranges are known",
		  private_and_loopback_ranges_are_known },
		{ "prefixes hold what their bits say",
		  prefixes_hold_what_their_bits_say },
		{ "prefixes with host bits or odd lengths are refused",
		  prefixes_with_host_bits_or_odd_lengths_are_refused },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/addr", tests);
}
