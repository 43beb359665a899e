/* What is told of zones that others signed (zones/integrity_signed.c). */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/harness.h"
#include "tests/zones/fixture.h"

#define SIGNED(owner, type, labels)                          \
 owner " RRSIG " type " 13 " labels                          \
       " 3600 20300101000000 20200101000000 1 example. AAAA" \
       "\n"
#define NSEC(owner, labels, next, types) \
 owner " NSEC " next " " types "\n" SIGNED(owner, "NSEC", labels)
#define HEAD                                                                       \
 "@ SOA ns.test. h.test. 7 1 1 1 300\n" SIGNED("@", "SOA",                         \
					       "1") "@ NS ns.test.\n" SIGNED("@",  \
									     "NS", \
									     "1")

static void what_is_missing_inside_a_signed_zone_is_told(void)
{
	static const char nsec[] =
		HEAD NSEC("@", "1", "a.example.",
			  "NS SOA RRSIG NSEC") "a A 192.0.2.1\n" SIGNED("a", "A", "2")
			NSEC("a", "2", "b.example.",
			     "A RRSIG NSEC") "b A 192.0.2.1\n" SIGNED("b", "A", "2")
				NSEC("b", "2", "example.", "A RRSIG NSEC");
	char *text;

	CU_ASSERT_EQUAL(told_count(nsec, ""), 0);
	text = without(nsec, "a NSEC");
	CU_ASSERT_EQUAL(told_count(text, "A at a.example. has no NSEC record"), 1);
	CU_ASSERT_EQUAL(told_count(text, "NSEC at example. does not lead to the next "
					 "one, b.example.:"),
			1);
	free(text);
	text = alloc_format("%sb TXT x\n", nsec);
	CU_ASSERT_EQUAL(told_count(text, "TXT at b.example. has no signature"), 1);
	CU_ASSERT_EQUAL(told_count(text, ""), 1);
	free(text);
	text = alloc_text(nsec);
	strstr(text, "NSEC b.example.")[strlen("NSEC ")] = 'c';
	CU_ASSERT_EQUAL(told_count(text, "NSEC at a.example. does not lead"), 1);
	free(text);
}

static void a_cds_needs_its_dnskey(void)
{
	/* RFC 4034 5.4 */
	static const char key[] =
		"@ DNSKEY 256 3 5 AQOeiiR0GOMYkDshWoSKz9Xz fwJr1AYtsmx3TGkJaNXVbfi/ "
		"2pHm822aJ5iI9BMzNXxeYCmZ DRD99WYwYqUSdjMmmAphXdvx egXd/M5+X7OrzKBaMbCV "
		"dFLUUh6DhweJBjEVv5f2wwjM 9XzcnOf+EPbtG9DMBmADjFDc "
		"2w/rljwvFw==\n";
	static const char plain[] = "@ SOA a.test. b.test. 1 1 1 1 9\n@ NS ns.test.\n";
	char *text = alloc_format("%s@ CDNSKEY %s", plain, strchr(key, '2'));
	char *both;

	CU_ASSERT_EQUAL(told_count(text, "CDNSKEY at example. is of no DNSKEY"), 1);
	both = alloc_format("%s%s", text, key);
	CU_ASSERT_EQUAL(told_count(both, ""), 0);
	free(both);
	free(text);
	text = alloc_format("%s%s@ CDS 60485 5 9 00\n", plain, key);
	CU_ASSERT_EQUAL(told_count(text, ""), 0); /* an unknown digest: by the tag */
	free(text);
	text = alloc_format(
		"%s%s@ CDS 60485 5 2 "
		"df478d39bef5a66ec24a982ccf91eb1c51f4fb23d9e94c6fe510a82ffb65c1ce\n",
		plain, key);
	CU_ASSERT_EQUAL(told_count(text, ""), 0);
	free(text);
	text = alloc_format("%s%s@ CDS 60485 5 1 "
			    "2BB183AF5F22588179A53B0A98631FAD1A292118\n",
			    plain, key);
	CU_ASSERT_EQUAL(told_count(text, "CDS at example. is of no DNSKEY"), 1);
	free(text);
	text = alloc_format("%s@ CDS 0 0 0 00\n@ CDNSKEY 0 3 0 AA==\n", plain);
	CU_ASSERT_EQUAL(told_count(text, ""), 0); /* RFC 8078 4 */
	free(text);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "what is missing inside a signed zone is told",
		  what_is_missing_inside_a_signed_zone_is_told },
		{ "a CDS needs its DNSKEY", a_cds_needs_its_dnskey },
		CU_TEST_INFO_NULL,
	};

	return suite_run("zones/signed_check", tests);
}
