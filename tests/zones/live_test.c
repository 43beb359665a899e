#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/rr.h"
#include "tests/harness.h"
#include "tests/zones/fixture.h"

#define HEAD                                      \
 "@ SOA ns.example. admin.example. 7 1 1 1 300\n" \
 "@ NS ns.test.\n"
#define SOA "authority example. 300 SOA ns.example. admin.example. 7 1 1 1 300\n"

/* The variants a board would choose, by set; NULL: the file's. */
struct test_choice {
	struct ready *variants[LIVE_SETS];
	unsigned asked;
	uint32_t index;
};

static const struct ready *choose(void *arg, uint32_t index, enum live_set set)
{
	struct test_choice *c = arg;

	c->asked++;
	c->index = index;
	return c->variants[set];
}

static struct ready *variant(const char *owner, uint16_t type, const void *rdata,
			     uint16_t len, uint8_t rcode)
{
	struct name name = name_of(owner);
	struct ready_rdata one = { rdata, len };
	struct ready_rrset set = {
		.owner = name.wire, .type = type, .ttl = 10, .rdatas = &one, .count = 1
	};
	struct ready_plan plan = { .qname = name.wire,
				   .authoritative = true,
				   .rcode = rcode,
				   .rrsets = &set,
				   .count = rdata ? 1 : 0 };

	return ready_new(&plan);
}

static void choice_free(struct test_choice *c)
{
	for (size_t i = 0; i < LIVE_SETS; i++)
		free(c->variants[i]);
}

static void choice_init(struct test_choice *c)
{
	*c = (struct test_choice){ 0 };
	c->variants[LIVE_A] = variant("pbx.example.", RR_A, "\12\0\0\1", 4, 0);
	c->variants[LIVE_AAAA] = variant("pbx.example.", RR_AAAA, NULL, 0, 0);
	c->variants[LIVE_SRV_TCP] = variant("_sip._tcp.pbx.example.", RR_SRV,
					    "\0\1\0\1\23\304\0", 7, 0);
	c->variants[LIVE_SRVS_TCP] = variant("_sips._tcp.pbx.example.", RR_SRV, NULL, 0,
					     RCODE_SERVFAIL);
}

static struct zone_set *live_zone(const char *text)
{
	struct name name = name_of("pbx.example.");
	struct zone_live live = {
		.name = &name,
		.index = 42,
		.sets = 1U << LIVE_SRV_TCP | 1U << LIVE_SRVS_TCP,
	};
	struct zone_set *set = zone_set_new();
	struct diags diags = { 0 };
	struct zone *z = zone_of("example.", text, &live, 1, &diags);

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	(void)zone_set_add(set, z);
	zone_unref(z);
	diags_fini(&diags);
	return set;
}

#define A_ANSWER "answer pbx.example. 10 A 10.0.0.1\n"

static void owned_sets_come_from_the_callback(void)
{
	struct test_choice c;
	struct answer_live live = { choose, &c };
	struct zone_set *set = live_zone(HEAD "pbx A 192.0.2.1\npbx TXT file\n");

	choice_init(&c);
	CU_ASSERT_STRING_EQUAL(ask_live(set, "pbx.example.", RR_A, &live),
			       "NOERROR aa\n" A_ANSWER);
	CU_ASSERT_EQUAL(c.index, 42);
	CU_ASSERT_STRING_EQUAL(ask_live(set, "pbx.example.", RR_AAAA, &live),
			       "NOERROR aa\n");
	CU_ASSERT_STRING_EQUAL(ask_live(set, "_sip._tcp.pbx.example.", RR_SRV, &live),
			       "NOERROR aa\n"
			       "answer _sip._tcp.pbx.example. 10 SRV 1 1 5060 .\n");
	CU_ASSERT_STRING_EQUAL(ask_live(set, "_sips._tcp.pbx.example.", RR_SRV, &live),
			       "SERVFAIL aa\n");
	choice_free(&c);
	zone_set_free(set);
}

static void other_types_come_from_the_file(void)
{
	struct test_choice c;
	struct answer_live live = { choose, &c };
	struct zone_set *set = live_zone(HEAD "pbx A 192.0.2.1\npbx TXT file\n");

	choice_init(&c);
	CU_ASSERT_STRING_EQUAL(ask_live(set, "pbx.example.", RR_TXT, &live),
			       "NOERROR aa\nanswer pbx.example. 3600 TXT \"file\"\n");
	CU_ASSERT_STRING_EQUAL(ask_live(set, "pbx.example.", RR_MX, &live),
			       "NOERROR aa\n" SOA);
	CU_ASSERT_STRING_EQUAL(ask_live(set, "_sip._tcp.pbx.example.", RR_A, &live),
			       "NOERROR aa\n" SOA);
	CU_ASSERT_EQUAL(c.asked, 0);
	choice_free(&c);
	zone_set_free(set);
}

static void a_missing_transport_is_no_data_or_no_name_as_declared(void)
{
	struct test_choice c;
	struct answer_live live = { choose, &c };
	struct zone_set *set = live_zone(HEAD);

	choice_init(&c);
	CU_ASSERT_STRING_EQUAL(ask_live(set, "_tcp.pbx.example.", RR_SRV, &live),
			       "NOERROR aa\n" SOA);
	CU_ASSERT_STRING_EQUAL(ask_live(set, "_sip._udp.pbx.example.", RR_SRV, &live),
			       "NXDOMAIN aa\n" SOA);
	choice_free(&c);
	zone_set_free(set);
}

static void any_gives_the_addresses(void)
{
	struct test_choice c;
	struct answer_live live = { choose, &c };
	struct zone_set *set = live_zone(HEAD "pbx TXT file\n");

	choice_init(&c);
	CU_ASSERT_STRING_EQUAL(ask_live(set, "pbx.example.", RR_ANY, &live),
			       "NOERROR aa\n" A_ANSWER);
	choice_free(&c);
	zone_set_free(set);
}

static void an_alias_to_a_live_name_is_answered_whole(void)
{
	struct test_choice c;
	struct answer_live live = { choose, &c };
	struct zone_set *set = live_zone(HEAD "www CNAME pbx\n*.w CNAME pbx\n"
					      "red DNAME example.\n");

	choice_init(&c);
	CU_ASSERT_STRING_EQUAL(
		ask_live(set, "www.example.", RR_A, &live),
		"NOERROR aa\n"
		"answer www.example. 3600 CNAME pbx.example.\n" A_ANSWER);
	CU_ASSERT_STRING_EQUAL(
		ask_live(set, "x.w.example.", RR_A, &live),
		"NOERROR aa\n"
		"answer x.w.example. 3600 CNAME pbx.example.\n" A_ANSWER);
	CU_ASSERT_STRING_EQUAL(
		ask_live(set, "pbx.red.example.", RR_A, &live),
		"NOERROR aa\n"
		"answer red.example. 3600 DNAME example.\n"
		"answer pbx.red.example. 3600 CNAME pbx.example.\n" A_ANSWER);
	choice_free(&c);
	zone_set_free(set);
}

static void without_a_variant_the_file_answers(void)
{
	struct test_choice c = { 0 };
	struct answer_live live = { choose, &c };
	struct zone_set *set = live_zone(HEAD "pbx A 192.0.2.1\n"
					      "_sip._tcp.pbx SRV 1 1 5060 pbx\n");
	struct name origin = name_of("example.");
	struct name name = name_of("pbx.example.");
	const struct zone *z = zone_set_exact(set, &origin);

	CU_ASSERT_STRING_EQUAL(ask_live(set, "pbx.example.", RR_A, &live),
			       "NOERROR aa\nanswer pbx.example. 3600 A 192.0.2.1\n");
	CU_ASSERT_STRING_EQUAL(ask_live(set, "pbx.example.", RR_AAAA, &live),
			       "NOERROR aa\n" SOA);
	CU_ASSERT_PTR_NOT_NULL(zone_live_file_set(z, &name, LIVE_A));
	CU_ASSERT_PTR_NULL(zone_live_file_set(z, &name, LIVE_AAAA));
	CU_ASSERT_PTR_NOT_NULL(zone_live_file_set(z, &name, LIVE_SRV_TCP));
	zone_set_free(set);
}

static void alias_cut_and_dname_may_not_stand_at_a_live_name(void)
{
	static const char *const texts[] = { HEAD "pbx CNAME x.test.\n",
					     HEAD "pbx NS ns.test.\n",
					     HEAD "pbx DNAME x.test.\n" };
	struct name name = name_of("pbx.example.");
	struct zone_live live = { .name = &name };

	for (size_t i = 0; i < 3; i++) {
		struct diags diags = { 0 };

		CU_ASSERT_PTR_NULL(zone_of("example.", texts[i], &live, 1, &diags));
		CU_ASSERT_PTR_NOT_NULL(
			strstr(diags.rows[0].text, "is not allowed at a live name"));
		diags_fini(&diags);
	}
}

/* What is said of a zone with one live name, pbx.example., declared at d.conf:3:5. */
static bool is_told(const char *text, bool uses_file, enum diag_level level,
		    uint32_t line, const char *said)
{
	struct name name = name_of("pbx.example.");
	struct zone_live live = { .name = &name,
				  .sets = 1U << LIVE_SRV_TCP,
				  .uses_file = uses_file,
				  .place = { "d.conf", 3, 5 } };
	struct diags diags = { 0 };
	bool told = false;

	zone_unref(zone_of("example.", text, &live, 1, &diags));
	if (said == NULL)
		told = diags.count == 0;
	for (size_t i = 0; said && i < diags.count; i++)
		told |= diags.rows[i].level == level &&
			diags.rows[i].place.line == line &&
			strcmp(diags.rows[i].text, said) == 0;
	for (size_t i = 0; !told && i < diags.count; i++)
		fprintf(stderr, "%u: %s\n", diags.rows[i].place.line,
			diags.rows[i].text);
	diags_fini(&diags);
	return told;
}

static void a_live_name_that_the_zone_hides_is_told_with_both_places(void)
{
	struct name deep = name_of("a.pbx.example.");
	struct zone_live live = { .name = &deep, .place = { "d.conf", 4, 5 } };
	struct diags diags = { 0 };

	zone_unref(zone_of("example.", HEAD "pbx NS ns.test.\n", &live, 1, &diags));
	CU_ASSERT_EQUAL_FATAL(diags.count, 1);
	CU_ASSERT_EQUAL(diags.rows[0].level, DIAG_WARNING);
	CU_ASSERT_EQUAL(diags.rows[0].place.line, 3);
	CU_ASSERT_STRING_EQUAL(
		diags.rows[0].text,
		"this delegation hides the live name a.pbx.example., "
		"declared at d.conf:4:5: it is never answered from here");
	diags_fini(&diags);
	diags = (struct diags){ 0 };
	zone_unref(zone_of("example.", HEAD "pbx DNAME x.test.\n", &live, 1, &diags));
	CU_ASSERT_EQUAL_FATAL(diags.count, 1);
	CU_ASSERT_STRING_EQUAL(
		diags.rows[0].text,
		"this DNAME hides the live name a.pbx.example., declared "
		"at d.conf:4:5: it is never answered from here");
	diags_fini(&diags);
}

static void records_that_a_live_name_replaces_are_told(void)
{
	CU_ASSERT(is_told(HEAD "pbx A 192.0.2.1\n", false, DIAG_WARNING, 3,
			  "A at pbx.example. is never answered: the live name declared "
			  "at d.conf:3:5 answers instead"));
	CU_ASSERT(is_told(HEAD "_sip._tcp.pbx SRV 1 1 5060 ns\n", false, DIAG_WARNING,
			  3,
			  "SRV at _sip._tcp.pbx.example. is never answered: the live "
			  "name declared at d.conf:3:5 answers instead"));
	CU_ASSERT(is_told(HEAD "_sip._udp.pbx SRV 1 1 5060 ns.test.\n", false, 0, 0,
			  NULL));
	CU_ASSERT(is_told(HEAD "pbx A 192.0.2.1\n", true, 0, 0, NULL));
	CU_ASSERT(is_told(HEAD "pbx TXT hello\n", false, 0, 0, NULL));
}

static void address_hints_for_a_live_name_are_told(void)
{
	CU_ASSERT(is_told(HEAD "pbx HTTPS 1 . ipv4hint=192.0.2.1\n", false,
			  DIAG_WARNING, 3,
			  "HTTPS at pbx.example. has address hints for the live name "
			  "declared at d.conf:3:5: clients may use them for 3600 s "
			  "whichever PBX is alive; remove ipv4hint and ipv6hint"));
	CU_ASSERT(is_told(HEAD "www SVCB 1 pbx ipv6hint=2001:db8::1\n", false,
			  DIAG_WARNING, 3,
			  "SVCB at www.example. has address hints for the live name "
			  "declared at d.conf:3:5: clients may use them for 3600 s "
			  "whichever PBX is alive; remove ipv4hint and ipv6hint"));
	CU_ASSERT(is_told(HEAD "pbx HTTPS 1 . alpn=h2\n", false, 0, 0, NULL));
	CU_ASSERT(
		is_told(HEAD "www HTTPS 1 . ipv4hint=192.0.2.1\n", false, 0, 0, NULL));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "owned sets come from the callback",
		  owned_sets_come_from_the_callback },
		{ "other types come from the file", other_types_come_from_the_file },
		{ "a missing transport is no data, or no name, as declared",
		  a_missing_transport_is_no_data_or_no_name_as_declared },
		{ "ANY gives the addresses", any_gives_the_addresses },
		{ "an alias to a live name is answered whole",
		  an_alias_to_a_live_name_is_answered_whole },
		{ "without a variant the file answers",
		  without_a_variant_the_file_answers },
		{ "alias, cut and DNAME are not allowed at a live name",
		  alias_cut_and_dname_may_not_stand_at_a_live_name },
		{ "a live name that the zone hides is told with both places",
		  a_live_name_that_the_zone_hides_is_told_with_both_places },
		{ "records that a live name replaces are told",
		  records_that_a_live_name_replaces_are_told },
		{ "address hints for a live name are told",
		  address_hints_for_a_live_name_are_told },
		CU_TEST_INFO_NULL,
	};

	return suite_run("zones/live", tests);
}
