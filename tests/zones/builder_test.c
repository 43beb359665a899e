#include "zones/builder.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "dns/rr.h"
#include "tests/harness.h"
#include "tests/zones/fixture.h"

#define SOA  "@ SOA ns.test. admin.test. 7 1 1 1 300\n"
#define HEAD SOA "@ NS ns.test.\n"

/* Builds and expects exactly these diagnoses: "LINE error|warning TEXT" each. */
static void assert_diags(const char *zone_text, const char *expected)
{
	static const char *const levels[] = { "error", "warning", "note" };
	struct diags diags = { 0 };
	struct buffer got = { 0 };
	struct zone *z = zone_of("example.", zone_text, NULL, 0, &diags);
	char *text;

	diags_sort(&diags);
	for (size_t i = 0; i < diags.count; i++)
		buffer_printf(&got, "%u %s %s\n", diags.rows[i].place.line,
			      levels[diags.rows[i].level], diags.rows[i].text);
	text = buffer_take_text(&got);
	if (strcmp(text, expected) != 0)
		fprintf(stderr, "# got\n%s# expected\n%s", text, expected);
	CU_ASSERT_STRING_EQUAL(text, expected);
	CU_ASSERT_EQUAL(z == NULL, diags.error_count != 0);
	free(text);
	zone_unref(z);
	diags_fini(&diags);
}

static void a_sound_zone_has_no_diagnoses(void)
{
	assert_diags(HEAD "www A 192.0.2.1\nwww A 192.0.2.2\n@ MX 5 www\n"
			  "*.w A 192.0.2.3\n@ MX 6 any.w\n@ MX 7 far.test.\n@ MX 0 .\n"
			  "cut NS ns.cut\nns.cut A 192.0.2.4\n@ MX 9 x.cut\n",
		     "");
}

static void the_apex_needs_one_soa_and_ns(void)
{
	assert_diags("", "0 error example. contains no records\n");
	assert_diags("www A 192.0.2.1\n", "0 error example. has no SOA at its apex\n"
					  "0 error example. has no NS at its apex\n");
	assert_diags(HEAD "@ SOA ns.test. admin.test. 8 1 1 1 300\n",
		     "3 error SOA at example. occurs more than once\n");
	assert_diags(HEAD "sub SOA ns.test. admin.test. 8 1 1 1 300\n",
		     "3 error SOA at sub.example. is allowed only "
		     "at the apex of the zone\n");
}

static void an_alias_stands_alone(void)
{
	assert_diags(HEAD "a CNAME b.test.\na A 192.0.2.1\n",
		     "3 error CNAME at a.example. cannot coexist "
		     "with other data (RFC 1034 3.6.2)\n");
	assert_diags(HEAD "a CNAME b.test.\na CNAME c.test.\n",
		     "4 error CNAME at a.example. occurs more "
		     "than once (RFC 2181 10.1)\n");
	assert_diags(HEAD "a CNAME b.test.\na CNAME B.test.\n", "");
}

static void nothing_stands_below_a_dname(void)
{
	assert_diags(HEAD "d DNAME t.test.\nx.d A 192.0.2.1\ny.x.d NS ns.test.\n",
		     "4 error A at x.d.example. is below a DNAME (RFC 6672 2.4): "
		     "d.example.\n"
		     "5 error NS at y.x.d.example. is below a DNAME (RFC 6672 2.4): "
		     "d.example.\n");
	assert_diags(
		HEAD "d DNAME t.test.\nd DNAME u.test.\n",
		"4 error DNAME at d.example. occurs more than once (RFC 6672 2.4)\n");
	assert_diags(HEAD "d DNAME t.test.\nd NS ns.test.\n",
		     "3 error DNAME at d.example. cannot coexist with a delegation "
		     "(RFC 6672 2.3)\n");
}

static void targets_must_have_addresses(void)
{
	assert_diags(
		HEAD "@ MX 5 gone\n@ MX 6 al\n@ MX 7 txt\nal CNAME x.test.\ntxt TXT x\n"
		     "_sip._udp SRV 0 0 5060 gone\n@ NS gone\n",
		"3 warning MX at example. points to a name that does not exist: "
		"gone.example.\n"
		"4 warning MX at example. points to an alias (RFC 2181 10.3): "
		"al.example.\n"
		"5 warning MX at example. points to a name without addresses: "
		"txt.example.\n"
		"8 warning SRV at _sip._udp.example. points to a name that does not "
		"exist: gone.example.\n"
		"9 warning NS at example. points to a name that does not exist: "
		"gone.example.\n");
}

static void aliases_lead_somewhere(void)
{
	assert_diags(
		HEAD "a CNAME gone\nb CNAME a\nc CNAME b.example\n@ MX 5 b.example\n",
		"3 warning CNAME at a.example. points to a name that does not exist: "
		"gone.example.\n"
		"5 warning CNAME at c.example. points to a name that does not exist "
		"(missing final dot?): b.example.example.\n"
		"6 warning MX at example. points to a name that does not exist "
		"(missing final dot?): b.example.example.\n");
	assert_diags(HEAD
		     "a CNAME x.w\n*.w A 192.0.2.1\nc CNAME x.cut\ncut NS ns.test.\n",
		     "");
}

static void a_ds_stands_at_a_delegation(void)
{
	const char *text = HEAD
		"a DS 1 13 2 "
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
		"abcdef\n";

	assert_diags(text,
		     "3 warning DS at a.example. is not at a delegation: there is no "
		     "NS record beside it (RFC 4034 5)\n");
}

static void a_delegation_needs_its_glue(void)
{
	assert_diags(HEAD "cut NS ns.cut\n",
		     "3 error NS at cut.example. cannot be reached because its glue is "
		     "missing: ns.cut.example.\n");
	assert_diags(HEAD "cut NS ns.test.\nx.cut TXT x\n",
		     "4 warning TXT at x.cut.example. is never answered because it is "
		     "below a delegation: cut.example.\n");
}

static void ttls_of_a_set_are_made_equal(void)
{
	struct zone_set *set = zone_set_new();
	struct diags diags = { 0 };
	const char *text = HEAD "a 60 A 192.0.2.1\na 30 A 192.0.2.2\n";
	struct zone *z = zone_of("example.", text, NULL, 0, &diags);

	assert_diags(text,
		     "4 warning A at a.example. has a different TTL from the rest of "
		     "its RRset (RFC 2181 5.2); the lowest one is used\n");
	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	(void)zone_set_add(set, z);
	CU_ASSERT_STRING_EQUAL(ask(set, "a.example.", RR_A),
			       "NOERROR aa\nanswer a.example. 30 A 192.0.2.1\n"
			       "answer a.example. 30 A 192.0.2.2\n");
	zone_unref(z);
	zone_set_free(set);
	diags_fini(&diags);
}

static void duplicates_are_merged_silently(void)
{
	struct diags diags = { 0 };
	struct zone *z = zone_of("example.",
				 HEAD "a A 192.0.2.1\nA A 192.0.2.1\nm MX 5 X.test.\n"
				      "m MX 5 x.test.\n",
				 NULL, 0, &diags);

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	CU_ASSERT_EQUAL(diags.count, 0);
	CU_ASSERT_EQUAL(zone_record_count(z), 4);
	CU_ASSERT_EQUAL(zone_name_count(z), 3);
	CU_ASSERT_EQUAL(zone_serial(z), 7);
	zone_unref(z);
	diags_fini(&diags);
}

static void records_of_elsewhere_are_refused(void)
{
	assert_diags(HEAD "www.test. A 192.0.2.1\n",
		     "3 error www.test. is outside of example.\n");
	assert_diags(HEAD "myexample. A 192.0.2.1\n",
		     "3 error myexample. is outside of example.\n");
}

static void wildcard_oddities_are_told(void)
{
	assert_diags(
		HEAD "*.w NS ns.test.\n*.v DNAME x.test.\n",
		"3 warning NS at *.w.example. at a wildcard does not delegate anything "
		"(RFC 4592 4.2)\n"
		"4 warning DNAME at *.v.example. at a wildcard does not redirect the "
		"names that the wildcard matches (RFC 4592 4.4)\n");
}

static void circles_of_aliases_are_told_once(void)
{
	assert_diags(HEAD "a CNAME b\nb CNAME A\nc CNAME c\nd CNAME a\n",
		     "3 warning CNAME at a.example. leads back to itself by way of "
		     "b.example.\n"
		     "5 warning CNAME at c.example. points to itself: c.example.\n");
	assert_diags(HEAD "d DNAME x.d\n",
		     "3 warning DNAME at d.example. leads back below itself: "
		     "x.d.example.\n");
}

static void mail_addresses_are_names(void)
{
	assert_diags("@ SOA ns.test. admin@test. 7 1 1 1 300\n@ NS ns.test.\n"
		     "a RP root@test. .\n",
		     "1 warning SOA at example. has a mail address with '@' (write a "
		     "dot in its place); it is read as: admin\\@test.\n"
		     "3 warning RP at a.example. has a mail address with '@' (write a "
		     "dot in its place); it is read as: root\\@test.\n");
	assert_diags("@ SOA ns.test. admin.example 7 1 1 1 300\n@ NS ns.test.\n",
		     "1 warning SOA at example. has a mail address with the zone's "
		     "name twice (missing final dot?): admin.example.example.\n");
}

static void pointers_end_with_a_dot(void)
{
	struct diags diags = { 0 };

	zone_unref(zone_of("2.0.192.in-addr.arpa.",
			   HEAD "1 PTR host.test\n2 PTR host.test.\n* PTR x.test.\n"
				"b._dns-sd._udp PTR @\n",
			   NULL, 0, &diags));
	CU_ASSERT_EQUAL_FATAL(diags.count, 1);
	CU_ASSERT_EQUAL(diags.rows[0].place.line, 3);
	CU_ASSERT_STRING_EQUAL(
		diags.rows[0].text,
		"PTR at 1.2.0.192.in-addr.arpa. points to a name that does not exist "
		"(missing final dot?): host.test.2.0.192.in-addr.arpa.");
	diags_fini(&diags);
}

static int note_record(void *arg, const struct zone_record *r)
{
	struct buffer *out = arg;
	char name[NAME_TEXT_LEN];
	char type[16];

	buffer_printf(out, "%s %u %s ", name_format(r->owner->wire, name), r->ttl,
		      rr_type_format(r->type, type));
	rr_rdata_format(r->type, r->rdata, r->rdlen, out);
	buffer_put_text(out, "\n");
	return OK;
}

static void the_walk_gives_all_records_in_canonical_order(void)
{
	struct diags diags = { 0 };
	struct buffer out = { 0 };
	struct zone *z = zone_of("example.",
				 HEAD
				 "z A 192.0.2.1\n*.z A 192.0.2.2\nZABC.a A 192.0.2.3\n"
				 "yljkjljk.a A 192.0.2.4\na MX 5 z\n"
				 "cut NS ns.cut\nns.cut A 192.0.2.5\n"
				 "cut DS 1 8 1 "
				 "0000000000000000000000000000000000000000\n",
				 NULL, 0, &diags);
	char *text;

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	CU_ASSERT_EQUAL(zone_walk(z, note_record, &out), OK);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(
		text,
		"example. 3600 SOA ns.test. admin.test. 7 1 1 1 300\n"
		"example. 3600 NS ns.test.\n"
		"a.example. 3600 MX 5 z.example.\n"
		"yljkjljk.a.example. 3600 A 192.0.2.4\n"
		"zabc.a.example. 3600 A 192.0.2.3\n"
		"cut.example. 3600 NS ns.cut.example.\n"
		"cut.example. 3600 DS 1 8 1 0000000000000000000000000000000000000000\n"
		"ns.cut.example. 3600 A 192.0.2.5\n"
		"z.example. 3600 A 192.0.2.1\n"
		"*.z.example. 3600 A 192.0.2.2\n");
	free(text);
	zone_unref(z);
	diags_fini(&diags);
}

static void a_big_zone_is_found_whole_and_freed_in_slices(void)
{
	enum { COUNT = 40000 };
	struct name origin = name_of("example.");
	struct diags diags = { 0 };
	struct zone_builder *b = zone_builder_new(&origin, &diags);
	struct zone_set *set = zone_set_new();
	struct zone *z = NULL;
	unsigned slices = 1;
	char owner[64];

	for (unsigned i = 0; i < COUNT + 2; i++) {
		static const uint8_t soa[22] = { [5] = 1 };
		uint8_t address[4] = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8),
				       (uint8_t)i };
		struct name name;
		struct master_record r = { .owner = &name,
					   .rdata = address,
					   .rdlen = 4,
					   .type = RR_A,
					   .class = CLASS_IN,
					   .ttl = 60 };

		(void)snprintf(owner, sizeof(owner), "h%u.d%u.example.", i, i % 100);
		name = i < COUNT ? name_of(owner) : origin;
		if (i == COUNT) {
			r.type = RR_SOA;
			r.rdata = soa;
			r.rdlen = sizeof(soa);
		} else if (i > COUNT) {
			r.type = RR_NS;
			r.rdata = (const uint8_t *)"\2ns\4test";
			r.rdlen = 9;
		}
		(void)zone_builder_add(b, &r);
	}
	CU_ASSERT_EQUAL_FATAL(zone_builder_finish(b, "test.zone", &z), OK);
	zone_builder_free(b);
	CU_ASSERT_EQUAL(zone_name_count(z), COUNT + 100 + 1);
	(void)zone_set_add(set, z);
	for (unsigned i = 0; i < COUNT; i += 7) {
		char expected[128];

		(void)snprintf(owner, sizeof(owner), "h%u.d%u.example.", i, i % 100);
		(void)snprintf(expected, sizeof(expected),
			       "NOERROR aa\nanswer %s 60 A 10.0.%u.%u\n", owner, i >> 8,
			       i & 255);
		CU_ASSERT_STRING_EQUAL_FATAL(ask(set, owner, RR_A), expected);
	}
	zone_unref(z);
	while (!zone_set_free_slice(set, 65536))
		slices++;
	CU_ASSERT(slices > 20);
	diags_fini(&diags);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a sound zone has no diagnoses", a_sound_zone_has_no_diagnoses },
		{ "the apex needs one SOA and NS", the_apex_needs_one_soa_and_ns },
		{ "an alias stands alone", an_alias_stands_alone },
		{ "nothing stands below a DNAME", nothing_stands_below_a_dname },
		{ "targets must have addresses", targets_must_have_addresses },
		{ "aliases lead somewhere", aliases_lead_somewhere },
		{ "a DS stands at a delegation", a_ds_stands_at_a_delegation },
		{ "a delegation needs its glue", a_delegation_needs_its_glue },
		{ "TTLs of a set are made equal", ttls_of_a_set_are_made_equal },
		{ "duplicates are merged silently", duplicates_are_merged_silently },
		{ "records of elsewhere are refused",
		  records_of_elsewhere_are_refused },
		{ "wildcard oddities are told", wildcard_oddities_are_told },
		{ "circles of aliases are told once",
		  circles_of_aliases_are_told_once },
		{ "mail addresses are names", mail_addresses_are_names },
		{ "pointers end with a dot", pointers_end_with_a_dot },
		{ "the walk gives all records in canonical order",
		  the_walk_gives_all_records_in_canonical_order },
		{ "a big zone is found whole and freed in slices",
		  a_big_zone_is_found_whole_and_freed_in_slices },
		CU_TEST_INFO_NULL,
	};

	return suite_run("zones/builder", tests);
}
