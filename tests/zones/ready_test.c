#include "zones/ready.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "dns/rr.h"
#include "tests/harness.h"
#include "tests/zones/fixture.h"

enum { RRSETS = 6, RDATAS = 4, ROUNDS = 20000 };

/* A plan with the octets it borrows. */
struct made_plan {
	struct ready_plan plan;
	struct name qname;
	struct ready_rrset sets[RRSETS];
	struct name owners[RRSETS];
	struct ready_rdata rdatas[RRSETS][RDATAS];
	uint8_t octets[RRSETS][RDATAS][600];
};

static uint64_t state = 20261122;

static unsigned draw(unsigned below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 33) % below);
}

/* Names that share endings with each other and often with the question. */
static struct name draw_name(const struct name *qname)
{
	static const char *const labels[] = {
		"a", "bb", "WWW", "mail", "example", "x-y"
	};
	struct name out = *qname;
	unsigned drop = draw(4);
	unsigned add = draw(3);

	while (drop-- > 0 && out.wire[0] != 0) {
		uint8_t len = (uint8_t)(out.wire[0] + 1);

		out.len = (uint8_t)(out.len - len);
		memmove(out.wire, out.wire + len, out.len);
	}
	while (add-- > 0) {
		const char *label = labels[draw(6)];
		uint8_t len = (uint8_t)strlen(label);

		memmove(out.wire + len + 1, out.wire, out.len);
		out.wire[0] = len;
		memcpy(out.wire + 1, label, len);
		out.len = (uint8_t)(out.len + len + 1);
	}
	out.label_count = (uint8_t)name_labels(out.wire);
	return out;
}

static uint16_t draw_rdata(uint16_t type, const struct name *qname, uint8_t *out)
{
	struct name one = draw_name(qname);
	struct name two = draw_name(qname);
	size_t len = 0;

	memset(out, 7, 40);
	switch (type) {
	case RR_A:
		return 4;
	case RR_AAAA:
		return 16;
	case RR_TXT:
		out[0] = 10;
		return 11;
	case RR_MX:
		len = 2;
		break;
	case RR_SRV:
		len = 6;
		break;
	case RR_SOA:
		memcpy(out, one.wire, one.len);
		memcpy(out + one.len, two.wire, two.len);
		memset(out + one.len + two.len, 1, 20);
		return (uint16_t)(one.len + two.len + 20);
	default:
		break;
	}
	memcpy(out + len, one.wire, one.len);
	return (uint16_t)(len + one.len);
}

static void make_plan(struct made_plan *m, const char *qname)
{
	static const uint16_t types[] = { RR_A,   RR_AAAA, RR_TXT, RR_MX,    RR_SRV,
					  RR_SOA, RR_NS,   RR_PTR, RR_CNAME, RR_DNAME };
	enum ready_section section = READY_ANSWER;
	size_t count = 1 + draw(RRSETS);

	m->qname = name_of(qname);
	m->plan = (struct ready_plan){ .qname = m->qname.wire,
				       .authoritative = true,
				       .rrsets = m->sets,
				       .count = count };
	for (size_t i = 0; i < count; i++) {
		struct ready_rrset *set = &m->sets[i];

		section += draw(2) && section < READY_ADDITIONAL;
		m->owners[i] = draw_name(&m->qname);
		*set = (struct ready_rrset){
			.owner = i == 0 ? m->qname.wire : m->owners[i].wire,
			.type = types[draw(10)],
			.ttl = draw(100000),
			.section = section,
			.required = draw(2),
			.rdatas = m->rdatas[i],
			.count = 1 + draw(RDATAS),
		};
		for (size_t k = 0; k < set->count; k++)
			m->rdatas[i][k] = (struct ready_rdata){
				m->octets[i][k],
				draw_rdata(set->type, &m->qname, m->octets[i][k])
			};
	}
}

/* The slow way: each record written from the plan, its own qname replaced. */
static char *expected_text(const struct made_plan *m, const struct name *asked)
{
	static const char *const sections[] = { "answer", "authority", "additional" };
	struct buffer out = { 0 };
	char name[NAME_TEXT_LEN];
	char type[16];

	for (size_t i = 0; i < m->plan.count; i++) {
		const struct ready_rrset *set = &m->sets[i];
		bool own = set->owner == m->qname.wire ||
			   (m->qname.wire[1] != '*' &&
			    name_equal(set->owner, m->qname.wire));

		for (size_t k = 0; k < set->count; k++) {
			buffer_printf(&out, "%s %s %u %s ", sections[set->section],
				      name_format(own ? asked->wire : set->owner, name),
				      set->ttl, rr_type_format(set->type, type));
			rr_rdata_format(set->type, set->rdatas[k].octets,
					set->rdatas[k].len, &out);
			buffer_put_text(&out, "\n");
		}
	}
	return buffer_take_text(&out);
}

/* Compares without case: compression takes the case of what it points to. */
static void check(const char *got, const char *expected, const struct made_plan *m)
{
	bool same = got != NULL && strcasecmp(got, expected) == 0;

	if (!same)
		fprintf(stderr, "# got\n%s# expected\n%s# for %zu sets\n",
			got ? got : "malformed\n", expected, m->plan.count);
	CU_ASSERT_FATAL(same);
}

static const char *behind_header(const char *text)
{
	const char *end = text ? strchr(text, '\n') : NULL;

	return end ? end + 1 : NULL;
}

static void try_behind_question(const struct ready *r, const struct made_plan *m,
				const char *question, bool above)
{
	static uint8_t msg[MESSAGE_MAX_LEN];
	static struct answer a;
	struct name asked = name_of(question);
	size_t len = query_of(question, RR_A, CLASS_IN, msg);
	char *expected = expected_text(m, above ? &m->qname : &asked);

	a.ready = NULL;
	a.part_count = 1;
	a.parts[0] = (struct answer_part){
		.ready = r, .name_len = asked.len, .above = above, .ends = true
	};
	len = answer_write(&a, msg, len, sizeof(msg));
	check(behind_header(message_text(guarded(msg, len), len)), expected, m);
	free(expected);
}

/* Behind a CNAME that was made for it, whose target is what the blob is asked with. */
static void try_behind_alias(const struct ready *r, const struct made_plan *m,
			     const char *question, const char *target, bool above)
{
	static uint8_t msg[MESSAGE_MAX_LEN];
	static struct answer a;
	struct name name = name_of(target);
	struct name asked = name_of(question);
	size_t len = query_of(question, RR_A, CLASS_IN, msg);
	char *expected = expected_text(m, above ? &m->qname : &name);
	const char *got;

	a.ready = NULL;
	a.part_count = 2;
	a.parts[0] = (struct answer_part){ .target = name.wire,
					   .target_len = name.len,
					   .name_len = asked.len };
	a.parts[1] = (struct answer_part){
		.ready = r, .name_len = name.len, .above = above, .ends = true
	};
	len = answer_write(&a, msg, len, sizeof(msg));
	got = behind_header(message_text(guarded(msg, len), len));
	check(behind_header(got), expected, m);
	free(expected);
}

static void a_moved_blob_says_the_same(void)
{
	static struct made_plan m;
	struct ready_builder *b = ready_builder_new();

	for (unsigned i = 0; i < ROUNDS / 8; i++) {
		const struct ready *r;

		make_plan(&m, draw(4) ? "www.example.com." : "c.d.");
		r = ready_build(b, &m.plan);
		CU_ASSERT_PTR_NOT_NULL_FATAL(r);
		if (name_labels(m.qname.wire) == 3) {
			try_behind_question(r, &m, "www.example.com.", false);
			try_behind_question(r, &m, "a.bb.www.example.com.", true);
			try_behind_alias(r, &m, "q.test.", "www.example.com.", false);
			try_behind_alias(r, &m, "longer.than.that.test.",
					 "y.www.example.com.", true);
		} else {
			try_behind_question(r, &m, "c.d.", false);
			try_behind_alias(r, &m, ".", "c.d.", false);
			try_behind_alias(r, &m, "c.d.", "x.c.d.", true);
		}
	}
	ready_builder_free(b);
}

static void a_wildcard_blob_takes_the_name_that_was_asked(void)
{
	static struct made_plan m;
	struct ready_builder *b = ready_builder_new();

	for (unsigned i = 0; i < ROUNDS / 8; i++) {
		const struct ready *r;

		make_plan(&m, "*.example.com.");
		r = ready_build(b, &m.plan);
		CU_ASSERT_PTR_NOT_NULL_FATAL(r);
		try_behind_question(r, &m, "*.example.com.", false);
		try_behind_question(r, &m, "x.example.com.", false);
		try_behind_question(r, &m, "much.longer-than.it.example.com.", false);
		try_behind_alias(r, &m, "q.test.", "alias.example.com.", false);
	}
	ready_builder_free(b);
}

static void an_equal_length_question_needs_no_move(void)
{
	static struct made_plan m;
	static uint8_t moved[MESSAGE_MAX_LEN];
	struct ready_builder *b = ready_builder_new();

	for (unsigned i = 0; i < ROUNDS; i++) {
		const struct ready_move none = { .head = DNS_HEADER_LEN };
		const struct ready *r;

		make_plan(&m, "www.example.com.");
		r = ready_build(b, &m.plan);
		ready_copy_moved(r, &none, r->wire_len, moved);
		CU_ASSERT_EQUAL(memcmp(moved, ready_wire(r), r->wire_len), 0);
	}
	ready_builder_free(b);
}

static void a_set_that_fits_no_message_is_refused(void)
{
	enum { COUNT = 300 };
	static uint8_t octets[256] = { 255 };
	static struct ready_rdata rdatas[COUNT];
	struct name qname = name_of("big.example.");
	struct ready_rrset set = {
		.owner = qname.wire, .type = RR_TXT, .rdatas = rdatas, .count = COUNT
	};
	struct ready_plan plan = { .qname = qname.wire, .rrsets = &set, .count = 1 };

	for (size_t i = 0; i < COUNT; i++)
		rdatas[i] = (struct ready_rdata){ octets, sizeof(octets) };
	CU_ASSERT_PTR_NULL(ready_new(&plan));
	/* As an additional set that nobody needs it is left out. */
	set.section = READY_ADDITIONAL;
	struct ready *r = ready_new(&plan);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL(r->wire_len, 0);
	free(r);
}

static void a_plan_without_sets_is_a_header(void)
{
	struct name qname = name_of("x.example.");
	struct ready_plan plan = { .qname = qname.wire, .rcode = RCODE_SERVFAIL };
	struct ready *r = ready_new(&plan);

	CU_ASSERT_EQUAL(r->wire_len, 0);
	CU_ASSERT_EQUAL(r->flags[0], 0);
	CU_ASSERT_EQUAL(r->flags[1], RCODE_SERVFAIL);
	CU_ASSERT_EQUAL(ready_len(r), sizeof(*r));
	free(r);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a moved blob says the same", a_moved_blob_says_the_same },
		{ "a wildcard blob takes the name that was asked",
		  a_wildcard_blob_takes_the_name_that_was_asked },
		{ "an equal-length question needs no move",
		  an_equal_length_question_needs_no_move },
		{ "a set that fits no message is refused",
		  a_set_that_fits_no_message_is_refused },
		{ "a plan without sets is a header", a_plan_without_sets_is_a_header },
		CU_TEST_INFO_NULL,
	};

	return suite_run("zones/ready", tests);
}
