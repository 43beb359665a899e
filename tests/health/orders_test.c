#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/operator/command.h"
#include "health/health_body.h"
#include "tests/harness.h"

/* What is right gets as far as the PBX, of which there is none. */
#define PASSED "no PBX is named"

static const struct command *find_command(const char *name)
{
	const struct command *c = health_commands;

	while (c->name && strcmp(c->name, name) != 0)
		c++;
	return c;
}

/* Runs a command with one option more. */
static void expect(const char *name, const char *option, const char *value,
		   const char *want)
{
	const char *const args[] = { "berlin", "up", option, value };
	struct health none = { 0 };
	struct buffer out = { 0 };
	struct request req = { .args = args,
			       .arg_count = 4,
			       .command = find_command(name),
			       .author = "anna",
			       .module = &none,
			       .json = json_to(&out) };
	char *got;

	json_object(&req.json, NULL);
	req.command->run(&req);
	json_end(&req.json);
	CU_ASSERT_EQUAL(req.status,
			strcmp(want, PASSED) == 0 ? EXIT_NEGATIVE : EXIT_USAGE);
	got = buffer_take_text(&out);
	if (!strstr(got, want))
		printf("# %s: %s\n", name, got);
	CU_ASSERT_PTR_NOT_NULL(strstr(got, want));
	free(got);
}

static void durations_need_a_unit_and_have_bounds(void)
{
	expect("pbx force", "--for", "2",
	       "--for 2 has no unit: write 2s for seconds, 2m for minutes or 2h for "
	       "hours");
	expect("pbx force", "--for", "32d", "--for must be from 1s to 31d, not 32d");
	expect("pbx force", "--for", "0",
	       "is not a duration such as 90s, 10m, 2h or 1d, up to 31d");
	expect("pbx force", "--for", "0s", "is not a duration");
	expect("pbx force", "--for", "2 h", "is not a duration");
	expect("pbx force", "--for", "2hm", "is not a duration");
	expect("pbx force", "--for", "h", "is not a duration");
	expect("pbx force", "--for", "99999999999h", "is not a duration");
	expect("pbx force", "--for", "31d", PASSED);
	expect("probe", "--for", "5", "--for 5 has no unit: write 5s");
	expect("probe", "--for", "61s", "--for must be from 1s to 60s, not 61s");
	expect("probe", "--for", "1m", PASSED);
}

static void reasons_are_taken_whole_or_refused(void)
{
	char text[REASON_LEN + 1] = { 0 };

	expect("pbx force", "--reason", "Wartung f\xc3\xbcr \xe2\x82\xac 5", PASSED);
	memset(text, 'x', REASON_LEN - 1);
	expect("pbx force", "--reason", text, PASSED);
	text[REASON_LEN - 1] = 'x';
	expect("pbx force", "--reason", text,
	       "--reason has 121 octets; at most 120 are allowed");
	expect("pbx force", "--reason", "a\nb",
	       "--reason must be one line without control characters");
	expect("pbx force", "--reason", "a\xe2\x80\xae", "must be one line");
	expect("pbx force", "--reason", "a\xff", "--reason is not valid UTF-8");
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "durations need a unit and have bounds",
		  durations_need_a_unit_and_have_bounds },
		{ "reasons are taken whole or refused",
		  reasons_are_taken_whole_or_refused },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/orders", tests);
}
