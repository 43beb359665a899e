#include "resolver/recursion/recursed.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "dns/edns.h"
#include "dns/question.h"
#include "dns/rr.h"
#include "tests/harness.h"

enum { ROOM = 60000 };

/* What a recursor says to one question, record by record. */
struct recursed_stage {
	struct recursed *recursed;
	struct zone_set *ours;
	struct rebind *rebind;
	struct recursion_question question;
	struct recursion_answer answer;
	struct recursed_answer made;
	struct writer w;
	uint8_t octets[ROOM];
};

static void parse(const char *text, struct name *out)
{
	CU_ASSERT_EQUAL(name_parse(text, strlen(text), NULL, out), OK);
}

static struct recursed_stage *stage_new(const char *name, uint16_t type)
{
	struct recursed_stage *s = alloc(sizeof(*s));
	struct name ours;

	s->recursed = recursed_new();
	s->ours = zone_set_new();
	s->rebind = rebind_new(NULL, 0);
	parse("ours.example.", &ours);
	CU_ASSERT_EQUAL(zone_set_add_broken(s->ours, &ours), OK);
	parse(name, &s->question.name);
	s->question.type = type;
	s->w = writer_of(s->octets, sizeof(s->octets));
	s->answer.records = s->octets;
	return s;
}

static void stage_free(struct recursed_stage *s)
{
	recursed_free(s->recursed);
	zone_set_free(s->ours);
	rebind_free(s->rebind);
	free(s);
}

static void put(struct recursed_stage *s, unsigned section, const char *owner,
		uint16_t type, const void *rdata, size_t len)
{
	struct name name;

	parse(owner, &name);
	writer_octets(&s->w, name.wire, name.len);
	writer_u16(&s->w, type);
	writer_u16(&s->w, CLASS_IN);
	writer_u32(&s->w, 300);
	writer_u16(&s->w, (uint16_t)len);
	writer_octets(&s->w, rdata, len);
	s->answer.counts[section]++;
	s->answer.records_len = writer_len(&s->w);
}

static void put_address(struct recursed_stage *s, unsigned section, const char *owner,
			uint8_t last)
{
	const uint8_t address[] = { 203, 0, 113, last };

	put(s, section, owner, RR_A, address, sizeof(address));
}

static void put_name(struct recursed_stage *s, unsigned section, const char *owner,
		     uint16_t type, const char *target)
{
	struct name name;

	parse(target, &name);
	put(s, section, owner, type, name.wire, name.len);
}

static void put_soa(struct recursed_stage *s, const char *owner)
{
	static const uint8_t soa[22] = { [21] = 60 };

	put(s, 1, owner, RR_SOA, soa, sizeof(soa));
}

static int make(struct recursed_stage *s)
{
	return recursed_read(s->recursed, &s->question, &s->answer, s->ours, s->rebind,
			     &s->made);
}

static bool has(const struct recursed_stage *s, const void *octets, size_t len)
{
	return memmem(ready_wire(s->made.ready), s->made.ready->wire_len, octets,
		      len) != NULL;
}

static void what_was_not_asked_for_is_left_out(void)
{
	struct recursed_stage *s = stage_new("www.evil.example.", RR_A);

	put_address(s, 0, "www.bank.example.", 66);
	put_address(s, 0, "www.evil.example.", 1);
	put_address(s, 0, "pbx.ours.example.", 66);
	put_name(s, 1, "bank.example.", RR_NS, "ns.evil.example.");
	put_address(s, 2, "www.bank.example.", 66);
	put_address(s, 2, "pbx.ours.example.", 66);
	CU_ASSERT_EQUAL_FATAL(make(s), OK);
	CU_ASSERT_EQUAL(ready_count(s->made.ready, READY_ANSWER), 1);
	CU_ASSERT_EQUAL(ready_count(s->made.ready, READY_AUTHORITY), 0);
	CU_ASSERT_EQUAL(ready_count(s->made.ready, READY_ADDITIONAL), 0);
	CU_ASSERT_TRUE(has(s, "\313\0\161\1", 4));
	CU_ASSERT_FALSE(has(s, "\313\0\161\102", 4));
	stage_free(s);
}

static void false_address_before_the_cname_to_our_name_does_not_stay(void)
{
	struct recursed_stage *s = stage_new("www.evil.example.", RR_A);

	put_address(s, 0, "pbx.ours.example.", 66);
	put_name(s, 0, "www.evil.example.", RR_CNAME, "pbx.ours.example.");
	put_address(s, 0, "pbx.ours.example.", 66);
	CU_ASSERT_EQUAL_FATAL(make(s), OK);
	CU_ASSERT_EQUAL(ready_count(s->made.ready, READY_ANSWER), 1);
	CU_ASSERT_NOT_EQUAL(s->made.target_at, 0);
	CU_ASSERT_FALSE(has(s, "\313\0\161\102", 4));
	CU_ASSERT_TRUE(name_equal(ready_wire(s->made.ready) + s->made.target_at,
				  (const uint8_t *)"\3pbx\4ours\7example"));
	stage_free(s);
}

static void chain_is_put_in_order(void)
{
	struct recursed_stage *s = stage_new("x.d.example.", RR_A);

	put_address(s, 0, "b.example.", 1);
	put_name(s, 0, "x.e.example.", RR_CNAME, "b.example.");
	put_name(s, 0, "x.d.example.", RR_CNAME, "x.e.example.");
	put_name(s, 0, "d.example.", RR_DNAME, "e.example.");
	put_name(s, 0, "other.example.", RR_DNAME, "e.example.");
	CU_ASSERT_EQUAL_FATAL(make(s), OK);
	CU_ASSERT_EQUAL(ready_count(s->made.ready, READY_ANSWER), 4);
	CU_ASSERT_EQUAL(s->made.target_at, 0);
	CU_ASSERT_FALSE(has(s, "\5other", 6));
	/* the address stands last */
	CU_ASSERT_EQUAL(memcmp(ready_wire(s->made.ready) + s->made.ready->wire_len - 4,
			       "\313\0\161\1", 4),
			0);
	stage_free(s);
}

static void chain_without_end_ends(void)
{
	struct recursed_stage *s = stage_new("a.example.", RR_A);

	put_name(s, 0, "a.example.", RR_CNAME, "b.example.");
	put_name(s, 0, "b.example.", RR_CNAME, "a.example.");
	put_name(s, 0, "a.example.", RR_CNAME, "c.example.");
	CU_ASSERT_EQUAL_FATAL(make(s), OK);
	CU_ASSERT_TRUE(ready_count(s->made.ready, READY_ANSWER) <= 3);
	stage_free(s);
}

static void denial_is_of_a_zone_above_the_name(void)
{
	struct recursed_stage *s = stage_new("no.evil.example.", RR_A);

	s->answer.rcode = RCODE_NXDOMAIN;
	put_soa(s, "evil.example.");
	CU_ASSERT_EQUAL_FATAL(make(s), OK);
	CU_ASSERT_EQUAL(ready_count(s->made.ready, READY_AUTHORITY), 1);
	CU_ASSERT_EQUAL(s->made.ttl_s, 60);
	stage_free(s);
	s = stage_new("no.evil.example.", RR_A);
	s->answer.rcode = RCODE_NXDOMAIN;
	put_soa(s, "bank.example.");
	put_soa(s, "ours.example.");
	CU_ASSERT_EQUAL_FATAL(make(s), OK);
	CU_ASSERT_EQUAL(ready_count(s->made.ready, READY_AUTHORITY), 0);
	CU_ASSERT_EQUAL(s->made.ttl_s, 5);
	stage_free(s);
}

static void private_addresses_are_left_out(void)
{
	static const uint8_t private[] = { 10, 0, 0, 1 };
	struct recursed_stage *s = stage_new("www.evil.example.", RR_A);

	put_address(s, 0, "www.evil.example.", 1);
	put(s, 0, "www.evil.example.", RR_A, private, sizeof(private));
	CU_ASSERT_EQUAL_FATAL(make(s), OK);
	CU_ASSERT_EQUAL(ready_count(s->made.ready, READY_ANSWER), 1);
	CU_ASSERT_TRUE(s->made.rebound);
	CU_ASSERT_FALSE(has(s, private, sizeof(private)));
	stage_free(s);
}

/* A compromised recursor may say anything: it costs, and keeps, no more than this. */
static void more_than_an_answer_holds_is_refused(void)
{
	struct recursed_stage *s = stage_new("www.evil.example.", RR_A);

	for (unsigned i = 0; i < 1100 && writer_len(&s->w) + 40 < ROOM; i++) {
		const uint8_t address[] = { 203, 0, (uint8_t)(i >> 8), (uint8_t)i };

		writer_octets(&s->w, "\300\14\0\1\0\1\0\0\0\1\0\4", 12);
		writer_octets(&s->w, address, 4);
		s->answer.counts[0]++;
	}
	s->answer.records_len = writer_len(&s->w);
	CU_ASSERT_EQUAL(make(s), ERR_LIMIT);
	stage_free(s);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "what was not asked for is left out",
		  what_was_not_asked_for_is_left_out },
		{ "a false address before the CNAME to our name does not stay",
		  false_address_before_the_cname_to_our_name_does_not_stay },
		{ "a chain is put in order", chain_is_put_in_order },
		{ "a chain without end ends", chain_without_end_ends },
		{ "a denial is of a zone above the name",
		  denial_is_of_a_zone_above_the_name },
		{ "private addresses are left out", private_addresses_are_left_out },
		{ "more than an answer holds is refused",
		  more_than_an_answer_holds_is_refused },
		CU_TEST_INFO_NULL,
	};

	return suite_run("resolver/recursed", tests);
}
