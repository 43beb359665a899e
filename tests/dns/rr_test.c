#include "dns/rr.h"

#include <stdio.h>
#include <string.h>

#include "tests/dns/rr_rows.h"
#include "tests/harness.h"

static const struct name origin = { 9, 1, "\7example" };

static int parse(const char *type, const char *text, struct buffer *out,
		 struct rr_fault *fault)
{
	const char *at = (const char *)guarded(text, strlen(text));
	uint16_t number = 0;

	CU_ASSERT_EQUAL(rr_type_parse(type, strlen(type), &number), OK);
	return rr_rdata_parse(number, at, strlen(text), &origin, out, fault);
}

static void complain(const struct rr_example *e, const char *why, const char *detail)
{
	printf("# %s %s: %s: %s\n", e->type, e->text, why, detail);
	CU_FAIL("a row is wrong");
}

static void check_wire(const struct rr_example *e, const struct buffer *wire)
{
	struct buffer hex = { 0 };

	for (size_t i = 0; i < wire->len; i++)
		buffer_printf(&hex, "%02x", wire->octets[i]);
	buffer_put_u8(&hex, 0);
	if (e->wire && strcmp((char *)hex.octets, e->wire) != 0)
		complain(e, "octets", (char *)hex.octets);
	buffer_fini(&hex);
}

/* The octets read as from a message give the same; the text parses to them again. */
static void check_back(const struct rr_example *e, uint16_t type,
		       const struct buffer *wire)
{
	struct reader r = reader_of(guarded(wire->octets, wire->len), wire->len);
	struct buffer again = { 0 };
	struct buffer text = { 0 };
	struct rr_fault fault = { 0 };

	if (rr_rdata_read(&r, type, wire->len, &again) || again.len != wire->len ||
	    (wire->len && memcmp(again.octets, wire->octets, wire->len) != 0))
		complain(e, "octets are read otherwise", "");
	rr_rdata_format(type, guarded(wire->octets, wire->len), wire->len, &text);
	buffer_put_u8(&text, 0);
	if (strcmp((char *)text.octets, e->back ? e->back : e->text) != 0)
		complain(e, "text", (char *)text.octets);
	again.len = 0;
	if (rr_rdata_parse(type, (char *)text.octets, text.len - 1, NULL, &again,
			   &fault) ||
	    again.len != wire->len ||
	    (wire->len && memcmp(again.octets, wire->octets, wire->len) != 0))
		complain(e, "our text is read otherwise", fault.text);
	buffer_fini(&again);
	buffer_fini(&text);
}

static void every_row_goes_there_and_back(void)
{
	for (size_t i = 0; i < rr_example_count; i++) {
		const struct rr_example *e = &rr_examples[i];
		struct buffer wire = { 0 };
		struct rr_fault fault = { 0 };
		uint16_t type = 0;

		rr_type_parse(e->type, strlen(e->type), &type);
		if (parse(e->type, e->text, &wire, &fault)) {
			complain(e, "refused", fault.text);
		} else {
			check_wire(e, &wire);
			check_back(e, type, &wire);
		}
		buffer_fini(&wire);
	}
}

static bool has_example(const char *name)
{
	for (size_t i = 0; i < rr_example_count; i++) {
		if (strcmp(rr_examples[i].type, name) == 0)
			return true;
	}
	return false;
}

/* Every type that has a presentation format has an example. */
static void every_type_has_an_example(void)
{
	const char *name;

	for (size_t n = 0; (name = rr_type_name_at(NULL, n)); n++) {
		uint16_t type = 0;

		rr_type_parse(name, strlen(name), &type);
		/* 100 to 103 are in the registry without a specification. */
		if (rr_type_is_meta(type) || (type >= 100 && type <= 103) ||
		    has_example(name))
			continue;
		printf("# %s\n", name);
		CU_FAIL("a type without example");
	}
}

/* Cut anywhere, no RDATA is read past its end, and what is still right prints. */
static void every_row_may_be_cut_anywhere(void)
{
	for (size_t i = 0; i < rr_example_count; i++) {
		const struct rr_example *e = &rr_examples[i];
		struct buffer wire = { 0 };
		struct rr_fault fault;
		uint16_t type = 0;

		rr_type_parse(e->type, strlen(e->type), &type);
		parse(e->type, e->text, &wire, &fault);
		for (size_t len = 0; len < wire.len; len++) {
			const uint8_t *at = guarded(wire.octets, len);
			struct reader r = reader_of(at, len);
			struct buffer out = { 0 };
			struct rr_name_at names[3];

			rr_rdata_read(&r, type, len, &out);
			rr_rdata_format(type, at, len, &out);
			rr_rdata_names(type, at, len, names, 3);
			buffer_fini(&out);
		}
		buffer_fini(&wire);
	}
}

/* Why and where a text is refused; `why` NULL: only where. */
struct wrong {
	const char *type, *text;
	unsigned col;
	const char *why;
};

static const struct wrong wrongs[] = {
	{ "A", "192.0.2", 1, "'192.0.2' is not an IPv4 address" },
	{ "A", "192.0.2.256", 1, "'192.0.2.256' is not an IPv4 address" },
	{ "A", "192.0.2.01", 1, "'192.0.2.01' is not an IPv4 address" },
	{ "A", "192.0.2.1.", 1, "'192.0.2.1.' is not an IPv4 address" },
	{ "A", "", 1, "an IPv4 address is missing" },
	{ "A", "192.0.2.1 x", 11, "unexpected 'x': too many fields for A" },
	{ "A", "\"192.0.2.1\"", 1, "an IPv4 address must not be quoted" },
	{ "A", "\\# 3 010203", 1, "these octets are not valid RDATA for A" },
	{ "A", "\\# 4 010203", 1, "3 octets follow instead of 4" },
	{ "A", "\\# 4 0102030g", 6, "'0102030g' is not hexadecimal" },
	{ "A", "\\# x 01", 4, "'x' is not a number up to 65535" },
	{ "AAAA", "2001:db8:::1", 1, NULL },
	{ "AAAA", "1:2:3:4:5:6:7", 1, NULL },
	{ "AAAA", "1:2:3:4:5:6:7:8:9", 1, NULL },
	{ "AAAA", "1:2:3:4:5:6:7:8::", 1, NULL },
	{ "AAAA", ":1:2:3:4:5:6:7:8", 1, NULL },
	{ "AAAA", "1::2::3", 1, NULL },
	{ "AAAA", "12345::", 1, NULL },
	{ "AAAA", "::1.2.3", 1, NULL },
	{ "AAAA", "1.2.3.4::", 1, NULL },
	{ "AAAA", "fe80::1%eth0", 1, NULL },
	{ "NS", "a..b", 1, "'a..b' is not a name" },
	{ "NS", "a b", 3, "unexpected 'b': too many fields for NS" },
	{ "MX", "a 10", 1, "'a' is not a number up to 65535" },
	{ "MX", "65536 a", 1, "'65536' is not a number up to 65535" },
	{ "MX", "-1 a", 1, NULL },
	{ "MX", "10", 3, "a name is missing" },
	{ "SOA", "a b 1 2 3 4", 12, "a time in seconds or like 1h30m is missing" },
	{ "SOA", "a b 1 2x 3 4 5", 7, NULL },
	{ "SOA", "a b 1h 2 3 4 5", 5, NULL },
	{ "TXT", "", 1, "a character string is missing" },
	{ "TXT", "\"abc", 1, "unterminated quoted string" },
	{ "TXT", "a \"b\\\"", 3, "unterminated quoted string" },
	{ "TXT", "a\\25", 1, NULL },
	{ "TXT", "a\\256", 1, NULL },
	{ "TXT", "(a", 1, "unmatched '('" },
	{ "TXT", "a)", 2, "unmatched ')'" },
	{ "DS", "1 5 1 2BB183AF", 1,
	  "the length of the digest does not match its type" },
	{ "DS", "1 RSASHA12 1 00", 3, NULL },
	{ "DNSKEY", "256 3 5 AQPS=", 9, NULL },
	{ "DNSKEY", "256 3 5 AQP", 12, "incomplete base64" },
	{ "DNSKEY", "256 3 5 AQO=A", 9, NULL },
	{ "DNSKEY", "256 3 5 AQJ=", 13, NULL },
	{ "DNSKEY", "256 3 5", 8, "base64 is missing" },
	{ "TLSA", "0 0 1 abc", 10, "odd number of hexadecimal digits" },
	{ "RRSIG", "A 5 3 86400 20030230000000 20030220173103 1 . AA==", 13, NULL },
	{ "NSEC", "a AAAAA", 3, "'AAAAA' is not a type" },
	{ "NSEC3", "1 1 12 a A", 8, NULL },
	{ "NSEC3", "1 0 0 - 2t7z A", 9, NULL },
	{ "LOC", "91 N 0 E 0", 1, NULL },
	{ "LOC", "90 0 0.001 N 0 E 0", 12, NULL },
	{ "LOC", "1 60 N 0 E 0", 3, NULL },
	{ "LOC", "1 N 0 E 0 1 1 1 1", 17, NULL },
	{ "LOC", "1 N", 4, NULL },
	{ "APL", "1:192.0.2.0/33", 1, NULL },
	{ "APL", "3:192.0.2.0/24", 1, NULL },
	{ "A6", "0 ::1 a", 1, "a prefix length of 0 must have no name" },
	{ "A6", "1 ::1", 6, "a prefix name is missing" },
	{ "CAA", "0 is_sue \"a\"", 3, NULL },
	{ "CAA", "256 issue \"a\"", 1, NULL },
	{ "EUI48", "00-00-5e-00-53", 1, NULL },
	{ "NID", "10 0014:4fff:ff20", 4, NULL },
	{ "X25", "12a4", 1, NULL },
	{ "IPSECKEY", "10 4 2 . AQID", 4, NULL },
	{ "IPSECKEY", "10 0 2 a AQID", 8, NULL },
	{ "ZONEMD", "1 1 1 00", 1, NULL },
	{ "ZONEMD", "1 1 1 FEBE3D4CE2EC2FFA4BA99D46", 1, NULL },
	{ "KEY", "256 3 8", 1, "the key is missing" },
	{ "NSEC3", "1 0 0 - 0p9mhave A", 1,
	  "the next hashed name does not have the 20 octets of SHA-1" },
	{ "WKS", "192.0.2.1 tcp nonesuch", 15,
	  "'nonesuch' is not a service or a port number" },
	{ "NULL", "x", 1, "NULL can only be written as \\# LENGTH HEX" },
	{ "TYPE65280", "x", 1, "an unknown type must be followed by \\# LENGTH HEX" },
	/* RFC 9460 appendix D.3 */
	{ "SVCB", "1 . key123=abc key123=def", 16, "duplicate key" },
	{ "SVCB", "1 . mandatory", 5, NULL },
	{ "SVCB", "1 . alpn", 5, NULL },
	{ "SVCB", "1 . port", 5, NULL },
	{ "SVCB", "1 . ipv4hint", 5, NULL },
	{ "SVCB", "1 . ipv6hint=", 5, NULL },
	{ "SVCB", "1 . alpn=h2 no-default-alpn=abc", 13, NULL },
	{ "SVCB", "1 . mandatory=key123", 3, "a key listed in mandatory is missing" },
	{ "SVCB", "1 . mandatory=mandatory", 5, NULL },
	{ "SVCB", "1 . mandatory=key123,key123 key123=abc", 5, NULL },
	{ "SVCB", "1 . no-default-alpn", 3, NULL },
	{ "SVCB", "1 . key007=x", 5, NULL },
	{ "SVCB", "1 . key65535=x", 5, NULL },
	{ "SVCB", "1 . alpn=h2,,h3", 5, NULL },
	{ "SVCB", "1 . ipv4hint=1.2.3.4,", 5, NULL },
	{ "SVCB", "1 . alpn=\"h2", 5, NULL },
};

static void check_refusal(const struct wrong *w)
{
	struct rr_example e = { w->type, w->text, NULL, NULL };
	struct rr_fault fault = { 0 };
	struct buffer out = { 0 };

	if (parse(w->type, w->text, &out, &fault) != ERR_MALFORMED)
		complain(&e, "taken", "");
	else if (fault.col != w->col || (w->why && strcmp(fault.text, w->why) != 0))
		complain(&e, "another fault or column", fault.text);
	CU_ASSERT_EQUAL(out.len, 0);
	buffer_fini(&out);
}

static void wrong_rdata_is_refused_at_its_column(void)
{
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++)
		check_refusal(&wrongs[i]);
}

static void mistyped_words_are_suggested(void)
{
	struct rr_fault fault = { 0 };
	struct buffer out = { 0 };

	CU_ASSERT_EQUAL(parse("DS", "1 ED25159 2 00", &out, &fault), ERR_MALFORMED);
	CU_ASSERT_PTR_NOT_NULL(fault.suggestion);
	if (fault.suggestion)
		CU_ASSERT_STRING_EQUAL(fault.suggestion, "ED25519");
	CU_ASSERT_EQUAL(parse("SVCB", "1 . aplm=h2", &out, &fault), ERR_MALFORMED);
	if (fault.suggestion)
		CU_ASSERT_STRING_EQUAL(fault.suggestion, "alpn");
	buffer_fini(&out);
}

static void text_of_64_kib_is_taken(void)
{
	struct buffer text = { 0 };
	struct buffer out = { 0 };
	struct rr_fault fault = { 0 };

	for (unsigned i = 0; i < 65535 / 256; i++)
		buffer_printf(&text, " \"%0255u\"", i);
	CU_ASSERT_EQUAL(rr_rdata_parse(RR_TXT, (char *)text.octets, text.len, NULL,
				       &out, &fault),
			OK);
	CU_ASSERT_EQUAL(out.len, 65280);
	buffer_printf(&text, " %0255u", 0);
	out.len = 0;
	CU_ASSERT_EQUAL(rr_rdata_parse(RR_TXT, (char *)text.octets, text.len, NULL,
				       &out, &fault),
			ERR_MALFORMED);
	CU_ASSERT_STRING_EQUAL(fault.text, "RDATA is longer than 65535 octets");
	text.len = 0;
	buffer_printf(&text, "%0256u", 0);
	CU_ASSERT_EQUAL(rr_rdata_parse(RR_TXT, (char *)text.octets, text.len, NULL,
				       &out, &fault),
			ERR_MALFORMED);
	buffer_fini(&text);
	buffer_fini(&out);
}

/* RFC 3597 4: names of old types may come compressed, those of new ones not. */
static void compressed_names_are_read_in_full(void)
{
	static const char message[] = "\7example\0\0\x0a\1a\xc0\0";
	struct reader r = reader_of(guarded(message, 15), 15);
	struct buffer out = { 0 };

	r.at += 9;
	CU_ASSERT_EQUAL(rr_rdata_read(&r, RR_MX, 6, &out), OK);
	CU_ASSERT_EQUAL(out.len, 13);
	CU_ASSERT_EQUAL(memcmp(out.octets, "\0\x0a\1a\7example\0", 13), 0);
	CU_ASSERT_EQUAL(reader_left(&r), 0);
	r.at -= 6;
	CU_ASSERT_EQUAL(rr_rdata_read(&r, RR_SVCB, 6, &out), ERR_MALFORMED);
	CU_ASSERT_EQUAL(out.len, 13);
	buffer_fini(&out);
}

/* The pointer is inside RDLENGTH, what it points to need not be. */
static void names_do_not_run_past_rdlength(void)
{
	struct reader r = reader_of(guarded("\3abc\0", 5), 5);
	struct buffer out = { 0 };

	CU_ASSERT_EQUAL(rr_rdata_read(&r, RR_NS, 4, &out), ERR_SHORT);
	r = reader_of(guarded("\1a\0\0", 4), 4);
	CU_ASSERT_EQUAL(rr_rdata_read(&r, RR_NS, 4, &out), ERR_MALFORMED);
	CU_ASSERT_EQUAL(out.len, 0);
	buffer_fini(&out);
}

static void canonical_form_folds_what_4034_6_2_names(void)
{
	static const struct {
		const char *type, *text, *back;
	} rows[] = {
		{ "MX", "10 A.B.", "10 a.b." },
		{ "SOA", "A. B. 1 2 3 4 5", "a. b. 1 2 3 4 5" },
		{ "RRSIG", "A 5 3 1 20260101000000 20260101000000 1 A.B. AAAA",
		  "A 5 3 1 20260101000000 20260101000000 1 a.b. AAAA" },
		{ "NSEC", "A.B. A", "A.B. A" }, /* RFC 6840 5.1 */
		{ "SVCB", "1 A.B.", "1 A.B." },
		{ "TXT", "A", "\"A\"" },
		{ "HINFO", "A B", "\"A\" \"B\"" }, /* RFC 6840 5.1 */
		{ "A6", "64 ::1 A.B.", "64 ::1 a.b." },
		{ "NAPTR", "1 1 U X Y A.B.", "1 1 \"U\" \"X\" \"Y\" a.b." },
		{ "LP", "1 A.B.", "1 A.B." },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct buffer wire = { 0 };
		struct buffer text = { 0 };
		struct rr_fault fault;
		uint16_t type = 0;

		rr_type_parse(rows[i].type, strlen(rows[i].type), &type);
		parse(rows[i].type, rows[i].text, &wire, &fault);
		rr_rdata_canonical(type, wire.octets, wire.len);
		rr_rdata_format(type, wire.octets, wire.len, &text);
		buffer_put_u8(&text, 0);
		CU_ASSERT_STRING_EQUAL((char *)text.octets, rows[i].back);
		buffer_fini(&wire);
		buffer_fini(&text);
	}
}

static void names_inside_are_found(void)
{
	struct buffer wire = { 0 };
	struct rr_fault fault;
	struct rr_name_at at[3];

	parse("SOA", "ab. c. 1 2 3 4 5", &wire, &fault);
	CU_ASSERT_EQUAL(rr_rdata_names(RR_SOA, wire.octets, wire.len, at, 3), 2);
	CU_ASSERT_EQUAL(at[1].offset, 4);
	CU_ASSERT_TRUE(at[1].compressible);
	CU_ASSERT_FALSE(at[1].additional);
	CU_ASSERT_EQUAL(rr_rdata_names(RR_SOA, wire.octets, wire.len, at, 1), 1);
	wire.len = 0;
	parse("SRV", "1 2 3 a.", &wire, &fault);
	CU_ASSERT_EQUAL(rr_rdata_names(RR_SRV, wire.octets, wire.len, at, 3), 1);
	CU_ASSERT_EQUAL(at[0].offset, 6);
	CU_ASSERT_FALSE(at[0].compressible);
	CU_ASSERT_TRUE(at[0].additional);
	CU_ASSERT_EQUAL(rr_rdata_names(RR_TXT, wire.octets, wire.len, at, 3), 0);
	CU_ASSERT_EQUAL(rr_rdata_names(65280, wire.octets, wire.len, at, 3), 0);
	buffer_fini(&wire);
}

static void types_and_classes_by_name_and_number(void)
{
	char text[16];
	uint16_t value = 0;

	CU_ASSERT_EQUAL(rr_type_parse("aaaa", 4, &value), OK);
	CU_ASSERT_EQUAL(value, RR_AAAA);
	CU_ASSERT_EQUAL(rr_type_parse("type65535", 9, &value), OK);
	CU_ASSERT_EQUAL(value, 65535);
	CU_ASSERT_EQUAL(rr_type_parse("TYPE65536", 9, &value), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(rr_type_parse("TYPE", 4, &value), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(rr_type_parse("", 0, &value), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(rr_type_parse("NSEC3PARAMETER", 14, &value), ERR_NOT_FOUND);
	CU_ASSERT_STRING_EQUAL(rr_type_format(RR_NSEC3PARAM, text), "NSEC3PARAM");
	CU_ASSERT_STRING_EQUAL(rr_type_format(65280, text), "TYPE65280");
	CU_ASSERT_STRING_EQUAL(rr_type_format(32769, text), "DLV");
	CU_ASSERT_STRING_EQUAL(rr_type_format(32770, text), "TYPE32770");
	CU_ASSERT_EQUAL(rr_class_parse("ch", 2, &value), OK);
	CU_ASSERT_EQUAL(value, CLASS_CH);
	CU_ASSERT_EQUAL(rr_class_parse("CLASS32", 7, &value), OK);
	CU_ASSERT_EQUAL(value, 32);
	CU_ASSERT_EQUAL(rr_class_parse("INN", 3, &value), ERR_NOT_FOUND);
	CU_ASSERT_STRING_EQUAL(rr_class_format(CLASS_IN, text), "IN");
	CU_ASSERT_STRING_EQUAL(rr_class_format(32, text), "CLASS32");
	CU_ASSERT_TRUE(rr_type_is_meta(RR_OPT));
	CU_ASSERT_TRUE(rr_type_is_meta(RR_ANY));
	CU_ASSERT_FALSE(rr_type_is_meta(RR_CAA));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "every row goes there and back", every_row_goes_there_and_back },
		{ "every type has an example", every_type_has_an_example },
		{ "every row may be cut anywhere", every_row_may_be_cut_anywhere },
		{ "wrong RDATA is refused at its column",
		  wrong_rdata_is_refused_at_its_column },
		{ "mistyped words are suggested", mistyped_words_are_suggested },
		{ "a text of 64 KiB is taken", text_of_64_kib_is_taken },
		{ "compressed names are read in full",
		  compressed_names_are_read_in_full },
		{ "names do not run past RDLENGTH", names_do_not_run_past_rdlength },
		{ "canonical form folds what 4034 6.2 names",
		  canonical_form_folds_what_4034_6_2_names },
		{ "names inside are found", names_inside_are_found },
		{ "types and classes by name and number",
		  types_and_classes_by_name_and_number },
		CU_TEST_INFO_NULL,
	};

	return suite_run("dns/rr", tests);
}
