#include "cmd/render.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/err.h"
#include "cmd/terminal.h"
#include "tests/harness.h"

static const struct terminal wide; /* without an end */

static void expect_on(const struct terminal *on, const char *json, bool stream,
		      const char *shown)
{
	struct buffer out = { 0 };
	struct rendered said;
	char *text;

	CU_ASSERT_EQUAL(render(json, strlen(json), stream, on, &out, &said), OK);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(text, shown);
	free(text);
	free(said.error);
}

static void expect(const char *json, bool stream, const char *shown)
{
	expect_on(&wide, json, stream, shown);
}

static void scalars_are_lines(void)
{
	expect("{\"node\":\"hq-1\",\"lost_count\":3,\"kept\":true,\"r\":1.5,\"n\":null,"
	       "\"since_ms\":61000,\"status\":0}",
	       false,
	       "node: hq-1\nlost count: 3\nkept: yes\nr: 1.500\nn: -\nsince: 1 min 1 s\n");
}

static void arrays_of_objects_are_aligned_tables(void)
{
	expect("{\"gen\":4,\"pbxs\":[{\"pbx\":\"berlin\",\"up\":true},"
	       "{\"pbx\":\"k\xc3\xb6ln\",\"up\":false,\"why\":[\"a\",\"b\"]}],\"none\":[]}",
	       false,
	       "gen: 4\npbxs:\n"
	       "  pbx     up   why\n"
	       "  berlin  yes  -\n"
	       "  k\xc3\xb6ln    no   a, b\n"
	       "none: -\n");
}

static void escapes_of_peers_are_shown_and_not_obeyed(void)
{
	expect("{\"cause\":\"\\u001b]0;x\\u0007 \\u009b2J\",\"\\u001bkey\":1}", false,
	       "cause: \\x1b]0;x\\x07 \\xc2\\x9b2J\n\\x1bkey: 1\n");
	expect("{\"rows\":[{\"a\":\"\\u001b[2J\"}],\"status\":0}", false,
	       "a\n\\x1b[2J\n");
	expect("{\"diagnoses\":[{\"file\":\"a\",\"line\":1,\"level\":\"error\",\"text\":"
	       "\"\\u001b[2J\"}]}",
	       false, "a:1: error: \\x1b[2J\n");
}

static void times_are_local_but_not_those_of_files_and_messages(void)
{
	CU_ASSERT_EQUAL_FATAL(setenv("TZ", "UTC-2", 1), 0);
	tzset();
	expect("{\"since\":\"2026-11-22T23:03:07Z\",\"reason\":\"main down since "
	       "2026-11-22T23:03Z (timeout x4)\",\"text\":\"2026-11-22T23:03:07Z\"}",
	       false,
	       "since: 2026-11-23T01:03:07\nreason: main down since 2026-11-23T01:03 "
	       "(timeout x4)\ntext: 2026-11-22T23:03:07Z\n");
	expect("{\"rows\":[{\"at\":\"2026-11-22T23:03:07.120Z\"},{\"at\":null}]}",
	       false, "at\n2026-11-23T01:03:07.120\n-\n");
	expect("{\"forced_reason\":\"until 2026-11-22T23:03:07Z\"}", false,
	       "forced reason: until 2026-11-22T23:03:07Z\n");
	expect("{\"trace\":[{\"ms\":1,\"message\":\"2026-11-22T23:03:07Z\"}]}", false,
	       "ms\n1\n    2026-11-22T23:03:07Z\n");
}

static void messages_are_shown_whole_below_their_rows(void)
{
	expect("{\"trace\":[{\"ms\":1,\"what\":\"sent\",\"message\":"
	       "\"OPTIONS sip:a SIP/2.0\\r\\nVia: \\u001bx\\r\\n\\r\\n\"},"
	       "{\"ms\":2,\"what\":\"alive\"}],\"status\":0}",
	       false,
	       "ms  what\n1   sent\n    OPTIONS sip:a SIP/2.0\n    Via: \\x1bx\n    \n"
	       "2   alive\n");
}

static void lone_table_has_no_heading(void)
{
	expect("{\"rows\":[{\"a\":1}],\"status\":0}", false, "a\n1\n");
}

static void the_lines_of_a_file_stay_lines(void)
{
	expect("{\"path\":\"/a\",\"text\":\"a: 1\\n\\tb: \\u001b[2J\\n\",\"status\":0}",
	       false, "path: /a\na: 1\n\tb: \\x1b[2J\n");
	expect("{\"text\":\"one\"}", false, "text: one\n");
}

static void nested_objects_are_indented(void)
{
	expect("{\"a\":{\"b\":1,\"c\":{\"d\":2}}}", false,
	       "a:\n  b: 1\n  c:\n    d: 2\n");
}

static void line_of_a_stream_is_one_line(void)
{
	expect("{\"pbx\":\"berlin\",\"to\":\"down\"}", true, "pbx=berlin  to=down\n");
	expect("{\"to\":\"forced up\",\"detection_ms\":7}", true,
	       "to=\"forced up\"  detection=7 ms\n");
	expect("{}", true, "");
}

static void diagnoses_are_shown_as_compilers_do(void)
{
	expect("{\"diagnoses\":[{\"level\":\"error\",\"file\":\"a.conf\",\"line\":3,"
	       "\"col\":7,\"text\":\"bad\",\"meant\":\"good\"},{\"level\":\"warning\","
	       "\"file\":null,\"line\":0,\"col\":0,\"text\":\"odd\",\"name\":\"odd-thing\"}]}",
	       false,
	       "a.conf:3:7: error: bad; did you mean 'good'?\nwarning: odd [odd-thing]\n");
}

static void texts_do_not_move_a_terminals_cursor(void)
{
	expect("{\"a\":\"x\\u001b[2J\\r\\ny\"}", false, "a: x\\x1b[2J\\x0d\\x0ay\n");
}

static void spans_have_units(void)
{
	expect("{\"a_ms\":7,\"b_ms\":1550,\"c_ms\":7200000,\"d_ms\":90000000}", false,
	       "a: 7 ms\nb: 1.5 s\nc: 2 h 0 min\nd: 1 d 1 h\n");
}

static void status_and_error_are_handed_out(void)
{
	static const char json[] = "{\"error\":\"no\\u0007\",\"status\":5}";
	struct buffer out = { 0 };
	struct rendered said = { 0 };

	CU_ASSERT_EQUAL(render(json, strlen(json), false, &wide, &out, &said), OK);
	CU_ASSERT_EQUAL(said.status, 5);
	CU_ASSERT_STRING_EQUAL(said.error, "no\\x07");
	CU_ASSERT_EQUAL(out.len, 0);
	free(said.error);
	CU_ASSERT_EQUAL(render("{}", 2, false, &wide, &out, &said), OK);
	CU_ASSERT_EQUAL(said.status, -1);
	CU_ASSERT_PTR_NULL(said.error);
	CU_ASSERT_EQUAL(render("[]", 2, false, &wide, &out, &said), ERR_MALFORMED);
	CU_ASSERT_EQUAL(render("{", 1, false, &wide, &out, &said), ERR_MALFORMED);
	buffer_fini(&out);
}

static void states_are_coloured_where_they_stand(void)
{
	static const struct terminal coloured = { .colours = true };

	expect_on(&coloured, "{\"state\":\"up\",\"cause\":\"down\"}", false,
		  "state: \x1b[32mup\x1b[0m\ncause: down\n");
	expect_on(&coloured, "{\"pbx\":\"up\",\"to\":\"forced down\"}", true,
		  "pbx=up  to=\"\x1b[31mforced down\x1b[0m\"\n");
	expect_on(&coloured, "{\"rows\":[{\"state\":\"held\"}]}", false,
		  "state\n\x1b[33mheld\x1b[0m\n");
}

static void columns_are_listed_without_repetitions(void)
{
	struct buffer out = { 0 };
	char *text;

	render_column("{\"names\":[{\"name\":\"a\"},{\"name\":\"a\"},{\"x\":1},"
		      "{\"name\":\"b\"}]}",
		      "names", "name", &out);
	render_column("{\"names\":1}", "names", "name", &out);
	render_column("", "names", "name", &out);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(text, "a\nb\n");
	free(text);
}

static void members_are_found(void)
{
	char *text = render_member("{\"path\":\"/etc\",\"on\":true}", "path");

	CU_ASSERT_STRING_EQUAL(text, "/etc");
	free(text);
	CU_ASSERT_PTR_NULL(render_member("{\"path\":1}", "path"));
	CU_ASSERT_PTR_NULL(render_member("nonsense", "path"));
	CU_ASSERT_TRUE(render_flag("{\"on\":true}", "on"));
	CU_ASSERT_FALSE(render_flag("{\"on\":1}", "on"));
	CU_ASSERT_FALSE(render_flag("", "on"));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "scalars are lines", scalars_are_lines },
		{ "arrays of objects are aligned tables",
		  arrays_of_objects_are_aligned_tables },
		{ "escapes of peers are shown and not obeyed",
		  escapes_of_peers_are_shown_and_not_obeyed },
		{ "a lone table has no heading", lone_table_has_no_heading },
		{ "times are local, but not those of files and messages",
		  times_are_local_but_not_those_of_files_and_messages },
		{ "messages are shown whole below their rows",
		  messages_are_shown_whole_below_their_rows },
		{ "the lines of a file stay lines", the_lines_of_a_file_stay_lines },
		{ "nested objects are indented", nested_objects_are_indented },
		{ "a line of a stream is one line", line_of_a_stream_is_one_line },
		{ "diagnoses are shown as compilers do",
		  diagnoses_are_shown_as_compilers_do },
		{ "texts do not move a terminal's cursor",
		  texts_do_not_move_a_terminals_cursor },
		{ "spans have units", spans_have_units },
		{ "status and error are handed out", status_and_error_are_handed_out },
		{ "states are coloured where they stand",
		  states_are_coloured_where_they_stand },
		{ "columns are listed without repetitions",
		  columns_are_listed_without_repetitions },
		{ "members are found", members_are_found },
		CU_TEST_INFO_NULL,
	};

	return suite_run("cmd/render", tests);
}
