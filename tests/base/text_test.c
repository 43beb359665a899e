#include "base/text.h"

#include <string.h>

#include "tests/harness.h"

static struct text on(const char *s)
{
	return text_of(guarded(s, strlen(s)), strlen(s));
}

static void reads_past_the_end_latch(void)
{
	struct text t = on("a");

	CU_ASSERT_EQUAL(text_next(&t), 'a');
	CU_ASSERT_EQUAL(text_peek(&t), -1);
	CU_ASSERT_EQUAL(t.err, OK);
	CU_ASSERT_EQUAL(text_next(&t), -1);
	CU_ASSERT_EQUAL(t.err, ERR_SHORT);
	CU_ASSERT_FALSE(text_skip(&t, 'a'));
	CU_ASSERT_EQUAL(text_skip_blanks(&t), 0);
	CU_ASSERT_EQUAL(text_until(&t, ";").end - t.at, 0);
}

static void until_leaves_the_stop_and_split_takes_it(void)
{
	struct text t = on("via;branch=z9");
	struct text via = text_until(&t, ";=");
	struct text name;

	CU_ASSERT_TRUE(text_is(&via, "via"));
	CU_ASSERT_TRUE(text_skip(&t, ';'));
	name = text_split(&t, '=');
	CU_ASSERT_TRUE(text_is(&name, "branch"));
	name = text_split(&t, '=');
	CU_ASSERT_TRUE(text_is(&name, "z9"));
	CU_ASSERT_EQUAL(text_len(&t), 0);
}

static void nul_octets_are_octets_like_others(void)
{
	struct text t = text_of(guarded("a\0b;c", 5), 5);
	struct text part = text_until(&t, ";");

	CU_ASSERT_EQUAL(text_len(&part), 3);
	part = text_while(&t, ";c");
	CU_ASSERT_EQUAL(text_len(&part), 2);
	t = text_of(guarded("\0\0", 2), 2);
	CU_ASSERT_EQUAL(text_while(&t, "x").end - t.at, 0);
	CU_ASSERT_FALSE(text_is(&t, ""));
}

static void numbers_know_their_limits(void)
{
	struct text t = on("65535 65536 18446744073709551616 x");

	CU_ASSERT_EQUAL(text_u64(&t, 65535), 65535);
	CU_ASSERT_EQUAL(text_skip_blanks(&t), 1);
	CU_ASSERT_EQUAL(text_u64(&t, 65535), 0);
	CU_ASSERT_EQUAL(t.err, ERR_RANGE);
	t.err = OK;
	text_skip_blanks(&t);
	CU_ASSERT_EQUAL(text_u64(&t, UINT64_MAX), 0);
	CU_ASSERT_EQUAL(t.err, ERR_RANGE);
	t.err = OK;
	text_skip_blanks(&t);
	CU_ASSERT_EQUAL(text_u64(&t, 9), 0);
	CU_ASSERT_EQUAL(t.err, ERR_MALFORMED);
}

static void case_is_folded_for_ascii_alone(void)
{
	struct text t = on("Call-ID");
	struct text odd = on("@[");

	CU_ASSERT_TRUE(text_is_nocase(&t, "cALL-id"));
	CU_ASSERT_FALSE(text_is_nocase(&t, "call-i"));
	CU_ASSERT_FALSE(text_is_nocase(&odd, "`{"));
	CU_ASSERT_FALSE(text_is(&t, "call-id"));
}

static void trim_drops_blanks_at_both_ends(void)
{
	struct text t = text_trim(on(" \t a b\t "));

	CU_ASSERT_TRUE(text_is(&t, "a b"));
	t = text_trim(on("  "));
	CU_ASSERT_TRUE(text_is(&t, ""));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "reads past the end latch", reads_past_the_end_latch },
		{ "until leaves the stop and split takes it",
		  until_leaves_the_stop_and_split_takes_it },
		{ "NUL octets are octets like others",
		  nul_octets_are_octets_like_others },
		{ "numbers know their limits", numbers_know_their_limits },
		{ "case is folded for ASCII alone", case_is_folded_for_ascii_alone },
		{ "trim drops blanks at both ends", trim_drops_blanks_at_both_ends },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/text", tests);
}
