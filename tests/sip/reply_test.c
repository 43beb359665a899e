#include "sip/reply.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/err.h"
#include "tests/harness.h"

static int read_reply(const char *text, struct sip_reply *out)
{
	size_t len = strlen(text);

	return sip_reply_read(guarded(text, len), len, out);
}

static void a_reply_is_read_with_status_branch_and_via(void)
{
	struct sip_reply r;

	CU_ASSERT_EQUAL_FATAL(
		read_reply("SIP/2.0 503 Shutting down\r\n"
			   "v: SIP/2.0/UDP 192.0.2.1:5062;received=198.51.100.7;"
			   "rport=40000;branch=z9hG4bK123456789abcdef0\r\n"
			   "f: <sip:deputy@192.0.2.1>;tag=1\r\n"
			   "t: <sip:192.0.2.10>;tag=2\r\n"
			   "i: 1@192.0.2.1\r\n"
			   "CSeq: 7 OPTIONS\r\n"
			   "Retry-After: 120 (patience);duration=3\r\n"
			   "Server: toy\r\n"
			   "l: 0\r\n\r\n",
			   &r),
		OK);
	CU_ASSERT_EQUAL(r.status, 503);
	CU_ASSERT(r.has_branch);
	CU_ASSERT_EQUAL(r.branch, 0x123456789abcdef0);
	CU_ASSERT_EQUAL(r.cseq, 7);
	CU_ASSERT_EQUAL(r.retry_after_s, 120);
	CU_ASSERT_EQUAL(r.rport, 40000);
	CU_ASSERT(text_is(&r.received, "198.51.100.7"));
	CU_ASSERT(text_is(&r.server, "toy"));
	CU_ASSERT(text_is(&r.reason, "Shutting down"));
}

static void a_reply_to_someone_else_has_no_branch_of_ours(void)
{
	static const char *const branches[] = { "z9hG4bKother",
						"z9hG4bK123456789abcdefg",
						"123456789abcdef0" };

	for (size_t i = 0; i < sizeof(branches) / sizeof(*branches); i++) {
		char text[256];
		struct sip_reply r;

		(void)snprintf(text, sizeof(text),
			       "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP h;branch=%s\r\n"
			       "CSeq: 1 OPTIONS\r\n\r\n",
			       branches[i]);
		CU_ASSERT_EQUAL(read_reply(text, &r), OK);
		CU_ASSERT_FALSE(r.has_branch);
		CU_ASSERT_EQUAL(text_len(&r.server), 0);
		CU_ASSERT_EQUAL(r.retry_after_s, 0);
	}
}

static void what_is_no_reply_is_malformed(void)
{
	static const char *const texts[] = {
		"HTTP/1.1 200 OK\r\n\r\n",
		"SIP/3.0 200 OK\r\nVia: SIP/2.0/UDP h\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"SIP/2.0 99 OK\r\nVia: SIP/2.0/UDP h\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"SIP/2.0 700 OK\r\nVia: SIP/2.0/UDP h\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"SIP/2.0 4294967496 OK\r\nVia: SIP/2.0/UDP h\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\nCSeq: OPTIONS\r\n\r\n",
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n\r\n",
		"SIP/2.0 200 OK\r\nXia: SIP/2.0/UDP h\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"SIP/2.0 2000 OK\r\nVia: SIP/2.0/UDP h\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"\r\n\r\n",
		"",
	};
	struct sip_reply r;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		r.odd = NULL;
		CU_ASSERT_EQUAL(read_reply(texts[i], &r), ERR_MALFORMED);
		CU_ASSERT_PTR_NOT_NULL(r.odd); /* it tells what it lacks */
	}
}

#define VIA  "Via: SIP/2.0/UDP 192.0.2.1:5062;rport;branch=z9hG4bK123456789abcdef0\r\n"
#define CSEQ "CSeq: 7 OPTIONS\r\n"

static void an_odd_reply_is_a_reply_and_what_is_odd_is_told(void)
{
	static const struct {
		const char *text, *odd;
	} rows[] = {
		{ "SIP/2.0 200 OK\r\n" VIA CSEQ "\r\n", NULL },
		{ "SIP/2.0 200 OK\r\n" VIA CSEQ "hello\r\n\r\n",
		  "a line without a colon" },
		{ "SIP/2.0 200 OK\r\nhello\r\n" VIA CSEQ "\r\n",
		  "a line without a colon" },
		{ "SIP/2.0 200 OK\nVia: SIP/2.0/UDP h;branch=z9hG4bK123456789abcdef0\n"
		  "CSeq: 7 OPTIONS\n\n",
		  "a line ends with LF alone" },
		{ "\r\n\r\nSIP/2.0 200 OK\r\n" VIA CSEQ "\r\n",
		  "an empty line before the status line" },
		{ "SIP/2.0 200 OK\r\nVia: "
		  "SIP/2.0/UDP h;;rport=;branch=z9hG4bK123456789abcdef0;\r\n" CSEQ
		  "\r\n",
		  "an empty parameter in Via" },
		{ "SIP/2.0 200 OK\r\nVia: "
		  "SIP/2.0/UDP;x=\"a;b;branch = z9hG4bK123456789ABCDEF0 , SIP/2.0/UDP "
		  "h;branch=z9hG4bKother\r\n" CSEQ "\r\n",
		  NULL },
		{ "SIP/2.0  200 OK\r\n" VIA CSEQ "\r\n", "blanks in the status line" },
		{ "sip/2.0 200\r\n" VIA CSEQ "\r\n", "no blank behind the status" },
		{ "SIP/2.0 200 \xc3\xa4\xff\r\n" VIA CSEQ "X Y: 1\r\n\r\n",
		  "a field name that is no token" },
		{ "SIP/2.0 200 OK\r\n" VIA "CSeq: 7 INVITE\r\n\r\n", "another CSeq" },
		{ "SIP/2.0 200 OK\r\n" VIA "CSeq: 7", "another CSeq" }, /* it was cut */
		{ "SIP/2.0 200 OK\r\n" VIA CSEQ, "no empty line behind the header" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sip_reply r = { 0 };

		CU_ASSERT_EQUAL(read_reply(rows[i].text, &r), OK);
		CU_ASSERT_EQUAL(r.status, 200);
		CU_ASSERT(r.has_branch && r.branch == 0x123456789abcdef0);
		CU_ASSERT(rows[i].odd ? r.odd && strcmp(r.odd, rows[i].odd) == 0
				      : !r.odd);
	}
}

static void any_number_of_fields_is_a_reply(void)
{
	struct buffer text = { 0 };
	struct sip_reply r;

	buffer_put_text(&text, "SIP/2.0 200 OK\r\n");
	for (unsigned i = 0; i < 1000; i++)
		buffer_put_text(&text, "X-Field: with a value\r\n");
	buffer_put_text(&text, VIA CSEQ "\r\n");
	buffer_put(&text, "", 1);
	CU_ASSERT_EQUAL(read_reply((const char *)text.octets, &r), OK);
	CU_ASSERT(r.has_branch && r.branch == 0x123456789abcdef0);
	CU_ASSERT_STRING_EQUAL(r.odd, "more than 256 header fields");
	buffer_fini(&text);
}

static void a_branch_is_quoted_whole_or_not_at_all(void)
{
	static const char request[] = "OPTIONS sip:h SIP/2.0\r\n" VIA
				      "Max-Forwards: 1\r\n";
	size_t end = (size_t)(strstr(request, "def0") - request) + 4;
	uint64_t branch;

	for (size_t len = 0; len < sizeof(request); len++)
		CU_ASSERT_EQUAL(sip_quoted_branch(guarded(request, len), len, &branch),
				len < end ? ERR_NOT_FOUND : OK);
	CU_ASSERT_EQUAL(branch, 0x123456789abcdef0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a reply is read with status branch and via",
		  a_reply_is_read_with_status_branch_and_via },
		{ "a reply to someone else has no branch of ours",
		  a_reply_to_someone_else_has_no_branch_of_ours },
		{ "what is no reply is malformed", what_is_no_reply_is_malformed },
		{ "an odd reply is a reply and what is odd is told",
		  an_odd_reply_is_a_reply_and_what_is_odd_is_told },
		{ "any number of fields is a reply", any_number_of_fields_is_a_reply },
		{ "a branch is quoted whole or not at all",
		  a_branch_is_quoted_whole_or_not_at_all },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/reply", tests);
}
