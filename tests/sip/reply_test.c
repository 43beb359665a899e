#include "sip/reply.h"

#include <stdio.h>
#include <string.h>

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
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\nCSeq: OPTIONS\r\n\r\n",
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n\r\n",
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\nCSeq: 1 OPTIONS\r",
		"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"\r\n\r\n",
		"",
	};
	struct sip_reply r;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		CU_ASSERT_EQUAL(read_reply(texts[i], &r), ERR_MALFORMED);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a reply is read with status branch and via",
		  a_reply_is_read_with_status_branch_and_via },
		{ "a reply to someone else has no branch of ours",
		  a_reply_to_someone_else_has_no_branch_of_ours },
		{ "what is no reply is malformed", what_is_no_reply_is_malformed },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/reply", tests);
}
