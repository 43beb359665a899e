#include "base/rune.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/err.h"
#include "tests/harness.h"

/* Against an unreadable page. */
static size_t read_rune(const char *octets, size_t len, uint32_t *rune)
{
	struct text t = text_of(guarded(octets, len), len);

	return rune_read(&t, rune);
}

static void characters_are_read_and_what_is_none_is_not(void)
{
	static const char *const none[] = {
		"\x80",         "\xc3",         "\xc3\x28",         "\xc0\x80",
		"\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"
	};
	uint32_t rune = 7;

	CU_ASSERT_EQUAL(read_rune("", 0, &rune), 0);
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		CU_ASSERT_EQUAL(read_rune(none[i], strlen(none[i]), &rune), 0);
	CU_ASSERT_EQUAL(rune, 7);
	CU_ASSERT_EQUAL(read_rune("a", 1, &rune), 1);
	CU_ASSERT_EQUAL(rune, 'a');
	CU_ASSERT_EQUAL(read_rune("\xc3\xb6x", 3, &rune), 2);
	CU_ASSERT_EQUAL(rune, 0xf6);
	CU_ASSERT_EQUAL(read_rune("\xe2\x82\xac", 3, &rune), 3);
	CU_ASSERT_EQUAL(rune, 0x20ac);
	CU_ASSERT_EQUAL(read_rune("\xf4\x8f\xbf\xbf", 4, &rune), 4);
	CU_ASSERT_EQUAL(rune, 0x10ffff);
}

static void expect(const char *text, bool is_lines, const char *shown)
{
	struct buffer out = { 0 };
	char *got;

	rune_put_visible(&out, text_from(text), is_lines);
	got = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(got, shown);
	free(got);
}

static void what_a_terminal_obeys_is_shown(void)
{
	expect("200 k\xc3\xb6ln \xe2\x82\xac", false, "200 k\xc3\xb6ln \xe2\x82\xac");
	expect("\x1b]0;owned\x07\x1b[2J\r\x7f", false,
	       "\\x1b]0;owned\\x07\\x1b[2J\\x0d\\x7f");
	expect("\xc2\x9b"
	       "2J",
	       false, "\\xc2\\x9b2J"); /* CSI in one character */
	expect("\x9b"
	       "2J",
	       false, "\\x9b2J"); /* and in one octet */
	expect("a\xe2\x80\xae"
	       "b",
	       false,
	       "a\\xe2\\x80\\xae"
	       "b"); /* right to left */
	expect("a\tb\n", false, "a\\x09b\\x0a");
	expect("a\tb\n\r", true, "a\tb\n\\x0d");
}

static void text_is_cut_between_characters(void)
{
	const struct text t = text_from("a\xe2\x82\xac\xffz");

	CU_ASSERT_EQUAL(rune_fit(t, 0), 0);
	CU_ASSERT_EQUAL(rune_fit(t, 1), 1);
	CU_ASSERT_EQUAL(rune_fit(t, 3), 1);
	CU_ASSERT_EQUAL(rune_fit(t, 4), 4);
	CU_ASSERT_EQUAL(rune_fit(t, 5), 5);
	CU_ASSERT_EQUAL(rune_fit(t, 99), 6);
}

static void columns_are_counted_and_not_octets(void)
{
	CU_ASSERT_EQUAL(rune_columns(text_from("K\xc3\xb6ln")), 4);
	CU_ASSERT_EQUAL(rune_columns(text_from("o\xcc\x88")), 1); /* o and a mark */
	CU_ASSERT_EQUAL(rune_columns(text_from("\xe6\x9d\xb1\xe4\xba\xac")), 4);
	CU_ASSERT_EQUAL(rune_columns(text_from("\xf0\x9f\x93\x9e")), 2); /* telephone */
	CU_ASSERT_EQUAL(rune_columns(text_from("\xe2\x82\xac\xff")), 2);
	CU_ASSERT_EQUAL(rune_fit_columns(text_from("o\xcc\x88z"), 1), 3);
	CU_ASSERT_EQUAL(rune_fit_columns(text_from("a\xe6\x9d\xb1"), 2), 1);
	CU_ASSERT_EQUAL(rune_fit_columns(text_from("a\xe6\x9d\xb1"), 3), 4);
	CU_ASSERT_EQUAL(rune_fit_columns(text_from("ab"), 9), 2);
}

static void text_for_one_line_is_checked(void)
{
	CU_ASSERT_EQUAL(rune_check(text_from("K\xc3\xb6ln 5 \xe2\x82\xac")), OK);
	CU_ASSERT_EQUAL(rune_check(text_from("")), OK);
	CU_ASSERT_EQUAL(rune_check(text_from("a\nb")), ERR_INVALID);
	CU_ASSERT_EQUAL(rune_check(text_from("a\xc2\x9b")), ERR_INVALID);
	CU_ASSERT_EQUAL(rune_check(text_from("\x01\xff")), ERR_MALFORMED);
	CU_ASSERT_EQUAL(rune_check(text_from("a\xc3")), ERR_MALFORMED);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "characters are read, and what is none is not",
		  characters_are_read_and_what_is_none_is_not },
		{ "what a terminal obeys is shown", what_a_terminal_obeys_is_shown },
		{ "text is cut between characters", text_is_cut_between_characters },
		{ "columns are counted and not octets",
		  columns_are_counted_and_not_octets },
		{ "text for one line is checked", text_for_one_line_is_checked },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/rune", tests);
}
