#include "conf/domain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness.h"

static const char *parse(const char *text, struct domain *out)
{
	size_t size = strlen(text) + 1;
	const void *copy = guarded(text, size);

	*out = (struct domain){ 0 };
	return domain_parse(copy, "", out);
}

/* The text of a name that is one, to be read before the next call. */
static const char *text_of_name(const char *text)
{
	static char shown[NAME_TEXT_LEN];
	struct domain d;

	if (parse(text, &d))
		return "refused";
	(void)snprintf(shown, sizeof shown, "%s", d.text);
	domain_fini(&d);
	return shown;
}

static void a_name_is_kept_in_wire_form_and_as_text(void)
{
	static const uint8_t wire[] = "\3pbx\7example\3net";
	struct domain d;

	CU_ASSERT_PTR_NULL(parse("PBX.Example.net", &d));
	CU_ASSERT_STRING_EQUAL(d.text, "pbx.example.net.");
	CU_ASSERT_EQUAL(d.wire.len, sizeof wire);
	CU_ASSERT_EQUAL(d.wire.label_count, 3);
	CU_ASSERT_EQUAL(memcmp(d.wire.wire, wire, sizeof wire), 0);
	domain_fini(&d);
}

static void escapes_are_read_and_shown_as_what_they_stand_for(void)
{
	CU_ASSERT_STRING_EQUAL(text_of_name("\\112bx.lan"), "pbx.lan.");
	CU_ASSERT_STRING_EQUAL(text_of_name("p\\bx.lan."), "pbx.lan.");
	CU_ASSERT_STRING_EQUAL(text_of_name("XN--Bcher-kva.example"),
			       "xn--bcher-kva.example.");
}

static void what_is_no_name_says_why(void)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "the root is not allowed here" },
		{ ".", "the root is not allowed here" },
		{ "a..b", "it has an empty label" },
		{ ".a", "it has an empty label" },
		{ "*.lan", "wildcards are allowed only in zone files" },
		{ "-a.lan", "a label starts or ends with a hyphen" },
		{ "a.lan-", "a label starts or ends with a hyphen" },
		{ "a b.lan", "only letters, digits and hyphens are allowed" },
		{ "a\\000.lan", "only letters, digits and hyphens are allowed" },
		{ "a\\.b.lan", "only letters, digits and hyphens are allowed" },
		{ "a\\300.lan", "a backslash begins no octet there" },
		{ "a.lan\\", "a backslash begins no octet there" },
		{ "b\xc3\xbc"
		  "cher.lan",
		  "write non-ASCII letters in xn-- (IDNA) form" },
		{ "10.1.0.9", "it is an address" },
		{ "10.1.0.\\057", "it is an address" },
		{ "fd00::1", "it is an address" },
	};
	struct domain d;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *why = parse(rows[i].text, &d);

		CU_ASSERT_PTR_NOT_NULL(why);
		CU_ASSERT_STRING_EQUAL(why ? why : "", rows[i].why);
		CU_ASSERT_PTR_NULL(d.text);
	}
}

static void limits_are_those_of_the_wire(void)
{
	char text[256];
	struct domain d;

	memset(text, 'a', sizeof text);
	text[63] = '\0';
	CU_ASSERT_PTR_NULL(parse(text, &d));
	domain_fini(&d);
	text[63] = 'a';
	text[64] = '\0';
	CU_ASSERT_STRING_EQUAL(parse(text, &d), "a label is longer than 63 characters");
	for (size_t i = 1; i < sizeof text; i += 2)
		text[i] = '.';
	text[64] = 'a';
	text[253] = '\0'; /* 127 labels of one octet */
	CU_ASSERT_PTR_NULL(parse(text, &d));
	CU_ASSERT_EQUAL(d.wire.len, NAME_MAX_LEN);
	CU_ASSERT_EQUAL(strlen(d.text), 254);
	domain_fini(&d);
	text[253] = '.';
	text[254] = 'a';
	text[255] = '\0';
	CU_ASSERT_STRING_EQUAL(parse(text, &d), "it is longer than 253 characters");
}

static void the_nearest_name_above_is_found(void)
{
	struct domain rows[4] = { 0 };
	struct domain asked;
	struct domains d;

	CU_ASSERT_PTR_NULL(parse("lan", &rows[0]));
	CU_ASSERT_PTR_NULL(parse("Office.lan", &rows[1]));
	CU_ASSERT_PTR_NULL(parse("office.lan", &rows[3])); /* [2] has no name */
	domains_init(&d, rows, 4, sizeof *rows);
	CU_ASSERT_EQUAL(d.count, 3);
	CU_ASSERT_PTR_NULL(parse("a.b.OFFICE.lan", &asked));
	CU_ASSERT_EQUAL(domains_enclosing(&d, asked.wire.wire), 1);
	CU_ASSERT_EQUAL(domains_find(&d, asked.wire.wire), UINT32_MAX);
	domain_fini(&asked);
	CU_ASSERT_PTR_NULL(parse("xoffice.lan", &asked));
	CU_ASSERT_EQUAL(domains_enclosing(&d, asked.wire.wire), 0);
	domain_fini(&asked);
	CU_ASSERT_PTR_NULL(parse("elsewhere", &asked));
	CU_ASSERT_EQUAL(domains_enclosing(&d, asked.wire.wire), UINT32_MAX);
	domain_fini(&asked);
	domains_fini(&d);
	for (size_t i = 0; i < 4; i++)
		domain_fini(&rows[i]);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a name is kept in wire form and as text",
		  a_name_is_kept_in_wire_form_and_as_text },
		{ "escapes are read and shown as what they stand for",
		  escapes_are_read_and_shown_as_what_they_stand_for },
		{ "what is no name says why", what_is_no_name_says_why },
		{ "limits are those of the wire", limits_are_those_of_the_wire },
		{ "the nearest name above is found", the_nearest_name_above_is_found },
		CU_TEST_INFO_NULL,
	};

	return suite_run("conf/domain", tests);
}
