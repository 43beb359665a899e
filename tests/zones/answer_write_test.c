#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "dns/rr.h"
#include "tests/harness.h"
#include "tests/zones/fixture.h"

#define HEAD                                      \
 "@ SOA ns.example. admin.example. 7 1 1 1 300\n" \
 "@ NS ns.test.\n"

static size_t line_count(const char *text)
{
	size_t count = 0;

	if (text == NULL)
		return 0;
	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

/* Records of `got` must be the first ones of `whole`. */
static bool is_prefix(const char *got, const char *whole)
{
	const char *records = got == NULL ? NULL : strchr(got, '\n');
	const char *first = strchr(whole, '\n');

	return records && first && strncmp(records, first, strlen(records)) == 0;
}

/*
 * Asks under every limit. Up to `needed` records are required: TC says when one of
 * them is missing, and only then.
 */
static void at_every_limit(const struct zone_set *set, const char *name, uint16_t type,
			   size_t needed)
{
	char *whole = alloc_text(ask_limit(set, name, type, 8000));
	size_t seen = 0;

	for (size_t limit = 12; limit <= 4096; limit++) {
		const char *got = ask_limit(set, name, type, limit);
		size_t count;

		CU_ASSERT_PTR_NOT_NULL_FATAL(got);
		count = line_count(got) - 1;
		CU_ASSERT_FATAL(is_prefix(got, whole));
		CU_ASSERT_EQUAL_FATAL(got && strstr(got, " tc\n"), count < needed);
		CU_ASSERT_FATAL(count >= seen);
		seen = count;
	}
	CU_ASSERT_EQUAL(seen, line_count(whole) - 1);
	free(whole);
}

static void addresses_that_are_no_glue_are_dropped_silently(void)
{
	struct zone_set *set = zone_set_new();
	struct buffer text = { 0 };

	buffer_put_text(&text, HEAD);
	for (unsigned i = 0; i < 20; i++)
		buffer_printf(&text,
			      "@ MX %u mail%u\nmail%u A 192.0.2.%u\n"
			      "mail%u AAAA 2001:db8::%u\n",
			      i, i, i, i, i, i);
	buffer_put_u8(&text, 0);
	set_add(set, "example.", (const char *)text.octets);
	at_every_limit(set, "example.", RR_MX, 20);
	buffer_fini(&text);
	zone_set_free(set);
}

static void rfc_9471_glue_in_the_domain_is_needed(void)
{
	struct zone_set *set = zone_set_new();
	struct buffer text = { 0 };

	buffer_put_text(&text, HEAD);
	for (unsigned i = 0; i < 6; i++)
		buffer_printf(&text, "cut NS ns%u.cut\nns%u.cut A 192.0.2.%u\n", i, i,
			      i);
	for (unsigned i = 0; i < 6; i++)
		buffer_printf(&text, "cut NS ns%u\nns%u A 192.0.2.%u\n", i, i, i);
	buffer_put_u8(&text, 0);
	set_add(set, "example.", (const char *)text.octets);
	at_every_limit(set, "a.cut.example.", RR_A, 12 + 6);
	buffer_fini(&text);
	zone_set_free(set);
}

static void a_chain_is_cut_between_its_links(void)
{
	struct zone_set *set = zone_set_new();
	struct buffer text = { 0 };

	buffer_put_text(&text, HEAD);
	for (unsigned i = 0; i < 8; i++)
		buffer_printf(&text, "al%u CNAME al%u\n", i, i + 1);
	buffer_put_text(&text, "al8 TXT one\nal8 TXT two\nred DNAME example.\n");
	buffer_put_u8(&text, 0);
	set_add(set, "example.", (const char *)text.octets);
	at_every_limit(set, "al0.example.", RR_TXT, 10);
	at_every_limit(set, "al0.example.", RR_A, 9);
	at_every_limit(set, "al0.red.example.", RR_TXT, 12);
	at_every_limit(set, "gone.example.", RR_TXT, 1);
	buffer_fini(&text);
	zone_set_free(set);
}

static void a_chain_is_bounded(void)
{
	struct zone_set *set = zone_set_new();
	struct buffer text = { 0 };
	const char *got;

	buffer_put_text(&text, HEAD);
	for (unsigned i = 0; i < 100; i++)
		buffer_printf(&text, "al%u CNAME al%u\nd%u DNAME d%u\n", i, i + 1, i,
			      i + 1);
	buffer_put_u8(&text, 0);
	set_add(set, "example.", (const char *)text.octets);
	got = ask(set, "al0.example.", RR_A);
	CU_ASSERT_PTR_NOT_NULL_FATAL(got);
	CU_ASSERT(line_count(got) > 16);
	got = ask(set, "x.d0.example.", RR_A);
	CU_ASSERT_PTR_NOT_NULL_FATAL(got);
	CU_ASSERT(line_count(got) > 16);
	buffer_fini(&text);
	zone_set_free(set);
}

static void header_bits_of_the_query_stay_or_go(void)
{
	struct zone_set *set = zone_set_new();
	static struct answer a;
	static struct question q;
	uint8_t msg[512];
	size_t len = query_of("example.", RR_NS, CLASS_IN, msg);

	set_add(set, "example.", HEAD);
	msg[2] = 0x01; /* RD */
	msg[3] = 0x30; /* AD, CD */
	CU_ASSERT_EQUAL_FATAL(question_read(msg, len, &q), QUESTION_OK);
	(void)answer_make(set, &q, NULL, &a);
	(void)answer_write(&a, msg, len, sizeof(msg));
	CU_ASSERT_EQUAL(msg[0], 0x12);
	CU_ASSERT_EQUAL(msg[1], 0x34);
	CU_ASSERT_EQUAL(msg[2], 0x85); /* QR AA RD */
	CU_ASSERT_EQUAL(msg[3], 0x10); /* CD */
	zone_set_free(set);
}

static void class_any_is_answered_without_authority(void)
{
	struct zone_set *set = zone_set_new();
	static struct answer a;
	static struct question q;
	uint8_t msg[512];
	size_t len = query_of("example.", RR_NS, CLASS_ANY, msg);

	set_add(set, "example.", HEAD);
	CU_ASSERT_EQUAL_FATAL(question_read(msg, len, &q), QUESTION_OK);
	CU_ASSERT_EQUAL(answer_make(set, &q, NULL, &a), ANSWER_FOUND);
	(void)answer_write(&a, msg, len, sizeof(msg));
	CU_ASSERT_EQUAL(msg[2] & 0x04, 0);
	CU_ASSERT_EQUAL(msg[7], 1);
	len = query_of("example.", RR_NS, CLASS_CH, msg);
	(void)question_read(msg, len, &q);
	CU_ASSERT_EQUAL(answer_make(set, &q, NULL, &a), ANSWER_NONE);
	zone_set_free(set);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "addresses that are no glue are dropped silently",
		  addresses_that_are_no_glue_are_dropped_silently },
		{ "RFC 9471: glue in the domain is needed",
		  rfc_9471_glue_in_the_domain_is_needed },
		{ "a chain is cut between its links",
		  a_chain_is_cut_between_its_links },
		{ "a chain is bounded", a_chain_is_bounded },
		{ "header bits of the query stay or go",
		  header_bits_of_the_query_stay_or_go },
		{ "class ANY is answered without authority",
		  class_any_is_answered_without_authority },
		CU_TEST_INFO_NULL,
	};

	return suite_run("zones/answer_write", tests);
}
