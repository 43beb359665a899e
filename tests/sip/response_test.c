#include "sip/response.h"

#include <string.h>

#include "base/buffer.h"
#include "tests/harness.h"

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

static void our_own_request_is_not_answered_when_it_comes_back(void)
{
	static const char request[] =
		"OPTIONS sip:192.0.2.10 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1\r\n"
		"Max-Forwards: 70\r\n"
		"From: <sip:deputy@192.0.2.1>;tag=0000000000000abc\r\n"
		"To: <sip:192.0.2.10>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n";
	struct addr from = { .family = AF_INET, .port = 5060 };
	struct buffer b = { 0 };

	CU_ASSERT_EQUAL(sip_request_answer(request, sizeof(request) - 1, 0xabc, &from,
					   &b),
			ERR_CONFLICT);
	CU_ASSERT_EQUAL(b.len, 0);
	CU_ASSERT_EQUAL(sip_request_answer(request, sizeof(request) - 1, 0xabd, &from,
					   &b),
			OK);
	buffer_fini(&b);
}

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
		{ "a pbx that probes us is answered",
		  a_pbx_that_probes_us_is_answered },
		{ "our own request is not answered when it comes back",
		  our_own_request_is_not_answered_when_it_comes_back },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/response", tests);
}
