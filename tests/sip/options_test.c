#include "sip/options.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/err.h"
#include "sip/check.h"
#include "sip/message.h"
#include "tests/harness.h"

static struct sip_options probe_of(enum sip_transport transport, const char *to,
				   const char *from)
{
	struct sip_options o = { .transport = transport,
				 .branch = 0x123456789abcdef0,
				 .call = 0xfedcba9876543210,
				 .cseq = 7 };

	CU_ASSERT_EQUAL(addr_parse_port(to, 5060, &o.to), OK);
	CU_ASSERT_EQUAL(addr_parse_port(from, 5062, &o.from), OK);
	return o;
}

static void a_probe_over_udp_reads_as_the_rfc_wants_it(void)
{
	static const char expected[] =
		"OPTIONS sip:192.0.2.10:5060 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP "
		"192.0.2.1:5062;rport;branch=z9hG4bK123456789abcdef0\r\n"
		"Max-Forwards: 70\r\n"
		"From: <sip:deputy@192.0.2.1>;tag=fedcba9876543210\r\n"
		"To: <sip:192.0.2.10:5060>\r\n"
		"Call-ID: 123456789abcdef0@192.0.2.1\r\n"
		"CSeq: 7 OPTIONS\r\n"
		"Contact: <sip:deputy@192.0.2.1:5062>\r\n"
		"Accept: application/sdp\r\n"
		"User-Agent: deputy/" DEPUTY_VERSION "\r\n"
		"Content-Length: 0\r\n"
		"\r\n";
	struct sip_options o = probe_of(SIP_TRANSPORT_UDP, "192.0.2.10", "192.0.2.1");
	char out[SIP_OPTIONS_MAX];
	size_t len = sip_options_write(&o, out, sizeof(out));

	CU_ASSERT_EQUAL(len, sizeof(expected) - 1);
	CU_ASSERT_EQUAL(memcmp(out, expected, len), 0);
}

static void every_probe_passes_our_own_check(void)
{
	static struct sip_message m;

	for (int t = 0; t < SIP_TRANSPORTS; t++) {
		char out[SIP_OPTIONS_MAX];
		struct sip_options o = probe_of((enum sip_transport)t,
						t ? "2001:db8::10" : "fe80::1%1",
						"2001:db8::1");
		size_t len;

		o.user = "monitor";
		o.host = t == SIP_TRANSPORT_TLS ? "pbx.example" : NULL;
		o.max_forwards = 1;
		len = sip_options_write(&o, out, sizeof(out));
		CU_ASSERT(len > 0);
		CU_ASSERT_EQUAL(sip_message_read(&m, guarded(out, len), len), OK);
		CU_ASSERT_EQUAL(sip_check(&m, NULL).action, SIP_ACTION_ACCEPT);
	}
}

static void a_probe_that_does_not_fit_is_not_written(void)
{
	struct sip_options o = probe_of(SIP_TRANSPORT_TLS, "192.0.2.10", "192.0.2.1");
	char out[SIP_OPTIONS_MAX];
	size_t len = sip_options_write(&o, out, sizeof(out));

	CU_ASSERT_EQUAL(sip_options_write(&o, out, len), 0);
	CU_ASSERT_EQUAL(sip_options_write(&o, out, len + 1), len);
	CU_ASSERT_EQUAL(sip_options_write(&o, out, 0), 0);
}

static int read_reply(const char *text, struct sip_reply *out)
{
	size_t len = strlen(text);

	return sip_reply_read(guarded(text, len), len, out);
}

static void a_reply_tells_whose_it_is(void)
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

static const char *answer_to(const char *request, struct buffer *out)
{
	struct addr from = { .family = AF_INET,
			     .octets = { 192, 0, 2, 10 },
			     .port = 5060 };
	size_t len = strlen(request);

	buffer_fini(out);
	if (sip_request_answer(guarded(request, len), len, 0xabc, &from, out))
		return "";
	buffer_put_u8(out, 0);
	return (const char *)out->octets;
}

#define REST(method)                                          \
 "Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK1\r\n" \
 "Max-Forwards: 70\r\nFrom: <sip:pbx@192.0.2.10>;tag=1\r\n"   \
 "To: <sip:deputy@192.0.2.1>\r\nCall-ID: 1\r\nCSeq: 1 " method "\r\n"

static void a_pbx_that_probes_us_is_answered(void)
{
	struct buffer b = { 0 };
	const char *a = answer_to("OPTIONS sip:deputy@192.0.2.1 SIP/2.0\r\n" REST(
					  "OPTIONS") "\r\n",
				  &b);

	CU_ASSERT_PTR_NOT_NULL(
		strstr(a, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.10"));
	CU_ASSERT_PTR_NOT_NULL(strstr(a, "rport=5060"));
	CU_ASSERT_PTR_NOT_NULL(strstr(a, ";tag=0000000000000abc\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(a, "Allow: OPTIONS\r\n"));
	a = answer_to("NOTIFY sip:deputy@192.0.2.1 SIP/2.0\r\n" REST("NOTIFY") "\r\n",
		      &b);
	CU_ASSERT_PTR_NOT_NULL(strstr(a, "SIP/2.0 405 "));
	a = answer_to("OPTIONS sip:deputy@192.0.2.1 SIP/2.0\r\n" REST(
			      "OPTIONS") "Require: magic\r\n\r\n",
		      &b);
	CU_ASSERT_PTR_NOT_NULL(strstr(a, "SIP/2.0 420 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(a, "Unsupported: magic\r\n"));
	a = answer_to("ACK sip:deputy@192.0.2.1 SIP/2.0\r\n" REST("ACK") "\r\n", &b);
	CU_ASSERT_STRING_EQUAL(a, "");
	a = answer_to("SIP/2.0 200 OK\r\n" REST("OPTIONS") "\r\n", &b);
	CU_ASSERT_STRING_EQUAL(a, "");
	a = answer_to("no SIP at all\r\n\r\n", &b);
	CU_ASSERT_STRING_EQUAL(a, "");
	buffer_fini(&b);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a probe over UDP reads as the RFC wants it",
		  a_probe_over_udp_reads_as_the_rfc_wants_it },
		{ "every probe passes our own check",
		  every_probe_passes_our_own_check },
		{ "a probe that does not fit is not written",
		  a_probe_that_does_not_fit_is_not_written },
		{ "a reply tells whose it is", a_reply_tells_whose_it_is },
		{ "a reply to someone else has no branch of ours",
		  a_reply_to_someone_else_has_no_branch_of_ours },
		{ "what is no reply is malformed", what_is_no_reply_is_malformed },
		{ "a pbx that probes us is answered",
		  a_pbx_that_probes_us_is_answered },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/options", tests);
}
