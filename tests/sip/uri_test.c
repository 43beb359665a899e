#include "sip/uri.h"

#include <string.h>

#include "tests/harness.h"

static int read_text(const char *text, struct sip_uri *out)
{
	size_t len = strlen(text);

	return sip_uri_read(text_of(guarded(text, len), len), out);
}

static void all_parts_are_sliced(void)
{
	struct sip_uri u;

	CU_ASSERT_EQUAL_FATAL(
		read_text("SIPS:al%69ce:pw@pbx.example:5061;transport=tcp;lr?Subject=x",
			  &u),
		OK);
	CU_ASSERT_EQUAL(u.scheme, SIP_SCHEME_SIPS);
	CU_ASSERT(u.has_user);
	CU_ASSERT(text_is(&u.user, "al%69ce"));
	CU_ASSERT(text_is(&u.password, "pw"));
	CU_ASSERT(text_is(&u.host, "pbx.example"));
	CU_ASSERT_EQUAL(u.port, 5061);
	CU_ASSERT(text_is(&u.params, "transport=tcp;lr"));
	CU_ASSERT(text_is(&u.headers, "Subject=x"));
}

static void an_ipv6_host_loses_its_brackets(void)
{
	struct sip_uri u;

	CU_ASSERT_EQUAL_FATAL(read_text("sip:[2001:db8::10]:5070", &u), OK);
	CU_ASSERT(u.is_ipv6);
	CU_ASSERT_FALSE(u.has_user);
	CU_ASSERT(text_is(&u.host, "2001:db8::10"));
	CU_ASSERT_EQUAL(u.port, 5070);
}

static void other_schemes_are_kept_whole(void)
{
	struct sip_uri u;

	CU_ASSERT_EQUAL(read_text("tel:+4930123;phone-context=x", &u), OK);
	CU_ASSERT_EQUAL(u.scheme, SIP_SCHEME_TEL);
	CU_ASSERT(text_is(&u.user, "+4930123"));
	CU_ASSERT_EQUAL(read_text("soap.beep://192.0.2.103:3002", &u), OK);
	CU_ASSERT_EQUAL(u.scheme, SIP_SCHEME_OTHER);
	CU_ASSERT(text_is(&u.opaque, "//192.0.2.103:3002"));
}

static void broken_uris_are_malformed(void)
{
	static const char *const texts[] = {
		"",           "sip",           "sip:",       ":a",
		"1sip\x80:a", "sip:@h",        "sip:a@",     "sip:a@h:",
		"sip:a@h:0",  "sip:a@h:65536", "sip:a@h:5x", "sip:a%4@h",
		"sip:a%zz@h", "sip:a b@h",     "sip:a@h h",  "<sip:a@h>",
		"sip:a@[::1", "sip:a@[::g]",   "sip:a@h;",   "sip:a@h;;lr",
		"sip:a@h?",   "sip:a@h;p=%1",  "sip:a\"@h",  "sip:a@h@i",
		"sip:[]",     "sip:a@h;p=",
	};
	struct sip_uri u;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		CU_ASSERT_EQUAL(read_text(texts[i], &u), ERR_MALFORMED);
}

static void parameters_are_found_in_any_case(void)
{
	struct text params = text_from("Transport = TCP ;lr; x=\"a;b\"");
	struct text value;

	CU_ASSERT(sip_param_find(params, "transport", &value));
	CU_ASSERT(text_is(&value, "TCP"));
	CU_ASSERT(sip_param_find(params, "LR", &value));
	CU_ASSERT_EQUAL(text_len(&value), 0);
	CU_ASSERT(sip_param_find(params, "x", &value));
	CU_ASSERT(text_is(&value, "\"a;b\""));
	CU_ASSERT_FALSE(sip_param_find(params, "y", &value));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "all parts are sliced", all_parts_are_sliced },
		{ "an IPv6 host loses its brackets", an_ipv6_host_loses_its_brackets },
		{ "other schemes are kept whole", other_schemes_are_kept_whole },
		{ "broken URIs are malformed", broken_uris_are_malformed },
		{ "parameters are found in any case",
		  parameters_are_found_in_any_case },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/uri", tests);
}
