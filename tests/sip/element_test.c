#include "sip/element.h"

#include <string.h>

#include "base/err.h"
#include "tests/harness.h"

static struct sip_message message;

static void read_with(const char *fields)
{
	char text[4096];
	size_t len;

	(void)snprintf(text, sizeof(text),
		       "OPTIONS sip:bob@biloxi.example SIP/2.0\r\n%s\r\n", fields);
	len = strlen(text);
	CU_ASSERT_EQUAL_FATAL(sip_message_read(&message, guarded(text, len), len), OK);
}

/* All elements, each with "|" behind it. */
static const char *all(enum sip_header h, struct sip_elements *e)
{
	static char out[1024];
	struct text t;

	out[0] = '\0';
	*e = sip_elements_of(&message, h);
	while (sip_elements_next(e, &t))
		(void)snprintf(out + strlen(out), sizeof(out) - strlen(out), "%.*s|",
			       (int)text_len(&t), t.at);
	return out;
}

static void all_fields_of_a_name_are_one_list(void)
{
	struct sip_elements e;

	read_with("Via: SIP/2.0/UDP a, SIP/2.0/TCP b\r\nTo: <sip:x@y>\r\n"
		  "v: SIP/2.0/TLS c\r\nVIA :\r\n SIP/2.0/UDP d ,SIP/2.0/UDP e\r\n");
	CU_ASSERT_STRING_EQUAL(all(SIP_VIA, &e),
			       "SIP/2.0/UDP a|SIP/2.0/TCP b|SIP/2.0/TLS c|"
			       "SIP/2.0/UDP d|SIP/2.0/UDP e|");
	CU_ASSERT_EQUAL(e.err, OK);
	CU_ASSERT_FALSE(e.bare);
	CU_ASSERT_STRING_EQUAL(all(SIP_ROUTE, &e), "");
	CU_ASSERT_FALSE(e.bare);
}

static void commas_in_quotes_and_angles_part_nothing(void)
{
	struct sip_elements e;

	read_with("m: \"Doe, \\\"J\\\", \" <sip:j,d@h;p=\"a>,\",<sip:k@h>;x=\"1,2\"\r\n"
		  "Contact: <sip:l@h?Route=%3Csip:a,b%3E>\r\n");
	CU_ASSERT_STRING_EQUAL(
		all(SIP_CONTACT, &e),
		"\"Doe, \\\"J\\\", \" <sip:j,d@h;p=\"a>|\",<sip:k@h>;x=\"1|"
		"2\"|<sip:l@h?Route=%3Csip:a,b%3E>|");
	read_with("m: \"A, B\" <sip:a,b@h>;d=\"1,2\" , <sip:k@h>\r\n");
	CU_ASSERT_STRING_EQUAL(all(SIP_CONTACT, &e),
			       "\"A, B\" <sip:a,b@h>;d=\"1,2\"|<sip:k@h>|");
}

static void commas_too_many_are_told(void)
{
	struct sip_elements e;

	read_with("k: a,,b\r\n");
	CU_ASSERT_STRING_EQUAL(all(SIP_SUPPORTED, &e), "a||b|");
	CU_ASSERT_EQUAL(e.err, OK);
	read_with("k: a,\r\nSupported: b\r\n");
	CU_ASSERT_STRING_EQUAL(all(SIP_SUPPORTED, &e), "a|b|");
	CU_ASSERT_EQUAL(e.err, ERR_MALFORMED);
	read_with("k:\r\nSupported: b\r\n");
	CU_ASSERT_STRING_EQUAL(all(SIP_SUPPORTED, &e), "b|");
	CU_ASSERT_EQUAL(e.err, OK);
	CU_ASSERT(e.bare);
	read_with("k: b\r\nSupported:\r\n");
	CU_ASSERT_STRING_EQUAL(all(SIP_SUPPORTED, &e), "b|");
	CU_ASSERT(e.bare);
}

static void option_tags_are_found_in_any_field(void)
{
	read_with("Supported: 100rel, Path\r\nk: outbound\r\nRequire: gruu\r\n");
	CU_ASSERT(sip_has_option(&message, SIP_SUPPORTED, "path"));
	CU_ASSERT(sip_has_option(&message, SIP_SUPPORTED, "outbound"));
	CU_ASSERT_FALSE(sip_has_option(&message, SIP_SUPPORTED, "gruu"));
	CU_ASSERT(sip_has_option(&message, SIP_REQUIRE, "gruu"));
	CU_ASSERT_FALSE(sip_has_option(&message, SIP_SUPPORTED, "pat"));
}

static void the_first_element_is_the_topmost(void)
{
	struct text t;

	read_with("Route: <sip:p1;lr> , <sip:p2;lr>\r\nRoute: <sip:p3;lr>\r\n");
	CU_ASSERT(sip_element_first(&message, SIP_ROUTE, &t));
	CU_ASSERT(text_is(&t, "<sip:p1;lr>"));
	CU_ASSERT_FALSE(sip_element_first(&message, SIP_PATH, &t));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "all fields of a name are one list",
		  all_fields_of_a_name_are_one_list },
		{ "commas in quotes and angles part nothing",
		  commas_in_quotes_and_angles_part_nothing },
		{ "commas too many are told", commas_too_many_are_told },
		{ "option tags are found in any field",
		  option_tags_are_found_in_any_field },
		{ "the first element is the topmost",
		  the_first_element_is_the_topmost },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/element", tests);
}
