#include "sip/options.h"

#include <string.h>

#include "base/err.h"
#include "sip/check.h"
#include "sip/message.h"
#include "tests/harness.h"

static struct sip_options probe_of(enum transport transport, const char *to,
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
		"Max-Forwards: 0\r\n"
		"From: <sip:deputy@192.0.2.1>;tag=fedcba9876543210\r\n"
		"To: <sip:192.0.2.10:5060>\r\n"
		"Call-ID: 123456789abcdef0@192.0.2.1\r\n"
		"CSeq: 7 OPTIONS\r\n"
		"Contact: <sip:deputy@192.0.2.1:5062>\r\n"
		"Accept: application/sdp\r\n"
		"User-Agent: deputy/" DEPUTY_VERSION "\r\n"
		"Content-Length: 0\r\n"
		"\r\n";
	struct sip_options o = probe_of(TRANSPORT_UDP, "192.0.2.10", "192.0.2.1");
	char out[SIP_OPTIONS_MAX];
	size_t len = sip_options_write(&o, out, sizeof(out));

	CU_ASSERT_EQUAL(len, sizeof(expected) - 1);
	CU_ASSERT_EQUAL(memcmp(out, expected, len), 0);
}

static void every_probe_passes_our_own_check(void)
{
	static struct sip_message m;

	for (int t = 0; t < TRANSPORTS; t++) {
		char out[SIP_OPTIONS_MAX];
		struct sip_options o = probe_of((enum transport)t,
						t ? "2001:db8::10" : "fe80::1%1",
						"2001:db8::1");
		size_t len;

		o.user = "monitor";
		o.from_uri = t ? "sips:watch@pbx.example:5061" : NULL;
		o.user_agent = t ? "friendly-scanner (not)" : NULL;
		o.host = t == TRANSPORT_TLS ? "pbx.example" : NULL;
		o.max_forwards = 1;
		len = sip_options_write(&o, out, sizeof(out));
		CU_ASSERT(len > 0);
		CU_ASSERT_EQUAL(sip_message_read(&m, guarded(out, len), len), OK);
		CU_ASSERT_EQUAL(sip_check(&m, NULL).action, SIP_ACTION_ACCEPT);
	}
}

static void a_probe_that_does_not_fit_is_not_written(void)
{
	struct sip_options o = probe_of(TRANSPORT_TLS, "192.0.2.10", "192.0.2.1");
	char out[SIP_OPTIONS_MAX];
	size_t len = sip_options_write(&o, out, sizeof(out));

	CU_ASSERT_EQUAL(sip_options_write(&o, out, len), 0);
	CU_ASSERT_EQUAL(sip_options_write(&o, out, len + 1), len);
	CU_ASSERT_EQUAL(sip_options_write(&o, out, 0), 0);
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
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/options", tests);
}
