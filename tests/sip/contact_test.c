#include "sip/contact.h"

#include <string.h>

#include "base/err.h"
#include "tests/harness.h"

static int contact(const char *text, struct sip_contact *out)
{
	size_t len = strlen(text);

	return sip_contact_read(text_of(guarded(text, len), len), out);
}

static int route(const char *text, struct sip_route *out)
{
	size_t len = strlen(text);

	return sip_route_read(text_of(guarded(text, len), len), out);
}

static void rfc5626_a_contact_with_all_that_is_kept(void)
{
	struct sip_contact c;

	CU_ASSERT_EQUAL_FATAL(
		contact("\"Desk, 2\" <sip:anna@192.0.2.7:5074;transport=tcp;ob>;Q=0.25"
			" ; reg-id=2;+SIP.instance=\"<urn:uuid:00000000-0000-1000-8000-"
			"000A95A0E128>\";expires=300;audio",
			&c),
		OK);
	CU_ASSERT(text_is(&c.uri.user, "anna"));
	CU_ASSERT_EQUAL(c.uri.port, 5074);
	CU_ASSERT_EQUAL(c.q, 250);
	CU_ASSERT(c.has_expires);
	CU_ASSERT_EQUAL(c.expires, 300);
	CU_ASSERT_EQUAL(c.reg_id, 2);
	CU_ASSERT(
		text_is(&c.instance, "urn:uuid:00000000-0000-1000-8000-000A95A0E128"));
}

static void what_is_not_said_has_its_default(void)
{
	struct sip_contact c;

	CU_ASSERT_EQUAL(contact("sip:anna@h;expires=5", &c), OK);
	CU_ASSERT_EQUAL(c.q, SIP_Q_MAX);
	CU_ASSERT_EQUAL(c.expires, 5); /* the field's, for the URI has no angles */
	CU_ASSERT_EQUAL(c.reg_id, 0);
	CU_ASSERT_EQUAL(text_len(&c.instance), 0);
	CU_ASSERT_EQUAL(contact("<sip:anna@h;expires=5>", &c), OK);
	CU_ASSERT_FALSE(c.has_expires);
	CU_ASSERT_EQUAL(contact("*", &c), OK);
	CU_ASSERT(c.address.is_star);
}

static void odd_expires_count_as_none_or_as_the_most(void)
{
	struct sip_contact c;

	CU_ASSERT_EQUAL(contact("<sip:a@h>;expires=soon", &c), OK);
	CU_ASSERT_FALSE(c.has_expires);
	CU_ASSERT_EQUAL(contact("<sip:a@h>;expires=7x", &c), OK);
	CU_ASSERT_FALSE(c.has_expires);
	CU_ASSERT_EQUAL(contact("<sip:a@h>;expires", &c), OK);
	CU_ASSERT_FALSE(c.has_expires);
	CU_ASSERT_EQUAL(contact("<sip:a@h>;expires=99999999999999999999", &c), OK);
	CU_ASSERT_EQUAL(c.expires, UINT32_MAX);
}

static void q_is_read_as_the_grammar_has_it(void)
{
	static const struct {
		const char *text;
		int err, q;
	} rows[] = {
		{ "0", OK, 0 },
		{ "1", OK, 1000 },
		{ "0.", OK, 0 },
		{ "0.5", OK, 500 },
		{ "0.001", OK, 1 },
		{ "1.000", OK, 1000 },
		{ "1.001", ERR_RANGE, 0 },
		{ "2", ERR_RANGE, 0 },
		{ "0.1234", ERR_RANGE, 0 },
		{ ".5", ERR_RANGE, 0 },
		{ "0.5a", ERR_RANGE, 0 },
		{ "18446744073709551617", ERR_RANGE, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sip_contact c = { 0 };
		char text[64];

		(void)snprintf(text, sizeof(text), "<sip:a@h>;q=%s", rows[i].text);
		CU_ASSERT_EQUAL(contact(text, &c), rows[i].err);
		CU_ASSERT_EQUAL(c.q, rows[i].q);
	}
}

static void what_is_out_of_range_or_no_uri_is_refused(void)
{
	struct sip_contact c;

	CU_ASSERT_EQUAL(contact("<sip:a@h>;reg-id=0", &c), ERR_RANGE);
	CU_ASSERT_EQUAL(contact("<sip:a@h>;reg-id=2147483648", &c), ERR_RANGE);
	CU_ASSERT_EQUAL(contact("<sip:a@h>;reg-id=x", &c), ERR_RANGE);
	CU_ASSERT_EQUAL(contact("<nonsense>", &c), ERR_MALFORMED);
	CU_ASSERT_EQUAL(contact("<sip:@h>", &c), ERR_MALFORMED);
	CU_ASSERT_EQUAL(contact("", &c), ERR_MALFORMED);
}

static void an_instance_that_looks_otherwise_is_none(void)
{
	static const char *const texts[] = { "<urn:x>",      "\"urn:x\"", "\"<urn:x\"",
					     "\"<urn:x>y\"", "\"<u\\>\"", "\"\"" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct sip_contact c;
		char text[64];

		(void)snprintf(text, sizeof(text), "<sip:a@h>;+sip.instance=%s",
			       texts[i]);
		if (contact(text, &c) == OK)
			CU_ASSERT_EQUAL(text_len(&c.instance), 0);
	}
}

static void routes_are_loose_or_strict(void)
{
	struct sip_route r;

	CU_ASSERT_EQUAL(route("<sip:p1.example;lr;transport=tcp>;x=1", &r), OK);
	CU_ASSERT(r.is_loose);
	CU_ASSERT(text_is(&r.uri.host, "p1.example"));
	CU_ASSERT_EQUAL(route("P <sips:p1.example>;lr", &r), OK);
	CU_ASSERT_FALSE(r.is_loose);
	CU_ASSERT_EQUAL(route("sip:p1.example;lr", &r), ERR_MALFORMED);
	CU_ASSERT_EQUAL(route("<tel:+1>", &r), ERR_MALFORMED);
	CU_ASSERT_EQUAL(route("*", &r), ERR_MALFORMED);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "RFC 5626 4: a contact with all that is kept",
		  rfc5626_a_contact_with_all_that_is_kept },
		{ "what is not said has its default",
		  what_is_not_said_has_its_default },
		{ "odd expires count as none or as the most",
		  odd_expires_count_as_none_or_as_the_most },
		{ "RFC 3261 25.1: q is read as the grammar has it",
		  q_is_read_as_the_grammar_has_it },
		{ "what is out of range or no URI is refused",
		  what_is_out_of_range_or_no_uri_is_refused },
		{ "an instance that looks otherwise is none",
		  an_instance_that_looks_otherwise_is_none },
		{ "routes are loose or strict", routes_are_loose_or_strict },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/contact", tests);
}
