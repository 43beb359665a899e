#include "base/operator/command.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "tests/harness.h"

static const struct command force = {
	"pbx force",
	"PBX up|down|drain [--for TIME] [--reason TEXT] [--now]",
	MAY_CHANGE,
	NULL,
	"override the probes",
	NULL,
	NULL,
};

static void options_are_told_from_words_by_the_row(void)
{
	static const char *const args[] = { "--now", "berlin", "--for",
					    "10m",   "down",   "--reason=a b",
					    "--x",   "--",     "--now2" };
	struct request req = { .args = args, .arg_count = 9, .command = &force };

	CU_ASSERT_STRING_EQUAL(request_word(&req, 0), "berlin");
	CU_ASSERT_STRING_EQUAL(request_word(&req, 1), "down");
	CU_ASSERT_STRING_EQUAL(request_word(&req, 2), "--now2");
	CU_ASSERT_PTR_NULL(request_word(&req, 3));
	CU_ASSERT_STRING_EQUAL(request_option(&req, "for"), "10m");
	CU_ASSERT_STRING_EQUAL(request_option(&req, "reason"), "a b");
	CU_ASSERT_STRING_EQUAL(request_option(&req, "now"), "");
	CU_ASSERT_STRING_EQUAL(request_option(&req, "x"), "");
	CU_ASSERT_PTR_NULL(request_option(&req, "now2"));
	CU_ASSERT_PTR_NULL(request_option(&req, "fo"));
}

static void option_may_stand_more_than_once(void)
{
	static const char *const args[] = { "--for", "--for", "--for=2", "x",
					    "--now", "--for", "3" };
	struct request req = { .args = args, .arg_count = 7, .command = &force };

	CU_ASSERT_STRING_EQUAL(request_option_at(&req, "for", 0), "--for");
	CU_ASSERT_STRING_EQUAL(request_option_at(&req, "for", 1), "2");
	CU_ASSERT_STRING_EQUAL(request_option_at(&req, "for", 2), "3");
	CU_ASSERT_PTR_NULL(request_option_at(&req, "for", 3));
}

static void option_without_its_value_is_bare(void)
{
	static const char *const args[] = { "--for" };
	struct request req = { .args = args, .arg_count = 1, .command = &force };

	CU_ASSERT_STRING_EQUAL(request_option(&req, "for"), "");
	CU_ASSERT_PTR_NULL(request_word(&req, 0));
}

static void values_that_look_like_options_are_values(void)
{
	static const char *const args[] = { "--reason", "--for", "x" };
	struct request req = { .args = args, .arg_count = 3, .command = &force };

	CU_ASSERT_STRING_EQUAL(request_option(&req, "reason"), "--for");
	CU_ASSERT_PTR_NULL(request_option(&req, "for"));
	CU_ASSERT_STRING_EQUAL(request_word(&req, 0), "x");
}

static void failing_sets_status_and_reason(void)
{
	struct buffer out = { 0 };
	struct request req = { .json = json_to(&out) };
	char *text;

	json_object(&req.json, NULL);
	request_fail(&req, EXIT_CONFLICT, "'%s' is forced already", "berlin");
	json_end(&req.json);
	CU_ASSERT_EQUAL(req.status, EXIT_CONFLICT);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(text, "{\"error\":\"'berlin' is forced already\"}");
	free(text);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "options are told from words by the row",
		  options_are_told_from_words_by_the_row },
		{ "an option may stand more than once",
		  option_may_stand_more_than_once },
		{ "an option without its value is bare",
		  option_without_its_value_is_bare },
		{ "values that look like options are values",
		  values_that_look_like_options_are_values },
		{ "failing sets status and reason", failing_sets_status_and_reason },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/command", tests);
}
