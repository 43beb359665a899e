#include "dns/question.h"

#include <string.h>

#include "dns/rr.h"
#include "tests/harness.h"

/* The root, A, IN. */
static const char tail[] = { 0, 0, 1, 0, 1 };

/* A query: what stands before and behind "Www.Example. A IN". */
#define HEAD(flags, qd, an, ns, ar) "\x12\x34" flags "\0" qd "\0" an "\0" ns "\0" ar
#define ASKED                       "\3Www\7Example\0\0\1\0\1"
#define OPT(ttl, rdlen)             "\0\0\x29\x04\xd0" ttl rdlen

static enum question_verdict ask(const char *octets, size_t len, struct question *q)
{
	memset(q, 0xee, sizeof(*q));
	return question_read(guarded(octets, len), len, q);
}

#define READ(text, q) ask(text, sizeof(text) - 1, q)

static void a_plain_query_is_read(void)
{
	struct question q;

	CU_ASSERT_EQUAL(READ(HEAD("\1\x10", "\1", "\0", "\0", "\0") ASKED, &q),
			QUESTION_OK);
	CU_ASSERT_EQUAL(q.id, 0x1234);
	CU_ASSERT_TRUE(q.recursion_desired);
	CU_ASSERT_TRUE(q.checking_disabled);
	CU_ASSERT_FALSE(q.authentic_data);
	CU_ASSERT_EQUAL(q.type, RR_A);
	CU_ASSERT_EQUAL(q.class, CLASS_IN);
	CU_ASSERT_EQUAL(q.question_end, 29);
	CU_ASSERT_EQUAL(q.name_len, 13);
	CU_ASSERT_EQUAL(q.label_count, 2);
	CU_ASSERT_EQUAL(q.label_at[0], 0);
	CU_ASSERT_EQUAL(q.label_at[1], 4);
	CU_ASSERT_EQUAL(q.label_at[2], 12);
	CU_ASSERT_EQUAL(memcmp(q.wire, "\3Www\7Example\0", 13), 0);
	CU_ASSERT_EQUAL(memcmp(q.name, "\3www\7example\0\0\0\0\0\0\0\0\0", 21), 0);
	CU_ASSERT_FALSE(q.edns.present);
	CU_ASSERT_EQUAL(q.tsig_at, 0);
}

static void what_is_no_query_is_dropped(void)
{
	struct question q;

	for (size_t len = 0; len < 12; len++)
		CU_ASSERT_EQUAL(ask(HEAD("\1\0", "\1", "\0", "\0", "\0"), len, &q),
				QUESTION_DROP);
	CU_ASSERT_EQUAL(READ(HEAD("\x81\0", "\1", "\0", "\0", "\0") ASKED, &q),
			QUESTION_DROP);
}

static void other_opcodes_are_not_served(void)
{
	struct question q;

	CU_ASSERT_EQUAL(READ(HEAD("\x79\0", "\1", "\0", "\0", "\0") ASKED, &q),
			QUESTION_NOTIMP);
	CU_ASSERT_EQUAL(q.opcode, 15);
	CU_ASSERT_EQUAL(q.question_end, 0);
	CU_ASSERT_EQUAL(READ(HEAD("\x28\0", "\xff", "\xff", "\xff", "\xff"), &q),
			QUESTION_NOTIMP);
}

static void counts_that_fit_no_query_are_formerr(void)
{
	struct question q;

	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\0", "\0", "\0", "\0"), &q),
			QUESTION_FORMERR);
	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\2", "\0", "\0", "\0") ASKED ASKED, &q),
			QUESTION_FORMERR);
	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\1", "\0", "\0") ASKED
			     "\0\0\1\0\1\0\0\0\0\0\0",
			     &q),
			QUESTION_FORMERR);
	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\1", "\0") ASKED
			     "\0\0\6\0\1\0\0\0\0\0\0",
			     &q),
			QUESTION_FORMERR);
	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\0", "\1") ASKED, &q),
			QUESTION_FORMERR);
	CU_ASSERT_EQUAL(q.question_end, 29);
	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\0", "\0") ASKED "x", &q),
			QUESTION_FORMERR);
}

static void ixfr_brings_its_soa(void)
{
	struct question q;

	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\1",
				  "\1") "\0\0\xfb\0\1"
					"\0\0\6\0\1\0\0\0\0\0\2ab" OPT("\0\0\0\0",
								       "\0\0"),
			     &q),
			QUESTION_OK);
	CU_ASSERT_EQUAL(q.authority_at, 17);
	CU_ASSERT_TRUE(q.edns.present);
	CU_ASSERT_EQUAL(q.edns.opt_at, 30);
}

static void broken_names_are_formerr(void)
{
	char long_name[12 + 300] = HEAD("\0\0", "\1", "\0", "\0", "\0");
	struct question q;

	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\0", "\0") "\xc0\x0c\0\1\0\1",
			     &q),
			QUESTION_FORMERR);
	CU_ASSERT_EQUAL(q.question_end, 0);
	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\0", "\0") "\1a\xc0\x04\0\1\0\1",
			     &q),
			QUESTION_FORMERR);
	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\0", "\0") "\x40\0\0\1\0\1", &q),
			QUESTION_FORMERR);
	for (size_t i = 12; i < sizeof(long_name); i += 2) {
		long_name[i] = 1;
		long_name[i + 1] = 'A';
	}
	memcpy(long_name + 12 + 254, tail, sizeof(tail));
	CU_ASSERT_EQUAL(ask(long_name, 12 + 254 + 5, &q), QUESTION_OK);
	CU_ASSERT_EQUAL(q.name_len, 255);
	CU_ASSERT_EQUAL(q.label_count, 127);
	CU_ASSERT_EQUAL(q.label_at[127], 254);
	CU_ASSERT_EQUAL(q.name[253], 'a');
	long_name[12 + 254] = 1;
	long_name[12 + 255] = 'A';
	memcpy(long_name + 12 + 256, tail, sizeof(tail));
	CU_ASSERT_EQUAL(ask(long_name, 12 + 256 + 5, &q), QUESTION_FORMERR);
}

static void cut_queries_are_formerr(void)
{
	static const char whole[] = HEAD("\0\0", "\1", "\0", "\0", "\1")
		ASKED OPT("\0\0\x80\0", "\0\x0c") "\0\x0a\0\x08"
						  "12345678";
	struct question q;

	CU_ASSERT_EQUAL(READ(whole, &q), QUESTION_OK);
	for (size_t len = 12; len < sizeof(whole) - 1; len++)
		CU_ASSERT_EQUAL(ask(whole, len, &q), QUESTION_FORMERR);
}

/* The case of every octet, by the eight at once. */
static void only_letters_are_folded(void)
{
	enum { FOUR_LABELS = 12 + 204 };
	char packet[12 + 255 + 8] = HEAD("\0\0", "\1", "\0", "\0", "\0");
	char *at = packet + 12;
	struct question q;

	for (unsigned c = 0; c < 250; c++) {
		if (c % 50 == 0)
			*at++ = 50;
		*at++ = (char)c;
	}
	memcpy(at, tail, sizeof(tail));
	if ((size_t)(at + 5 - packet) > sizeof(packet))
		CU_FAIL("the packet is too small");
	/* 5 * 51 + 1 octets are one too many; take four labels. */
	memcpy(packet + FOUR_LABELS, tail, sizeof(tail));
	CU_ASSERT_EQUAL(ask(packet, FOUR_LABELS + sizeof(tail), &q), QUESTION_OK);
	for (unsigned c = 0; c < 200; c++) {
		unsigned expected = c >= 'A' && c <= 'Z' ? c + 32 : c;

		CU_ASSERT_EQUAL(q.name[c + c / 50 + 1], expected);
	}
}

static void edns_is_read(void)
{
	struct question q;

	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\0", "\1")
				     ASKED OPT("\0\0\x80\0",
					       "\0\x1f") "\0\x0a\0\x08"
							 "12345678"
							 "\0\3\0\0"
							 "\0\x0b\0\0"
							 "\0\x0c\0\3\0\0\0"
							 "\xff\xff\0\0",
			     &q),
			QUESTION_OK);
	CU_ASSERT_TRUE(q.edns.present);
	CU_ASSERT_TRUE(q.edns.dnssec_ok);
	CU_ASSERT_TRUE(q.edns.nsid);
	CU_ASSERT_TRUE(q.edns.keepalive);
	CU_ASSERT_TRUE(q.edns.padding);
	CU_ASSERT_FALSE(q.edns.has_ecs);
	CU_ASSERT_EQUAL(q.edns.payload, 1232);
	CU_ASSERT_EQUAL(q.edns.opt_at, 29);
	CU_ASSERT_EQUAL(q.edns.cookie_len, 8);
	CU_ASSERT_EQUAL(memcmp(q.edns.cookie, "12345678", 8), 0);
}

static void small_payloads_count_as_512(void)
{
	struct question q;

	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\0", "\1") ASKED
			     "\0\0\x29\0\0\0\0\0\0\0\0",
			     &q),
			QUESTION_OK);
	CU_ASSERT_EQUAL(q.edns.payload, 512);
}

static void misplaced_opt_is_formerr(void)
{
	struct question q;

	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\0", "\2")
				     ASKED OPT("\0\0\0\0", "\0\0")
					     OPT("\0\0\0\0", "\0\0"),
			     &q),
			QUESTION_FORMERR);
	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\0", "\1") ASKED
			     "\1a" OPT("\0\0\0\0", "\0\0"),
			     &q),
			QUESTION_FORMERR);
	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\1",
				  "\0") "\0\0\xfb\0\1" OPT("\0\0\0\0", "\0\0"),
			     &q),
			QUESTION_FORMERR);
	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\0", "\1")
				     ASKED OPT("\0\0\0\0", "\0\4") "\0\3\0\1",
			     &q),
			QUESTION_FORMERR);
	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\0", "\1")
				     ASKED OPT("\0\0\0\0", "\0\3") "\0\3\0",
			     &q),
			QUESTION_FORMERR);
	CU_ASSERT_TRUE(q.edns.present);
}

static void later_edns_versions_are_badvers(void)
{
	struct question q;

	/* What would be a broken option in version 0 need not be one. */
	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\0", "\1")
				     ASKED OPT("\0\1\x80\0", "\0\3") "\0\3\0",
			     &q),
			QUESTION_BADVERS);
	CU_ASSERT_TRUE(q.edns.dnssec_ok);
	CU_ASSERT_EQUAL(q.question_end, 29);
}

static void a_cookie_alone_is_a_question(void)
{
	struct question q;

	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\0", "\0", "\0", "\1")
				     OPT("\0\0\0\0", "\0\x0c") "\0\x0a\0\x08"
							       "12345678",
			     &q),
			QUESTION_COOKIE_ONLY);
	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\0", "\0", "\0", "\1")
				     OPT("\0\0\0\0", "\0\0"),
			     &q),
			QUESTION_FORMERR);
}

static void tsig_is_last_and_of_class_any(void)
{
	struct question q;

	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\0", "\2")
				     ASKED OPT("\0\0\0\0",
					       "\0\0") "\1k\0\0\xfa\0\xff\0\0\0\0\0\0",
			     &q),
			QUESTION_OK);
	CU_ASSERT_EQUAL(q.tsig_at, 40);
	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\0", "\2") ASKED
			     "\1k\0\0\xfa\0\xff\0\0\0\0\0\0" OPT("\0\0\0\0", "\0\0"),
			     &q),
			QUESTION_FORMERR);
	CU_ASSERT_EQUAL(READ(HEAD("\0\0", "\1", "\0", "\0", "\1") ASKED
			     "\1k\0\0\xfa\0\1\0\0\0\0\0\0",
			     &q),
			QUESTION_FORMERR);
}

static void many_options_are_too_much_work(void)
{
	char packet[12 + 17 + 11 + 65 * 4] = HEAD("\0\0", "\1", "\0", "\0", "\1")
		ASKED OPT("\0\0\0\0", "\1\0");
	struct question q;

	CU_ASSERT_EQUAL(ask(packet, 12 + 17 + 11 + 64 * 4, &q), QUESTION_OK);
	packet[12 + 17 + 10] = 4;
	CU_ASSERT_EQUAL(ask(packet, 12 + 17 + 11 + 65 * 4, &q), QUESTION_FORMERR);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a plain query is read", a_plain_query_is_read },
		{ "what is no query is dropped", what_is_no_query_is_dropped },
		{ "other opcodes are not served", other_opcodes_are_not_served },
		{ "counts that fit no query are FORMERR",
		  counts_that_fit_no_query_are_formerr },
		{ "IXFR brings its SOA", ixfr_brings_its_soa },
		{ "broken names are FORMERR", broken_names_are_formerr },
		{ "cut queries are FORMERR", cut_queries_are_formerr },
		{ "only letters are folded", only_letters_are_folded },
		{ "EDNS is read", edns_is_read },
		{ "small payloads count as 512", small_payloads_count_as_512 },
		{ "a misplaced OPT is FORMERR", misplaced_opt_is_formerr },
		{ "later EDNS versions are BADVERS", later_edns_versions_are_badvers },
		{ "a cookie alone is a question", a_cookie_alone_is_a_question },
		{ "TSIG is last and of class ANY", tsig_is_last_and_of_class_any },
		{ "many options are too much work", many_options_are_too_much_work },
		CU_TEST_INFO_NULL,
	};

	return suite_run("dns/question", tests);
}
