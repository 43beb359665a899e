#include "base/operator/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/harness.h"

/* What `say` writes to standard error. Borrowed until the next call. */
static const char *heard(void (*say)(void))
{
	static char text[8192];
	FILE *f = tmpfile();
	int was = dup(STDERR_FILENO);
	ssize_t len;

	dup2(fileno(f), STDERR_FILENO);
	say();
	dup2(was, STDERR_FILENO);
	close(was);
	len = pread(fileno(f), text, sizeof(text) - 1, 0);
	fclose(f);
	text[len < 0 ? 0 : len] = '\0';
	return text;
}

static struct event pbx_down = { .name = "pbx-down", .level = LOG_LEVEL_WARNING };
static struct event chatter = { .name = "chatter", .level = LOG_LEVEL_DEBUG };
static struct event flood = { .name = "flood",
			      .level = LOG_LEVEL_ERROR,
			      .per_minute = 3 };

static void say_one(void)
{
	log_open("dns", LOG_LEVEL_INFO);
	log_event(&pbx_down, "pbx=%s", "berlin");
	log_event(&chatter, "never=seen");
}

static void event_is_one_line_with_time_level_process_and_name(void)
{
	const char *text = heard(say_one);

	CU_ASSERT_EQUAL(text[10], 'T');
	CU_ASSERT_STRING_EQUAL(text + strlen("2026-11-22T14:03:07.123"),
			       "Z warning dns pbx-down pbx=berlin\n");
}

static void say_many(void)
{
	for (int i = 0; i < 10; i++)
		log_event(&flood, "n=%d", i);
	flood.window_at -= 60000; /* a minute on */
	log_event(&flood, "n=10");
}

static void rows_have_a_limit_and_tell_what_was_held_back(void)
{
	const char *text = heard(say_many);

	CU_ASSERT_PTR_NOT_NULL(strstr(text, "n=2\n"));
	CU_ASSERT_PTR_NULL(strstr(text, "n=3"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "n=10 held_before=7\n"));
}

static void say_long(void)
{
	char *value = malloc(5000);

	memset(value, 'x', 4999);
	value[4999] = '\0';
	log_event(&pbx_down, "value=%s", value);
	free(value);
}

static void long_lines_are_cut_and_still_end(void)
{
	const char *text = heard(say_long);

	CU_ASSERT_TRUE(strlen(text) <= 2049);
	CU_ASSERT_EQUAL(text[strlen(text) - 1], '\n');
}

static void quotes_escape_what_a_terminal_may_not_see(void)
{
	char value[1000];

	CU_ASSERT_STRING_EQUAL(log_quote("a \"b\\\n\x1b\xff"),
			       "\"a \\\"b\\\\\\x0a\\x1b\\xff\"");
	CU_ASSERT_STRING_EQUAL(log_quote(NULL), "\"\"");
	memset(value, 1, sizeof(value));
	value[sizeof(value) - 1] = '\0';
	CU_ASSERT_TRUE(strlen(log_quote(value)) < 256);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "an event is one line with time, level, process and name",
		  event_is_one_line_with_time_level_process_and_name },
		{ "rows have a limit and tell what was held back",
		  rows_have_a_limit_and_tell_what_was_held_back },
		{ "long lines are cut and still end",
		  long_lines_are_cut_and_still_end },
		{ "quotes escape what a terminal may not see",
		  quotes_escape_what_a_terminal_may_not_see },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/log", tests);
}
