#include "sip/message.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "sip/check.h"
#include "sip/header.h"
#include "sip/response.h"
#include "tests/harness.h"

static struct sip_message m;

static int read_text(const char *text)
{
	size_t len = strlen(text);

	return sip_message_read(&m, guarded(text, len), len);
}

/* A request that is good but for one line. */
static struct sip_check verdict_with(const char *line)
{
	char text[1024];

	(void)snprintf(
		text, sizeof(text),
		"OPTIONS sip:u@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"
		"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\n"
		"CSeq: 1 OPTIONS\r\n%s\r\n",
		line);
	CU_ASSERT_EQUAL(read_text(text), OK);
	return sip_check(&m, NULL);
}

static void a_request_is_read_in_place(void)
{
	struct text value;

	CU_ASSERT_EQUAL_FATAL(read_text("REGISTER sip:registrar.example SIP/2.0\r\n"
					"v: SIP/2.0/UDP a\r\n"
					"VIA: SIP/2.0/UDP b\r\n"
					"X-Other:\t x \r\n"
					"Expires:   60  \r\n"
					"l: 4\r\n\r\nbodyrubbish"),
			      OK);
	CU_ASSERT_FALSE(m.is_response);
	CU_ASSERT_EQUAL(m.method, SIP_REGISTER);
	CU_ASSERT(text_is(&m.uri, "sip:registrar.example"));
	CU_ASSERT(text_is(&m.body, "body"));
	CU_ASSERT_EQUAL(m.field_count, 5);
	value = sip_field(&m, SIP_VIA, 1);
	CU_ASSERT(text_is(&value, "SIP/2.0/UDP b"));
	CU_ASSERT_EQUAL(sip_field(&m, SIP_VIA, 2).err, ERR_NOT_FOUND);
	value = sip_field(&m, SIP_EXPIRES, 0);
	CU_ASSERT(text_is(&value, "60"));
	CU_ASSERT(sip_has(&m, SIP_HEADER_OTHER));
	CU_ASSERT_FALSE(sip_has(&m, SIP_CONTACT));
}

static void a_response_is_read_in_place(void)
{
	CU_ASSERT_EQUAL(read_text("SIP/2.0 486 Busy Here\r\n\r\n"), OK);
	CU_ASSERT(m.is_response);
	CU_ASSERT_EQUAL(m.status, 486);
	CU_ASSERT(text_is(&m.reason, "Busy Here"));
	CU_ASSERT_EQUAL(read_text("SIP/2.0 200 \r\n\r\n"), OK);
	CU_ASSERT_EQUAL(text_len(&m.reason), 0);
	CU_ASSERT_EQUAL(read_text("SIP/2.0 200\r\n\r\n"), OK);
}

static void what_is_no_sip_is_malformed(void)
{
	static const char *const texts[] = {
		"",
		"\r\n",
		"x",
		"GET / HTTP/1.1\r\n\r\n",
		"OPTIONS sip:a SIP/2.0",
		"OPTIONS sip:a SIP/2.0\n\n",
		"OPTIONS sip:a\r\n\r\n",
		"OPT(IONS sip:a SIP/2.0\r\n\r\n",
		"OPTIONS sip:a SIP/2.0\r\nVia: a\nb\r\n\r\n",
		"OPTIONS sip:a SIP/2.0\r\nVia: a\rb\r\n\r\n",
		"OPTIONS sip:a SIP/2.0\r\nVia: a\r\n\r",
		"SIP/2.0 2000 OK\r\n\r\n",
		"SIP/2.0 abc OK\r\n\r\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		CU_ASSERT_EQUAL(read_text(texts[i]), ERR_MALFORMED);
}

static void more_fields_than_fit_are_a_limit(void)
{
	char text[8192] = "OPTIONS sip:a SIP/2.0\r\n";
	size_t at = strlen(text);

	for (int i = 0; i <= SIP_FIELDS_MAX; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "X: y\r\n");
	CU_ASSERT_EQUAL(read_text(text), ERR_LIMIT);
	text[at - 6] = '\0';
	CU_ASSERT_EQUAL(read_text(text), OK);
	CU_ASSERT_EQUAL(m.field_count, SIP_FIELDS_MAX);
}

static void headers_are_found_in_any_case_and_compact(void)
{
	for (enum sip_header h = SIP_HEADER_OTHER + 1; h < SIP_HEADERS; h++) {
		const struct sip_header_row *row = &sip_header_rows[h];

		CU_ASSERT_EQUAL(sip_header_find(text_from(row->name)), h);
		CU_ASSERT_EQUAL(sip_header_find(text_from(row->lower)), h);
		if (row->compact)
			CU_ASSERT_EQUAL(sip_header_find(text_of(&row->compact, 1)), h);
	}
	CU_ASSERT_EQUAL(sip_header_find(text_from("")), SIP_HEADER_OTHER);
	CU_ASSERT_EQUAL(sip_header_find(text_from("Vib")), SIP_HEADER_OTHER);
	CU_ASSERT_EQUAL(sip_header_find(text_from("z")), SIP_HEADER_OTHER);
	CU_ASSERT_EQUAL(sip_header_find(text_from("CSeQ")), SIP_CSEQ);
	CU_ASSERT_EQUAL(sip_header_find(text_from("Proxy-Authorizatiom")),
			SIP_HEADER_OTHER);
	CU_ASSERT_EQUAL(sip_header_find(text_from("Proxy-Authorization-Info")),
			SIP_HEADER_OTHER);
}

static void methods_are_told_by_case(void)
{
	for (enum sip_method i = SIP_METHOD_OTHER + 1; i < SIP_METHODS; i++)
		CU_ASSERT_EQUAL(sip_method_find(text_from(sip_method_name(i))), i);
	CU_ASSERT_EQUAL(sip_method_find(text_from("invite")), SIP_METHOD_OTHER);
}

static void lists_are_split_at_commas_outside_quotes_and_angle_brackets(void)
{
	struct text list = text_from(
		"\"a,\\\"b\" <sip:x,y@h;p=\"> , sip:b ,<sip:c>;q=\"1,2\"");
	struct text e;

	CU_ASSERT(sip_list_next(&list, &e));
	CU_ASSERT(text_is(&e, "\"a,\\\"b\" <sip:x,y@h;p=\">"));
	CU_ASSERT(sip_list_next(&list, &e));
	CU_ASSERT(text_is(&e, "sip:b"));
	CU_ASSERT(sip_list_next(&list, &e));
	CU_ASSERT(text_is(&e, "<sip:c>;q=\"1,2\""));
	CU_ASSERT_FALSE(sip_list_next(&list, &e));
	list = text_from("a,");
	CU_ASSERT(sip_list_next(&list, &e));
	CU_ASSERT_FALSE(sip_list_next(&list, &e));
	CU_ASSERT_EQUAL(list.err, ERR_MALFORMED);
}

static void a_via_is_read_whole(void)
{
	struct sip_via via;

	CU_ASSERT_EQUAL(
		sip_via_read(text_from("SIP / 2.0/ TLS  [2001:db8::9]:5061 ; rport; "
				       "branch = z9hG4bKa;received=[::1]"),
			     &via),
		OK);
	CU_ASSERT(text_is(&via.transport, "TLS"));
	CU_ASSERT(text_is(&via.host, "2001:db8::9"));
	CU_ASSERT(via.is_ipv6);
	CU_ASSERT_EQUAL(via.port, 5061);
	CU_ASSERT(via.has_rport);
	CU_ASSERT(text_is(&via.branch, "z9hG4bKa"));
}

static void a_broken_via_is_malformed(void)
{
	static const char *const texts[] = {
		"",
		"SIP/2.0/UDP",
		"SIP/2.0/UDP ",
		"SIP/2.0 h",
		"SIP/3.0/UDP h",
		"HTTP/2.0/UDP h",
		"SIP/2.0/UDP h:0",
		"SIP/2.0/UDP h:65536",
		"SIP/2.0/UDP h:",
		"SIP/2.0/UDP [::1",
		"SIP/2.0/UDP h;",
		"SIP/2.0/UDP h;;a",
		"SIP/2.0/UDP h;a=",
		"SIP/2.0/UDP h;a=\"b",
		"SIP/2.0/UDP h x",
	};
	struct sip_via via;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		CU_ASSERT_EQUAL(sip_via_read(text_from(texts[i]), &via), ERR_MALFORMED);
}

static void an_address_is_read_in_all_its_forms(void)
{
	struct sip_address a;

	CU_ASSERT_EQUAL(sip_address_read(text_from(" \"A \\\" B\"<sip:a@b;x=y>;tag=1 "),
					 &a),
			OK);
	CU_ASSERT(text_is(&a.display, "\"A \\\" B\""));
	CU_ASSERT(text_is(&a.uri, "sip:a@b;x=y"));
	CU_ASSERT(text_is(&a.tag, "1"));
	CU_ASSERT_EQUAL(sip_address_read(text_from("sip:a@b;tag=2;x"), &a), OK);
	CU_ASSERT(text_is(&a.uri, "sip:a@b"));
	CU_ASSERT(text_is(&a.tag, "2"));
	CU_ASSERT_EQUAL(sip_address_read(text_from("Two Words < sip:a >"), &a), OK);
	CU_ASSERT(text_is(&a.display, "Two Words"));
	CU_ASSERT(text_is(&a.uri, "sip:a"));
	CU_ASSERT_EQUAL(sip_address_read(text_from("*"), &a), OK);
	CU_ASSERT(a.is_star);
}

static void a_broken_address_is_malformed(void)
{
	static const char *const texts[] = {
		"",
		"<>",
		"<sip:a",
		"\"a <sip:b>",
		"<sip:a>x",
		"<sip:a>;",
		"sip:a?h=v",
		"sip:a b",
		"\"a\" sip:b",
		"<sip:a b>",
		"<sip:a>;tag=",
		"sip:a;=x",
	};
	struct sip_address a;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		CU_ASSERT_EQUAL(sip_address_read(text_from(texts[i]), &a),
				ERR_MALFORMED);
}

static void cseq_and_numbers_keep_their_limits(void)
{
	struct sip_cseq c;
	uint32_t n;

	CU_ASSERT_EQUAL(sip_cseq_read(text_from("2147483647\r\n INVITE"), &c), OK);
	CU_ASSERT_EQUAL(c.number, 2147483647);
	CU_ASSERT_EQUAL(c.method, SIP_INVITE);
	CU_ASSERT_EQUAL(sip_cseq_read(text_from("2147483648 INVITE"), &c), ERR_RANGE);
	CU_ASSERT_EQUAL(sip_cseq_read(text_from("1INVITE"), &c), ERR_MALFORMED);
	CU_ASSERT_EQUAL(sip_cseq_read(text_from("1 IN VITE"), &c), ERR_MALFORMED);
	CU_ASSERT_EQUAL(sip_number_read(text_from("18 (soon)"), 99, &n), OK);
	CU_ASSERT_EQUAL(n, 18);
	CU_ASSERT_EQUAL(sip_number_read(text_from("100"), 99, &n), ERR_RANGE);
	CU_ASSERT_EQUAL(sip_number_read(text_from("-1"), 99, &n), ERR_MALFORMED);
	CU_ASSERT_EQUAL(sip_number_read(text_from("1x"), 99, &n), ERR_MALFORMED);
}

static void verdicts_name_what_is_wrong(void)
{
	/* clang-format off */
	static const struct {
		const char *line;
		uint16_t status; /* 0: accepted */
	} rows[] = {
		{ "",                                   0 },
		{ "Contact: *\r\n",                     0 },
		{ "Contact: <sip:a>, <sip:b>;q=1\r\n",  0 },
		{ "Contact: <sip:a>,\r\n",            400 },
		{ "Max-Forwards: 0\r\n",                0 },
		{ "Max-Forwards: 256\r\n",            400 },
		{ "Content-Length: 0\r\n",              0 },
		{ "Content-Length: 1\r\n",            400 },
		{ "Content-Length: x\r\n",            400 },
		{ "l: 0\r\nContent-Length: 0\r\n",    400 },
		{ "Call-ID: d\r\n",                   400 },
		{ "no colon\r\n",                     400 },
		{ ": no name\r\n",                    400 },
		{ "Require: path\r\n",                420 },
		{ "Require: gruu, path\r\n",          420 },
		{ "Via: SIP/2.0/UDP\r\n",             400 },
		{ "Via:\r\n",                         400 },
	};
	/* clang-format on */
	static const char *const known[] = { "gruu", "path", NULL };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sip_check v = verdict_with(rows[i].line);

		CU_ASSERT_EQUAL(v.status, rows[i].status);
		CU_ASSERT_EQUAL(v.action,
				rows[i].status ? SIP_ACTION_ANSWER : SIP_ACTION_ACCEPT);
	}
	(void)verdict_with("Require: gruu, path\r\n");
	CU_ASSERT_EQUAL(sip_check(&m, known).action, SIP_ACTION_ACCEPT);
}

static void nothing_is_answered_to_an_ack(void)
{
	CU_ASSERT_EQUAL(read_text("ACK sip:a SIP/2.0\r\nVia: broken\r\n\r\n"), OK);
	CU_ASSERT_EQUAL(sip_check(&m, NULL).action, SIP_ACTION_DROP);
}

static void a_response_copies_what_the_request_had(void)
{
	static const char expected[] =
		"SIP/2.0 200 OK\r\n"
		"Via: SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bKa;rport=4000;"
		"received=192.0.2.7, SIP/2.0/UDP b\r\n"
		"Via: SIP/2.0/UDP  c;x=y\r\n"
		"To: Someone <sip:b>;tag=me\r\n"
		"From: <sip:a>;tag=1\r\n"
		"Call-ID: id\r\n"
		"CSeq: 1 OPTIONS\r\n"
		"Allow: OPTIONS\r\n"
		"Content-Length: 0\r\n\r\n";
	struct addr from;
	struct buffer out = { 0 };
	struct sip_response r = { .status = 200,
				  .reason = "OK",
				  .to_tag = "me",
				  .fields = "Allow: OPTIONS\r\n",
				  .from = &from };

	CU_ASSERT_EQUAL(addr_parse_port("192.0.2.7@4000", 0, &from), OK);
	CU_ASSERT_EQUAL(read_text(
				"OPTIONS sip:b SIP/2.0\r\n"
				"Via: SIP/2.0/UDP 10.0.0.1:5062;rport;branch=z9hG4bKa, "
				"SIP/2.0/UDP b\r\n"
				"v: SIP/2.0/UDP \r\n c;x=y\r\n"
				"From: <sip:a>;tag=1\r\nTo: Someone\r\n\t<sip:b>\r\n"
				"CSeq: 1 OPTIONS\r\ni: id\r\n\r\n"),
			OK);
	sip_response_write(&m, &r, &out);
	CU_ASSERT_EQUAL(out.len, sizeof(expected) - 1);
	CU_ASSERT(out.len == sizeof(expected) - 1 &&
		  memcmp(out.octets, expected, out.len) == 0);
	buffer_fini(&out);
}

static void a_tag_that_is_there_is_kept(void)
{
	struct buffer out = { 0 };
	struct sip_response r = { .status = 404, .reason = "Not Here", .to_tag = "me" };

	CU_ASSERT_EQUAL(read_text(
				"BYE sip:b SIP/2.0\r\nTo: <sip:b>;tag=theirs\r\n\r\n"),
			OK);
	sip_response_write(&m, &r, &out);
	CU_ASSERT_PTR_NOT_NULL(
		memmem(out.octets, out.len, "To: <sip:b>;tag=theirs\r\n", 24));
	buffer_fini(&out);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a request is read in place", a_request_is_read_in_place },
		{ "a response is read in place", a_response_is_read_in_place },
		{ "what is no SIP is malformed", what_is_no_sip_is_malformed },
		{ "more fields than fit are a limit",
		  more_fields_than_fit_are_a_limit },
		{ "headers are found in any case and compact",
		  headers_are_found_in_any_case_and_compact },
		{ "methods are told by case", methods_are_told_by_case },
		{ "lists are split at commas outside quotes and angle brackets",
		  lists_are_split_at_commas_outside_quotes_and_angle_brackets },
		{ "a Via is read whole", a_via_is_read_whole },
		{ "a broken Via is malformed", a_broken_via_is_malformed },
		{ "an address is read in all its forms",
		  an_address_is_read_in_all_its_forms },
		{ "a broken address is malformed", a_broken_address_is_malformed },
		{ "CSeq and numbers keep their limits",
		  cseq_and_numbers_keep_their_limits },
		{ "verdicts name what is wrong", verdicts_name_what_is_wrong },
		{ "nothing is answered to an ACK", nothing_is_answered_to_an_ack },
		{ "a response copies what the request had",
		  a_response_copies_what_the_request_had },
		{ "a tag that is there is kept", a_tag_that_is_there_is_kept },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/message", tests);
}
