#include "resolver/recursion/rebind.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/err.h"
#include "conf/domain.h"
#include "dns/rr.h"
#include "tests/harness.h"

static struct name name_of(const char *text)
{
	struct name n = { 0 };

	CU_ASSERT_EQUAL(name_parse(text, strlen(text), NULL, &n), OK);
	return n;
}

static bool lets(const struct rebind *w, const char *owner, const char *address)
{
	bool v6 = strchr(address, ':') != NULL;
	struct name name = name_of(owner);
	uint8_t octets[16];

	CU_ASSERT_EQUAL(inet_pton(v6 ? AF_INET6 : AF_INET, address, octets), 1);
	return rebind_allows(w, &name, v6 ? RR_AAAA : RR_A,
			     guarded(octets, v6 ? 16 : 4), v6 ? 16 : 4);
}

static void private_addresses_are_kept_out_in_every_notation(void)
{
	static const char *const private[] = {
		"0.0.0.0",
		"0.1.2.3",
		"10.0.0.1",
		"10.255.255.255",
		"100.64.0.0",
		"100.127.255.255",
		"127.0.0.1",
		"127.255.0.1",
		"169.254.169.254",
		"172.16.0.0",
		"172.31.255.255",
		"192.168.0.1",
		"::",
		"::1",
		"::10.0.0.1",
		"::ffff:10.0.0.1",
		"::ffff:192.0.2.1", /* not for the wire */
		"fc00::1",
		"fdff::1",
		"fe80::1",
		"febf::1",
		"fec0::1",
		"64:ff9b::10.0.0.1",
		"64:ff9b::0.0.0.0",
		"64:ff9b::169.254.169.254",
		"64:ff9b:1::192.168.0.1",
		"64:ff9b:1:2:3:4:127.0.0.1",
		"2002:a00:1::1",
		"2002:7f00:1::",
		"2002:c0a8:1::1",
		"2002:ac1f::1",
	};
	struct rebind *w = rebind_new(NULL, 0);

	for (size_t i = 0; i < sizeof(private) / sizeof(*private); i++)
		if (lets(w, "www.example.", private[i]))
			CU_FAIL(private[i]);
	rebind_free(w);
}

static void public_addresses_pass(void)
{
	static const char *const public[] = {
		"1.1.1.1",           "9.255.255.255",   "11.0.0.0",
		"100.63.255.255",    "100.128.0.0",     "126.255.255.255",
		"128.0.0.1",         "169.253.1.1",     "172.15.255.255",
		"172.32.0.0",        "192.167.255.255", "192.169.0.0",
		"203.0.113.1",       "2001:db8::1",     "2606:4700::1",
		"fbff::1",           "fe00::1",         "ff02::1",
		"64:ff9b::8.8.8.8", /* DNS64 */
		"64:ff9c::10.0.0.1", "2002:808:808::1", "2003:a00:1::1",
		"::1:0:0:1",
	};
	struct rebind *w = rebind_new(NULL, 0);

	for (size_t i = 0; i < sizeof(public) / sizeof(*public); i++)
		if (!lets(w, "www.example.", public[i]))
			CU_FAIL(public[i]);
	rebind_free(w);
}

static void names_inside_may_lead_inside(void)
{
	const struct domain inside[] = { { .wire = name_of("office.example.") },
					 { .wire = name_of("lan.") } };
	struct rebind *w = rebind_new(inside, 2);

	CU_ASSERT_TRUE(lets(w, "office.example.", "10.0.0.1"));
	CU_ASSERT_TRUE(lets(w, "WWW.Office.Example.", "10.0.0.1"));
	CU_ASSERT_TRUE(lets(w, "printer.lan.", "fd00::1"));
	CU_ASSERT_FALSE(lets(w, "xoffice.example.", "10.0.0.1"));
	CU_ASSERT_FALSE(lets(w, "example.", "10.0.0.1"));
	CU_ASSERT_FALSE(lets(w, "lan.example.", "10.0.0.1"));
	rebind_free(w);
}

static void localhost_leads_to_this_host_alone(void)
{
	struct rebind *w = rebind_new(NULL, 0);

	CU_ASSERT_TRUE(lets(w, "localhost.", "127.0.0.1"));
	CU_ASSERT_TRUE(lets(w, "a.localhost.", "::1"));
	CU_ASSERT_FALSE(lets(w, "localhost.", "10.0.0.1"));
	CU_ASSERT_FALSE(lets(w, "localhost.", "::2"));
	CU_ASSERT_FALSE(lets(w, "localhost.example.", "127.0.0.1"));
	rebind_free(w);
}

static bool lets_hint(const char *octets, size_t len, uint16_t type)
{
	struct rebind *w = rebind_new(NULL, 0);
	struct name name = name_of("www.example.");
	bool let = rebind_allows(w, &name, type, guarded(octets, len), len);

	rebind_free(w);
	return let;
}

#define HINT(text) lets_hint(text, sizeof(text) - 1, RR_HTTPS)

static void hints_of_svcb_and_https_are_addresses_too(void)
{
	CU_ASSERT_TRUE(HINT("\0\1\0"));
	CU_ASSERT_TRUE(HINT("\0\1\0\0\1\0\3\2h2"));
	CU_ASSERT_TRUE(HINT("\0\1\0\0\4\0\4\313\0\161\1"));
	CU_ASSERT_FALSE(HINT("\0\1\0\0\4\0\4\12\0\0\1"));
	CU_ASSERT_FALSE(HINT("\0\1\0\0\4\0\10\313\0\161\1\12\0\0\1"));
	CU_ASSERT_FALSE(HINT("\0\1\1a\0\0\1\0\3\2h2\0\4\0\4\300\250\0\1"));
	CU_ASSERT_FALSE(HINT("\0\1\0\0\6\0\20\0\0\0\0\0\0\0\0\0\0\377\377\12\0\0\1"));
	CU_ASSERT_FALSE(lets_hint("\0\1\0\0\4\0\4\12\0\0\1", 11, RR_SVCB));
	/* what cannot be read is not believed */
	CU_ASSERT_FALSE(HINT("\0\1\0\0\4\0\10\313\0\161\1"));
	CU_ASSERT_FALSE(HINT("\0\1"));
}

static void records_without_addresses_pass(void)
{
	struct rebind *w = rebind_new(NULL, 0);
	struct name name = name_of("www.example.");

	CU_ASSERT_TRUE(
		rebind_allows(w, &name, RR_TXT, (const uint8_t *)"\12\0\0\1", 4));
	rebind_free(w);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "private addresses are kept out in every notation",
		  private_addresses_are_kept_out_in_every_notation },
		{ "public addresses pass", public_addresses_pass },
		{ "names inside may lead inside", names_inside_may_lead_inside },
		{ "localhost leads to this host alone",
		  localhost_leads_to_this_host_alone },
		{ "hints of SVCB and HTTPS are addresses too",
		  hints_of_svcb_and_https_are_addresses_too },
		{ "records without addresses pass", records_without_addresses_pass },
		CU_TEST_INFO_NULL,
	};

	return suite_run("resolver/rebind", tests);
}
