#include "base/operator/json.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "tests/harness.h"

static void commas_and_brackets_nest(void)
{
	struct buffer out = { 0 };
	struct json j = json_to(&out);
	char *text;

	json_object(&j, NULL);
	json_int(&j, "a", -5);
	json_array(&j, "rows");
	json_object(&j, NULL);
	json_bool(&j, "up", true);
	json_end(&j);
	json_object(&j, NULL);
	json_end(&j);
	json_int(&j, NULL, 15);
	json_end(&j);
	json_null(&j, "z");
	json_format(&j, "f", "%d%%", 7);
	json_text(&j, "none", NULL);
	json_end(&j);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(text, "{\"a\":-5,\"rows\":[{\"up\":true},{},15],\"z\":"
				     "null,\"f\":\"7%\",\"none\":null}");
	free(text);
}

static void expect(const char *value, const char *written)
{
	struct buffer out = { 0 };
	struct json j = json_to(&out);
	char *text;

	json_text(&j, NULL, value);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(text, written);
	free(text);
}

static void control_characters_and_quotes_are_escaped(void)
{
	expect("\"\\/\b\f\n\r\t\x01\x7f", "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\"");
	expect("\xc2\x9b\xe2\x80\xae\xc3\xb6", "\"\\u009b\\u202e\xc3\xb6\"");
}

static void text_may_come_in_parts(void)
{
	struct buffer out = { 0 };
	struct json j = json_to(&out);
	char *text;

	json_object(&j, NULL);
	json_int(&j, "a", 1);
	json_text_begin(&j, "t");
	json_text_part(&j, "x\"\n", 3);
	json_text_part(&j, "", 0);
	json_text_part(&j, "\xc3\xb6", 2);
	json_text_end(&j);
	json_int(&j, "b", 2);
	json_end(&j);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(text, "{\"a\":1,\"t\":\"x\\\"\\n\xc3\xb6\",\"b\":2}");
	free(text);
}

static void what_is_not_utf_8_becomes_u_fffd(void)
{
	expect("\xc3\xb6\xe2\x82\xac\xf0\x9f\x93\x9e",
	       "\"\xc3\xb6\xe2\x82\xac\xf0\x9f\x93\x9e\"");
	expect("\xc3", "\"\xef\xbf\xbd\"");
	expect("\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""); /* overlong */
	expect("\xed\xa0\x80!", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd!\""); /* D800 */
	expect("\xff"
	       "a",
	       "\"\xef\xbf\xbd"
	       "a\"");
}

static void lengths_are_believed_not_nuls(void)
{
	struct buffer out = { 0 };
	struct json j = json_to(&out);
	char *text;

	json_text_len(&j, NULL, (const char *)guarded("a\0\xe2\x82", 4), 4);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(text, "\"a\\u0000\xef\xbf\xbd\xef\xbf\xbd\"");
	free(text);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a text may come in parts", text_may_come_in_parts },
		{ "commas and brackets nest", commas_and_brackets_nest },
		{ "control characters and quotes are escaped",
		  control_characters_and_quotes_are_escaped },
		{ "what is not UTF-8 becomes U+FFFD",
		  what_is_not_utf_8_becomes_u_fffd },
		{ "lengths are believed, not NULs", lengths_are_believed_not_nuls },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/json", tests);
}
