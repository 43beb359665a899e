#include "sip/transport.h"

#include "tests/harness.h"

static void each_is_found_by_name_and_by_the_token_of_via(void)
{
	enum transport t;

	for (int i = 0; i < TRANSPORTS; i++) {
		t = TRANSPORTS;
		CU_ASSERT(sip_transport_find(text_from(sip_transports[i].name), &t));
		CU_ASSERT_EQUAL((int)t, i);
		t = TRANSPORTS;
		CU_ASSERT(sip_transport_find(text_from(sip_transports[i].via), &t));
		CU_ASSERT_EQUAL((int)t, i);
	}
	t = TRANSPORTS;
	CU_ASSERT_FALSE(sip_transport_find(text_from("TLS-SCTP"), &t));
	CU_ASSERT_FALSE(sip_transport_find(text_from(""), &t));
	CU_ASSERT_EQUAL(t, TRANSPORTS);
}

static void rfc3263_names_of_service(void)
{
	CU_ASSERT_STRING_EQUAL(sip_transports[TRANSPORT_UDP].naptr, "SIP+D2U");
	CU_ASSERT_STRING_EQUAL(sip_transports[TRANSPORT_TCP].naptr, "SIP+D2T");
	CU_ASSERT_STRING_EQUAL(sip_transports[TRANSPORT_TLS].naptr, "SIPS+D2T");
	CU_ASSERT_STRING_EQUAL(sip_transports[TRANSPORT_TLS].srv, "_sips._tcp");
	CU_ASSERT_EQUAL(sip_transports[TRANSPORT_TLS].port, 5061);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "each is found by its name and by the token of Via",
		  each_is_found_by_name_and_by_the_token_of_via },
		{ "RFC 3263 4: names of service", rfc3263_names_of_service },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/transport", tests);
}
