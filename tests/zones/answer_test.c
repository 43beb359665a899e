#include "zones/answer.h"

#include <stdlib.h>
#include <string.h>

#include "dns/rr.h"
#include "tests/harness.h"
#include "tests/zones/fixture.h"

#define ASSERT_ANSWER(name, type, expected) \
 assert_text(ask(set, name, type), expected, name)

static void assert_text(const char *got, const char *expected, const char *name)
{
	if (got == NULL || strcmp(got, expected) != 0)
		fprintf(stderr, "# %s:\n%s# expected:\n%s", name,
			got ? got : "malformed\n", expected);
	CU_ASSERT(got != NULL && strcmp(got, expected) == 0);
}

#define HEAD                                      \
 "@ SOA ns.example. admin.example. 7 1 1 1 300\n" \
 "@ NS ns.example.com.\n"                         \
 "@ NS ns.example.net.\n"
#define SOA "authority example. 300 SOA ns.example. admin.example. 7 1 1 1 300\n"

/* The zone of RFC 4592 2.2.1. */
static struct zone_set *wildcards(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "example.",
		HEAD "*.example. TXT \"this is a wildcard\"\n"
		     "*.example. MX 10 host1.example.\n"
		     "sub.*.example. TXT \"this is not a wildcard\"\n"
		     "host1.example. A 192.0.2.1\n"
		     "_ssh._tcp.host1.example. SRV 0 0 22 host1.example.\n"
		     "_ssh._tcp.host2.example. SRV 0 0 22 host1.example.\n"
		     "subdel.example. NS ns.example.com.\n"
		     "subdel.example. NS ns.example.net.\n");
	return set;
}

static void rfc_4592_2_2_1_synthesised_from_the_wildcard(void)
{
	struct zone_set *set = wildcards();

	ASSERT_ANSWER("host3.example.", RR_MX,
		      "NOERROR aa\n"
		      "answer host3.example. 3600 MX 10 host1.example.\n"
		      "additional host1.example. 3600 A 192.0.2.1\n");
	ASSERT_ANSWER("host3.example.", RR_A, "NOERROR aa\n" SOA);
	ASSERT_ANSWER("foo.bar.example.", RR_TXT,
		      "NOERROR aa\n"
		      "answer foo.bar.example. 3600 TXT \"this is a wildcard\"\n");
	zone_set_free(set);
}

static void rfc_4592_2_2_1_not_synthesised(void)
{
	struct zone_set *set = wildcards();

	ASSERT_ANSWER("host1.example.", RR_MX, "NOERROR aa\n" SOA);
	ASSERT_ANSWER("sub.*.example.", RR_MX, "NOERROR aa\n" SOA);
	ASSERT_ANSWER("_telnet._tcp.host1.example.", RR_SRV, "NXDOMAIN aa\n" SOA);
	ASSERT_ANSWER("host.subdel.example.", RR_A,
		      "NOERROR\n"
		      "authority subdel.example. 3600 NS ns.example.com.\n"
		      "authority subdel.example. 3600 NS ns.example.net.\n");
	ASSERT_ANSWER("ghost.*.example.", RR_MX, "NXDOMAIN aa\n" SOA);
	zone_set_free(set);
}

static void rfc_4592_2_2_1_the_asterisk_itself_can_be_asked(void)
{
	struct zone_set *set = wildcards();

	ASSERT_ANSWER(
		"*.example.", RR_TXT,
		"NOERROR aa\nanswer *.example. 3600 TXT \"this is a wildcard\"\n");
	ASSERT_ANSWER("sub.*.example.", RR_TXT,
		      "NOERROR aa\n"
		      "answer sub.*.example. 3600 TXT \"this is not a wildcard\"\n");
	zone_set_free(set);
}

static void rfc_4592_2_2_2_empty_non_terminals_have_no_data(void)
{
	struct zone_set *set = wildcards();

	ASSERT_ANSWER("_tcp.host1.example.", RR_A, "NOERROR aa\n" SOA);
	ASSERT_ANSWER("host2.example.", RR_MX, "NOERROR aa\n" SOA);
	ASSERT_ANSWER("_tcp.host2.example.", RR_SRV, "NOERROR aa\n" SOA);
	zone_set_free(set);
}

static void rfc_4592_2_2_2_a_wildcard_that_is_an_empty_non_terminal(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "example.", HEAD "sub.*.example. TXT \"x\"\n");
	ASSERT_ANSWER("a.example.", RR_TXT, "NOERROR aa\n" SOA);
	ASSERT_ANSWER("*.example.", RR_TXT, "NOERROR aa\n" SOA);
	zone_set_free(set);
}

static void rfc_4592_3_3_3_a_wildcard_alias_is_followed(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "example.",
		HEAD "*.w CNAME Host.example.\n"
		     "host A 192.0.2.1\n"
		     "*.x CNAME gone.example.\n"
		     "*.loop CNAME a.loop.example.\n");
	ASSERT_ANSWER("q.w.example.", RR_A,
		      "NOERROR aa\n"
		      "answer q.w.example. 3600 CNAME Host.example.\n"
		      "answer Host.example. 3600 A 192.0.2.1\n");
	ASSERT_ANSWER("q.w.example.", RR_CNAME,
		      "NOERROR aa\nanswer q.w.example. 3600 CNAME Host.example.\n");
	ASSERT_ANSWER("q.w.example.", RR_TXT,
		      "NOERROR aa\n"
		      "answer q.w.example. 3600 CNAME Host.example.\n" SOA);
	ASSERT_ANSWER("q.x.example.", RR_A,
		      "NXDOMAIN aa\n"
		      "answer q.x.example. 3600 CNAME gone.example.\n" SOA);
	ASSERT_ANSWER("b.loop.example.", RR_A,
		      "NOERROR aa\n"
		      "answer b.loop.example. 3600 CNAME a.loop.example.\n"
		      "answer a.loop.example. 3600 CNAME a.loop.example.\n");
	zone_set_free(set);
}

static void wildcard_rdata_that_names_the_wildcard_stays_as_it_is(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "example.", HEAD "*.w MX 1 *.w\n*.w A 192.0.2.1\n");
	ASSERT_ANSWER("long-label.w.example.", RR_MX,
		      "NOERROR aa\n"
		      "answer long-label.w.example. 3600 MX 1 *.w.example.\n"
		      "additional *.w.example. 3600 A 192.0.2.1\n");
	zone_set_free(set);
}

/* RFC 1034 6.1 in spirit: a parent zone with a cut, glue and what lies below. */
static struct zone_set *delegations(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "example.",
		HEAD
		"cut NS ns.cut\ncut NS ns.sibling\ncut NS ns.far.test.\n"
		"ns.cut A 192.0.2.1\nns.cut AAAA 2001:db8::1\n"
		"ns.sibling A 192.0.2.2\nsibling NS ns.sibling\nx.y.cut A 192.0.2.3\n"
		"cut DS 1 8 2 "
		"0000000000000000000000000000000000000000000000000000000000000000\n"
		"mx MX 5 ns.cut\n");
	return set;
}

#define REFERRAL                                        \
 "NOERROR\n"                                            \
 "authority cut.example. 3600 NS ns.cut.example.\n"     \
 "authority cut.example. 3600 NS ns.far.test.\n"        \
 "authority cut.example. 3600 NS ns.sibling.example.\n" \
 "additional ns.cut.example. 3600 A 192.0.2.1\n"        \
 "additional ns.cut.example. 3600 AAAA 2001:db8::1\n"   \
 "additional ns.sibling.example. 3600 A 192.0.2.2\n"

static void rfc_1034_4_3_2_a_cut_refers(void)
{
	struct zone_set *set = delegations();

	ASSERT_ANSWER("cut.example.", RR_A, REFERRAL);
	ASSERT_ANSWER("cut.example.", RR_NS, REFERRAL);
	ASSERT_ANSWER("cut.example.", RR_ANY, REFERRAL);
	ASSERT_ANSWER("a.b.c.cut.example.", RR_A, REFERRAL);
	zone_set_free(set);
}

static void glue_is_no_answer(void)
{
	struct zone_set *set = delegations();

	ASSERT_ANSWER("ns.cut.example.", RR_A, REFERRAL);
	ASSERT_ANSWER("below.ns.cut.example.", RR_A, REFERRAL);
	ASSERT_ANSWER("x.y.cut.example.", RR_A, REFERRAL);
	ASSERT_ANSWER("y.cut.example.", RR_A, REFERRAL);
	ASSERT_ANSWER("z.x.y.cut.example.", RR_A, REFERRAL);
	ASSERT_ANSWER("mx.example.", RR_MX,
		      "NOERROR aa\nanswer mx.example. 3600 MX 5 ns.cut.example.\n");
	zone_set_free(set);
}

static void rfc_4035_3_1_4_1_ds_at_a_cut_is_the_parents(void)
{
	struct zone_set *set = delegations();
	const char *ds =
		"NOERROR aa\nanswer cut.example. 3600 DS 1 8 2 "
		"0000000000000000000000000000000000000000000000000000000000000000"
		"\n";

	ASSERT_ANSWER("cut.example.", RR_DS, ds);
	ASSERT_ANSWER("sibling.example.", RR_DS, "NOERROR aa\n" SOA);
	ASSERT_ANSWER("a.cut.example.", RR_DS, REFERRAL);
	set_add(set, "cut.example.",
		"@ SOA a. b. 1 1 1 1 9\n@ NS ns\nns A 192.0.2.9\n");
	ASSERT_ANSWER("cut.example.", RR_DS, ds);
	ASSERT_ANSWER("ns.cut.example.", RR_A,
		      "NOERROR aa\nanswer ns.cut.example. 3600 A 192.0.2.9\n");
	ASSERT_ANSWER("example.", RR_DS, "NOERROR aa\n" SOA);
	/* No cut leads there: what the zone above knows nothing of it cannot deny. */
	set_add(set, "apart.example.", "@ SOA a. b. 1 1 1 1 9\n@ NS a.\n");
	ASSERT_ANSWER("apart.example.", RR_DS,
		      "NOERROR aa\nauthority apart.example. 9 SOA a. b. 1 1 1 1 9\n");
	zone_set_free(set);
}

static struct zone_set *redirections(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "example.",
		HEAD "d 77 DNAME target.example.\nd A 192.0.2.5\n"
		     "a.target A 192.0.2.6\n"
		     "out DNAME elsewhere.test.\n"
		     "l1 DNAME l2\nl2 DNAME l1\n"
		     "self DNAME self\n");
	return set;
}

static void a_dname_that_redirects_twice_stands_there_once(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "example.", HEAD "d DNAME @\nx A 192.0.2.1\n");
	ASSERT_ANSWER("x.d.d.example.", RR_A,
		      "NOERROR aa\n"
		      "answer d.example. 3600 DNAME example.\n"
		      "answer x.d.d.example. 3600 CNAME x.d.example.\n"
		      "answer x.d.example. 3600 CNAME x.example.\n"
		      "answer x.example. 3600 A 192.0.2.1\n");
	zone_set_free(set);
}

/* A zone above that would deny the name is not asked; one that refers it is. */
static void rfc_4035_3_1_4_1_ds_at_an_apex_of_ours(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "example.",
		HEAD "cut NS ns.test.\n*.wild TXT x\nknown NS ns.test.\n");
	set_add(set, "a.cut.example.", "@ SOA a. b. 1 1 1 1 9\n@ NS ns.test.\n");
	set_add(set, "a.wild.example.", "@ SOA a. b. 1 1 1 1 9\n@ NS ns.test.\n");
	set_add(set, "other.example.", "@ SOA a. b. 1 1 1 1 9\n@ NS ns.test.\n");
	set_add(set, "known.example.", "@ SOA a. b. 1 1 1 1 9\n@ NS ns.test.\n");
	ASSERT_ANSWER("a.cut.example.", RR_DS,
		      "NOERROR\nauthority cut.example. 3600 NS ns.test.\n");
	ASSERT_ANSWER("a.wild.example.", RR_DS, "NOERROR aa\n" SOA);
	ASSERT_ANSWER("known.example.", RR_DS, "NOERROR aa\n" SOA);
	ASSERT_ANSWER("other.example.", RR_DS,
		      "NOERROR aa\nauthority other.example. 9 SOA a. b. 1 1 1 1 9\n");
	zone_set_free(set);
}

static void the_root_is_a_zone(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, ".",
		"@ SOA a. b. 1 1 1 1 9\n@ NS ns.test.\ntest NS ns.test.\n"
		"ns.test A 192.0.2.1\nwww A 192.0.2.2\n");
	ASSERT_ANSWER("www.", RR_A, "NOERROR aa\nanswer www. 3600 A 192.0.2.2\n");
	ASSERT_ANSWER("x.y.", RR_A, "NXDOMAIN aa\nauthority . 9 SOA a. b. 1 1 1 1 9\n");
	ASSERT_ANSWER(".", RR_DS, "NOERROR aa\nauthority . 9 SOA a. b. 1 1 1 1 9\n");
	ASSERT_ANSWER("x.test.", RR_A,
		      "NOERROR\nauthority test. 3600 NS ns.test.\n"
		      "additional ns.test. 3600 A 192.0.2.1\n");
	zone_set_free(set);
}

static void rfc_6672_2_2_a_dname_redirects_what_is_below(void)
{
	struct zone_set *set = redirections();

	ASSERT_ANSWER("A.d.example.", RR_A,
		      "NOERROR aa\n"
		      "answer d.example. 77 DNAME target.example.\n"
		      "answer A.d.example. 77 CNAME A.target.example.\n"
		      "answer A.target.example. 3600 A 192.0.2.6\n");
	ASSERT_ANSWER("b.d.example.", RR_A,
		      "NXDOMAIN aa\n"
		      "answer d.example. 77 DNAME target.example.\n"
		      "answer b.d.example. 77 CNAME b.target.example.\n" SOA);
	ASSERT_ANSWER("b.d.example.", RR_CNAME,
		      "NOERROR aa\n"
		      "answer d.example. 77 DNAME target.example.\n"
		      "answer b.d.example. 77 CNAME b.target.example.\n");
	ASSERT_ANSWER("x.y.out.example.", RR_A,
		      "NOERROR aa\n"
		      "answer out.example. 3600 DNAME elsewhere.test.\n"
		      "answer x.y.out.example. 3600 CNAME x.y.elsewhere.test.\n");
	zone_set_free(set);
}

static void rfc_6672_2_3_the_owner_itself_is_not_redirected(void)
{
	struct zone_set *set = redirections();

	ASSERT_ANSWER("d.example.", RR_A,
		      "NOERROR aa\nanswer d.example. 3600 A 192.0.2.5\n");
	ASSERT_ANSWER("d.example.", RR_TXT, "NOERROR aa\n" SOA);
	ASSERT_ANSWER("d.example.", RR_DNAME,
		      "NOERROR aa\nanswer d.example. 77 DNAME target.example.\n");
	zone_set_free(set);
}

#define LABEL60 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"

static void rfc_6672_2_2_a_name_that_grows_too_long_is_yxdomain(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "example.", HEAD "d DNAME " LABEL60 "." LABEL60 ".example.\n");
	ASSERT_ANSWER(LABEL60 "." LABEL60 ".more.d.example.", RR_A,
		      "YXDOMAIN aa\n"
		      "answer d.example. 3600 DNAME " LABEL60 "." LABEL60
		      ".example.\n");
	zone_set_free(set);
}

static void loops_end_without_error(void)
{
	struct zone_set *set = redirections();

	set_add(set, "loop.",
		"@ SOA a. b. 1 1 1 1 9\n@ NS ns.test.\n"
		"a CNAME b\nb CNAME c\nc CNAME a\nme CNAME me\n");
	ASSERT_ANSWER("b.loop.", RR_A,
		      "NOERROR aa\n"
		      "answer b.loop. 3600 CNAME c.loop.\n"
		      "answer c.loop. 3600 CNAME a.loop.\n"
		      "answer a.loop. 3600 CNAME b.loop.\n");
	ASSERT_ANSWER("me.loop.", RR_A,
		      "NOERROR aa\nanswer me.loop. 3600 CNAME me.loop.\n");
	ASSERT_ANSWER("x.l1.example.", RR_A,
		      "NOERROR aa\n"
		      "answer l1.example. 3600 DNAME l2.example.\n"
		      "answer x.l1.example. 3600 CNAME x.l2.example.\n"
		      "answer l2.example. 3600 DNAME l1.example.\n"
		      "answer x.l2.example. 3600 CNAME x.l1.example.\n");
	ASSERT_ANSWER("x.self.example.", RR_A,
		      "NOERROR aa\n"
		      "answer self.example. 3600 DNAME self.example.\n"
		      "answer x.self.example. 3600 CNAME x.self.example.\n");
	zone_set_free(set);
}

static void a_chain_goes_through_all_zones_that_are_served(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "one.",
		"@ SOA a. b. 1 1 1 1 9\n@ NS ns.test.\n"
		"www CNAME web.two.\nfar CNAME www.world.test.\n"
		"cut CNAME x.sub.two.\n");
	set_add(set, "two.",
		"@ SOA a. b. 1 1 1 1 8\n@ NS ns.test.\n"
		"web CNAME host\nhost A 192.0.2.8\nsub NS ns.sub\n"
		"ns.sub A 192.0.2.9\n");
	ASSERT_ANSWER("www.one.", RR_A,
		      "NOERROR aa\n"
		      "answer www.one. 3600 CNAME web.two.\n"
		      "answer web.two. 3600 CNAME host.two.\n"
		      "answer host.two. 3600 A 192.0.2.8\n");
	ASSERT_ANSWER("www.one.", RR_MX,
		      "NOERROR aa\n"
		      "answer www.one. 3600 CNAME web.two.\n"
		      "answer web.two. 3600 CNAME host.two.\n"
		      "authority two. 8 SOA a. b. 1 1 1 1 8\n");
	ASSERT_ANSWER("far.one.", RR_A,
		      "NOERROR aa\nanswer far.one. 3600 CNAME www.world.test.\n");
	ASSERT_ANSWER("cut.one.", RR_A,
		      "NOERROR aa\n"
		      "answer cut.one. 3600 CNAME x.sub.two.\n"
		      "authority sub.two. 3600 NS ns.sub.two.\n"
		      "additional ns.sub.two. 3600 A 192.0.2.9\n");
	zone_set_free(set);
}

static void rfc_2308_3_the_negative_ttl_is_the_lesser(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "low.", "@ 60 SOA a. b. 1 1 1 1 300\n@ NS ns.test.\n");
	set_add(set, "high.", "@ 3600 SOA a. b. 1 1 1 1 300\n@ NS ns.test.\n");
	ASSERT_ANSWER("x.low.", RR_A,
		      "NXDOMAIN aa\nauthority low. 60 SOA a. b. 1 1 1 1 300\n");
	ASSERT_ANSWER("high.", RR_A,
		      "NOERROR aa\nauthority high. 300 SOA a. b. 1 1 1 1 300\n");
	ASSERT_ANSWER("high.", RR_SOA,
		      "NOERROR aa\nanswer high. 3600 SOA a. b. 1 1 1 1 300\n");
	zone_set_free(set);
}

static void rfc_8020_2_nothing_is_below_a_name_that_is_not_there(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "example.", HEAD "a.b.c A 192.0.2.1\n");
	ASSERT_ANSWER("b.c.example.", RR_A, "NOERROR aa\n" SOA);
	ASSERT_ANSWER("c.example.", RR_A, "NOERROR aa\n" SOA);
	ASSERT_ANSWER("x.c.example.", RR_A, "NXDOMAIN aa\n" SOA);
	ASSERT_ANSWER("z.y.x.c.example.", RR_A, "NXDOMAIN aa\n" SOA);
	zone_set_free(set);
}

static void rfc_8482_4_1_any_gives_one_set(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "example.",
		HEAD
		"www A 192.0.2.1\nwww TXT x\nwww AAAA 2001:db8::1\nal CNAME www\n");
	ASSERT_ANSWER("www.example.", RR_ANY,
		      "NOERROR aa\nanswer www.example. 3600 A 192.0.2.1\n");
	ASSERT_ANSWER("al.example.", RR_ANY,
		      "NOERROR aa\nanswer al.example. 3600 CNAME www.example.\n");
	ASSERT_ANSWER("gone.example.", RR_ANY, "NXDOMAIN aa\n" SOA);
	zone_set_free(set);
}

static void zones_are_found_by_the_longest_match(void)
{
	struct zone_set *set = zone_set_new();
	struct name broken = name_of("broken.example.");

	set_add(set, "example.", HEAD "www A 192.0.2.1\n");
	set_add(set, "deep.er.example.", "@ SOA a. b. 1 1 1 1 9\n@ NS ns.test.\n");
	CU_ASSERT_EQUAL(zone_set_add_broken(set, &broken), OK);
	CU_ASSERT_EQUAL(zone_set_add_broken(set, &broken), ERR_EXISTS);
	ASSERT_ANSWER(
		"x.deep.er.example.", RR_A,
		"NXDOMAIN aa\nauthority deep.er.example. 9 SOA a. b. 1 1 1 1 9\n");
	ASSERT_ANSWER("er.example.", RR_A, "NXDOMAIN aa\n" SOA);
	ASSERT_ANSWER("x.broken.example.", RR_A, "broken\n");
	ASSERT_ANSWER("WWW.Example.", RR_A,
		      "NOERROR aa\nanswer WWW.Example. 3600 A 192.0.2.1\n");
	ASSERT_ANSWER("test.", RR_A, "none\n");
	ASSERT_ANSWER(".", RR_NS, "none\n");
	zone_set_free(set);
}

static void the_root_can_be_a_zone(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, ".", "@ SOA a. b. 1 1 1 1 9\n@ NS ns.test.\ntest. TXT x\n");
	ASSERT_ANSWER(".", RR_NS, "NOERROR aa\nanswer . 3600 NS ns.test.\n");
	ASSERT_ANSWER("test.", RR_TXT, "NOERROR aa\nanswer test. 3600 TXT \"x\"\n");
	ASSERT_ANSWER("www.org.", RR_A,
		      "NXDOMAIN aa\nauthority . 9 SOA a. b. 1 1 1 1 9\n");
	zone_set_free(set);
}

static void labels_may_hold_any_octet(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "example.",
		HEAD "a\\000b A 192.0.2.1\n\\200 A 192.0.2.2\na\\.b A 192.0.2.3\n");
	ASSERT_ANSWER("A\\000B.example.", RR_A,
		      "NOERROR aa\nanswer A\\000B.example. 3600 A 192.0.2.1\n");
	ASSERT_ANSWER("\\200.example.", RR_A,
		      "NOERROR aa\nanswer \\200.example. 3600 A 192.0.2.2\n");
	ASSERT_ANSWER("a.b.example.", RR_A, "NXDOMAIN aa\n" SOA);
	zone_set_free(set);
}

static void strange_types_have_no_data(void)
{
	struct zone_set *set = delegations();

	ASSERT_ANSWER("mx.example.", 0, "NOERROR aa\n" SOA);
	ASSERT_ANSWER("cut.example.", 0, REFERRAL);
	ASSERT_ANSWER("mx.example.", 65535, "NOERROR aa\n" SOA);
	zone_set_free(set);
}

/* What a recursor says, however much: pointers reach 16 KiB and no further. */
static void what_the_world_puts_in_front_stays_in_reach(void)
{
	enum { SETS = 30, TXT_LEN = 1001 };
	struct zone_set *set = zone_set_new();
	struct name qname = name_of("www.elsewhere.test.");
	struct name target = name_of("host.example.");
	/* Four strings. */
	uint8_t text[TXT_LEN] = { [0] = 250, [251] = 250, [502] = 250, [753] = 247 };
	uint8_t msg[MESSAGE_MAX_LEN];
	struct ready_rdata rdatas[2] = { { text, sizeof(text) },
					 { target.wire, target.len } };
	struct ready_rrset sets[SETS + 1];
	struct ready_plan plan = { .qname = qname.wire, .rrsets = sets };
	size_t len = query_of("www.elsewhere.test.", RR_A, CLASS_IN, msg);

	set_add(set, "example.", HEAD "host A 192.0.2.1\n");
	for (unsigned i = 0; i <= SETS; i++)
		sets[i] = (struct ready_rrset){ .owner = qname.wire,
						.type = i < SETS ? RR_TXT : RR_CNAME,
						.rdatas = &rdatas[i == SETS],
						.count = 1 };
	for (unsigned i = 0; i <= SETS; i++) {
		struct question q;
		struct answer a;
		struct ready *found;

		plan.rrsets = sets + SETS - i;
		plan.count = i + 1;
		found = ready_new(&plan);
		CU_ASSERT_EQUAL(question_read(msg, len, &q), QUESTION_OK);
		CU_ASSERT_EQUAL(answer_make(set, &q, NULL, &a), ANSWER_NONE);
		CU_ASSERT_EQUAL(answer_add(&q, NULL, found,
					   (size_t)found->wire_len - target.len, &a),
				ANSWER_FOUND);
		CU_ASSERT_EQUAL(a.part_count, i < 4 ? 2 : 1);
		CU_ASSERT(answer_write(&a, msg, len, sizeof(msg)) > len);
		len = query_of("www.elsewhere.test.", RR_A, CLASS_IN, msg);
		free(found);
	}
	zone_set_free(set);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "RFC 4592 2.2.1: synthesised",
		  rfc_4592_2_2_1_synthesised_from_the_wildcard },
		{ "RFC 4592 2.2.1: not synthesised", rfc_4592_2_2_1_not_synthesised },
		{ "RFC 4592 2.2.1: the asterisk itself can be asked",
		  rfc_4592_2_2_1_the_asterisk_itself_can_be_asked },
		{ "RFC 4592 2.2.2: empty non-terminals",
		  rfc_4592_2_2_2_empty_non_terminals_have_no_data },
		{ "RFC 4592 2.2.2: a wildcard that is an empty non-terminal",
		  rfc_4592_2_2_2_a_wildcard_that_is_an_empty_non_terminal },
		{ "RFC 4592 3.3.3: a wildcard alias is followed",
		  rfc_4592_3_3_3_a_wildcard_alias_is_followed },
		{ "RDATA that names the wildcard stays as it is",
		  wildcard_rdata_that_names_the_wildcard_stays_as_it_is },
		{ "RFC 1034 4.3.2: a cut refers", rfc_1034_4_3_2_a_cut_refers },
		{ "glue is no answer", glue_is_no_answer },
		{ "RFC 4035 3.1.4.1: DS at a cut is the parent's",
		  rfc_4035_3_1_4_1_ds_at_a_cut_is_the_parents },
		{ "a DNAME that redirects twice stands there once",
		  a_dname_that_redirects_twice_stands_there_once },
		{ "RFC 4035 3.1.4.1: DS at an apex of ours",
		  rfc_4035_3_1_4_1_ds_at_an_apex_of_ours },
		{ "the root is a zone", the_root_is_a_zone },
		{ "RFC 6672 2.2: a DNAME redirects what is below",
		  rfc_6672_2_2_a_dname_redirects_what_is_below },
		{ "RFC 6672 2.3: the owner itself is not redirected",
		  rfc_6672_2_3_the_owner_itself_is_not_redirected },
		{ "RFC 6672 2.2: too long is YXDOMAIN",
		  rfc_6672_2_2_a_name_that_grows_too_long_is_yxdomain },
		{ "loops end without error", loops_end_without_error },
		{ "a chain goes through all zones",
		  a_chain_goes_through_all_zones_that_are_served },
		{ "RFC 2308 3: the negative TTL is the lesser",
		  rfc_2308_3_the_negative_ttl_is_the_lesser },
		{ "RFC 8020 2: nothing is below nothing",
		  rfc_8020_2_nothing_is_below_a_name_that_is_not_there },
		{ "RFC 8482 4.1: ANY gives one set", rfc_8482_4_1_any_gives_one_set },
		{ "zones are found by the longest match",
		  zones_are_found_by_the_longest_match },
		{ "the root can be a zone", the_root_can_be_a_zone },
		{ "labels may hold any octet", labels_may_hold_any_octet },
		{ "strange types have no data", strange_types_have_no_data },
		{ "what recursion puts in front stays in reach",
		  what_the_world_puts_in_front_stays_in_reach },
		CU_TEST_INFO_NULL,
	};

	return suite_run("zones/answer", tests);
}
