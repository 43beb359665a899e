#include "sip/edit.h"

#include <string.h>

#include "base/err.h"
#include "tests/harness.h"

static const char invite[] =
	"\r\nINVITE sip:bob@biloxi.example SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 192.0.2.4;rport;branch=z9hG4bK1 , SIP/2.0/TCP a\r\n"
	"v: SIP/2.0/TCP b\r\n"
	"Max-Forwards: 70 \r\n"
	"Route: <sip:us;lr>\r\n , <sip:them;lr>\r\n"
	"Route: <sip:last;lr>\r\n"
	"To: <sip:bob@biloxi.example>\r\n"
	"Content-Length: 4\r\n"
	"\r\nbody rubbish";

static struct sip_message message;
static struct sip_editor editor;
static struct buffer out;

static void begin(const char *text, size_t len)
{
	CU_ASSERT_EQUAL_FATAL(sip_message_read(&message, guarded(text, len), len), OK);
	sip_edit_begin(&editor, &message);
}

/* Writes, and compares with what is expected. */
static void end(const char *expected)
{
	out.len = 0;
	CU_ASSERT_EQUAL_FATAL(sip_edit_write(&editor, &out), OK);
	CU_ASSERT_EQUAL(out.len, strlen(expected));
	CU_ASSERT_EQUAL(memcmp(out.octets, expected, out.len), 0);
	if (out.len != strlen(expected) || memcmp(out.octets, expected, out.len) != 0)
		printf("# %.*s\n", (int)out.len, (const char *)out.octets);
}

static void without_edits_it_is_the_same_message(void)
{
	begin(invite, sizeof(invite) - 1);
	end("INVITE sip:bob@biloxi.example SIP/2.0\r\n"
	    "Via: SIP/2.0/UDP 192.0.2.4;rport;branch=z9hG4bK1 , SIP/2.0/TCP a\r\n"
	    "v: SIP/2.0/TCP b\r\n"
	    "Max-Forwards: 70 \r\n"
	    "Route: <sip:us;lr>\r\n , <sip:them;lr>\r\n"
	    "Route: <sip:last;lr>\r\n"
	    "To: <sip:bob@biloxi.example>\r\n"
	    "Content-Length: 4\r\n"
	    "\r\nbody");
}

/* RFC 3261 16.6, as a proxy does it; the edits come in no order. */
static void a_request_is_passed_on(void)
{
	static const struct addr from = { .octets = { 198, 51, 100, 9 },
					  .port = 40000,
					  .family = AF_INET };

	begin(invite, sizeof(invite) - 1);
	sip_edit_set_number(&editor, SIP_MAX_FORWARDS, 69);
	sip_edit_pop(&editor, SIP_ROUTE);
	sip_edit_push(&editor, SIP_RECORD_ROUTE, text_from("<sip:us;lr>"));
	sip_edit_received(&editor, &from, false);
	sip_edit_uri(&editor, text_from("sip:bob@192.0.2.9:5070"));
	sip_edit_push(&editor, SIP_VIA, text_from("SIP/2.0/UDP us;branch=z9hG4bK2"));
	sip_edit_set(&editor, SIP_USER_AGENT, text_from("x"));
	end("INVITE sip:bob@192.0.2.9:5070 SIP/2.0\r\n"
	    "Record-Route: <sip:us;lr>\r\n"
	    "Via: SIP/2.0/UDP us;branch=z9hG4bK2\r\n"
	    "Via: SIP/2.0/UDP 192.0.2.4;rport=40000;branch=z9hG4bK1"
	    ";received=198.51.100.9 , SIP/2.0/TCP a\r\n"
	    "v: SIP/2.0/TCP b\r\n"
	    "Max-Forwards: 69 \r\n"
	    "Route:  <sip:them;lr>\r\n"
	    "Route: <sip:last;lr>\r\n"
	    "To: <sip:bob@biloxi.example>\r\n"
	    "Content-Length: 4\r\n"
	    "User-Agent: x\r\n"
	    "\r\nbody");
}

static void a_response_is_passed_back(void)
{
	static const char text[] = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP us\r\n\t;x=1\r\n"
				   "Via: SIP/2.0/UDP a\r\nPath: <sip:p>\r\n\r\n";

	begin(text, sizeof(text) - 1);
	sip_edit_pop(&editor, SIP_VIA);
	sip_edit_push(&editor, SIP_PATH, text_from("<sip:us>"));
	end("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a\r\nPath: <sip:us>\r\n"
	    "Path: <sip:p>\r\n\r\n");
}

static void what_a_via_says_itself_of_where_it_came_from_is_replaced(void)
{
	static const struct addr from = { .octets = { 0x20, 1, 0xd, 0xb8, [15] = 1 },
					  .scope = 2,
					  .port = 5061,
					  .family = AF_INET6 };
	static const char said[] = "A sip:a SIP/2.0\r\n"
				   "v: SIP/2.0/UDP h;received=\"x\";rport=7;y\r\n\r\n";
	static const char bare[] = "A sip:a SIP/2.0\r\nv: SIP/2.0/UDP h;y ;rport\r\n"
				   "\r\n";
	static const char none[] = "A sip:a SIP/2.0\r\nv: SIP/2.0/UDP h\r\n\r\n";

	begin(said, sizeof(said) - 1);
	sip_edit_received(&editor, &from, false);
	end("A sip:a SIP/2.0\r\n"
	    "v: SIP/2.0/UDP h;received=2001:db8::1;rport=5061;y\r\n\r\n");
	begin(bare, sizeof(bare) - 1);
	sip_edit_received(&editor, &from, false);
	end("A sip:a SIP/2.0\r\n"
	    "v: SIP/2.0/UDP h;y ;rport=5061;received=2001:db8::1\r\n\r\n");
	begin(none, sizeof(none) - 1);
	sip_edit_received(&editor, &from, false);
	end("A sip:a SIP/2.0\r\nv: SIP/2.0/UDP h;received=2001:db8::1\r\n\r\n");
	begin(none, sizeof(none) - 1);
	sip_edit_received(&editor, &from, true);
	end("A sip:a SIP/2.0\r\n"
	    "v: SIP/2.0/UDP h;rport=5061;received=2001:db8::1\r\n\r\n");
}

static void what_goes_and_what_comes_may_meet_at_one_place(void)
{
	static const char text[] = "A sip:a SIP/2.0\r\nVia: v1\r\nTo: x\r\n\r\n";

	begin(text, sizeof(text) - 1);
	sip_edit_pop(&editor, SIP_VIA);
	sip_edit_push(&editor, SIP_VIA, text_from("v2"));
	sip_edit_push(&editor, SIP_VIA, text_from("v3"));
	end("A sip:a SIP/2.0\r\nVia: v2\r\nVia: v3\r\nTo: x\r\n\r\n");
}

static void fields_are_dropped_with_their_folds(void)
{
	static const char text[] = "A sip:a SIP/2.0\r\nRoute: <sip:a>,\r\n <sip:b>\r\n"
				   " \r\nTo: x\r\nroute: <sip:c>\r\n\r\n";

	begin(text, sizeof(text) - 1);
	sip_edit_drop(&editor, SIP_ROUTE);
	sip_edit_drop(&editor, SIP_PATH);
	end("A sip:a SIP/2.0\r\nTo: x\r\n\r\n");
}

static void a_forgotten_empty_line_is_added(void)
{
	static const char text[] = "A sip:a SIP/2.0\r\nTo: x\r\n";

	begin(text, sizeof(text) - 1);
	sip_edit_set_number(&editor, SIP_CONTENT_LENGTH, 0);
	end("A sip:a SIP/2.0\r\nTo: x\r\nContent-Length: 0\r\n\r\n");
	begin(text, sizeof(text) - 1);
	sip_edit_push(&editor, SIP_VIA, text_from("v"));
	sip_edit_drop(&editor, SIP_TO);
	end("A sip:a SIP/2.0\r\nVia: v\r\n\r\n");
}

static void a_field_without_elements_goes_with_the_first(void)
{
	static const char text[] = "A sip:a SIP/2.0\r\nRoute:\r\nTo: x\r\n"
				   "Route: <sip:a>,\r\n <sip:b>\r\n\r\n";

	begin(text, sizeof(text) - 1);
	sip_edit_pop(&editor, SIP_ROUTE);
	end("A sip:a SIP/2.0\r\nTo: x\r\nRoute: \r\n <sip:b>\r\n\r\n");
}

static void faults_write_nothing(void)
{
	begin(invite, sizeof(invite) - 1);
	sip_edit_pop(&editor, SIP_VIA);
	sip_edit_drop(&editor, SIP_VIA);
	out.len = 0;
	CU_ASSERT_EQUAL(sip_edit_write(&editor, &out), ERR_CONFLICT);
	CU_ASSERT_EQUAL(out.len, 0);
	begin(invite, sizeof(invite) - 1);
	sip_edit_pop(&editor, SIP_PATH);
	CU_ASSERT_EQUAL(sip_edit_write(&editor, &out), ERR_NOT_FOUND);
	begin(invite, sizeof(invite) - 1);
	for (int i = 0; i <= SIP_EDITS_MAX; i++)
		sip_edit_push(&editor, SIP_VIA, text_from("v"));
	CU_ASSERT_EQUAL(sip_edit_write(&editor, &out), ERR_LIMIT);
	CU_ASSERT_EQUAL(out.len, 0);
	begin("A sip:a SIP/2.0\r\nv: nonsense\r\n\r\n", 32);
	sip_edit_received(&editor, &(struct addr){ .family = AF_INET }, true);
	CU_ASSERT_EQUAL(sip_edit_write(&editor, &out), ERR_MALFORMED);
}

int main(void)
{
	int failed;
	static CU_TestInfo tests[] = {
		{ "without edits it is the same message",
		  without_edits_it_is_the_same_message },
		{ "RFC 3261 16.6: a request is passed on", a_request_is_passed_on },
		{ "a response is passed back", a_response_is_passed_back },
		{ "RFC 3581: what a Via says itself is replaced",
		  what_a_via_says_itself_of_where_it_came_from_is_replaced },
		{ "what goes and what comes may meet at one place",
		  what_goes_and_what_comes_may_meet_at_one_place },
		{ "fields are dropped with their folds",
		  fields_are_dropped_with_their_folds },
		{ "a forgotten empty line is added", a_forgotten_empty_line_is_added },
		{ "a field without elements goes with the first",
		  a_field_without_elements_goes_with_the_first },
		{ "faults write nothing", faults_write_nothing },
		CU_TEST_INFO_NULL,
	};

	failed = suite_run("sip/edit", tests);
	sip_edit_fini(&editor);
	buffer_fini(&out);
	return failed;
}
