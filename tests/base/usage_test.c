#include "base/operator/usage.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/command.h"
#include "tests/harness.h"

static const struct command force = {
	.name = "pbx force",
	.args = "PBX up|down|drain [--for TIME] [--reason TEXT] [--now]",
};
static const struct command status = { .name = "status", .args = "" };
static const struct command check = { .name = "zone check", .args = "FILE..." };
static const struct command explain = { .name = "explain",
					.args = "NAME [TYPE] [--from IP]" };

static void expect(const struct command *row, const char *const *args, const char *why)
{
	struct buffer b = { 0 };
	size_t count = 0;
	char *text;
	int err;

	while (args[count])
		count++;
	err = usage_check(row, args, count, &b);
	text = buffer_take_text(&b);
	CU_ASSERT_STRING_EQUAL(text, why);
	CU_ASSERT_EQUAL(err, *why ? ERR_INVALID : OK);
	free(text);
}

#define ARGS(...)      \
 (const char *const[]) \
 {                     \
  __VA_ARGS__, NULL    \
 }

static void right_arguments_pass(void)
{
	expect(&force, ARGS("berlin", "down"), "");
	expect(&force, ARGS("--for", "10m", "berlin", "--now", "up", "--reason=x"), "");
	expect(&force, ARGS("--", "--now", "up"), "");
	expect(&status, ARGS(NULL), "");
	expect(&check, ARGS("a", "b", "c"), "");
	expect(&explain, ARGS("a"), "");
	expect(&explain, ARGS("a", "A"), "");
}

static void wrong_arguments_are_named(void)
{
	expect(&force, ARGS("berlin", "donw"),
	       "'donw' is not one of up|down|drain; did you mean 'down'?; usage: pbx "
	       "force PBX up|down|drain [--for TIME] [--reason TEXT] [--now]");
	expect(&status, ARGS("x"), "unexpected argument 'x'; usage: status");
	expect(&check, ARGS(NULL), "missing argument FILE; usage: zone check FILE...");
	expect(&explain, ARGS("a", "--form", "::1"),
	       "unknown option '--form'; did you mean '--from'?; usage: explain NAME "
	       "[TYPE] [--from IP]");
	expect(&explain, ARGS("a", "--from"),
	       "option '--from' needs a value; usage: explain NAME [TYPE] [--from IP]");
	expect(&(struct command){ .name = "x", .args = "[--now]" }, ARGS("--now=1"),
	       "option '--now' takes no value; usage: x [--now]");
	expect(&explain, ARGS("a", "b", "c"),
	       "unexpected argument 'c'; usage: explain NAME [TYPE] [--from IP]");
}

static void literal_words_are_known(void)
{
	CU_ASSERT_TRUE(usage_has_choice(&force, "drain"));
	CU_ASSERT_FALSE(usage_has_choice(&force, "dra"));
	CU_ASSERT_FALSE(usage_has_choice(&force, "PBX"));
	CU_ASSERT_FALSE(usage_has_choice(&force, "now"));
	CU_ASSERT_FALSE(usage_has_choice(&status, "up"));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "right arguments pass", right_arguments_pass },
		{ "wrong arguments are named", wrong_arguments_are_named },
		{ "literal words are known", literal_words_are_known },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/usage", tests);
}
