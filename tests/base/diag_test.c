#include "base/operator/diag.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "tests/harness.h"

static const struct diag_place nowhere = { "a.conf", 0, 0 };

static void caret_stands_below_wide_characters(void)
{
	/* two characters of two columns each, and a mark of none */
	static const char line[] = "\xe6\x9d\xb1\xe4\xba\xaco\xcc\x88: x";
	struct diags d = { 0 };
	struct buffer out = { 0 };
	char *text;

	diags_add(&d, DIAG_ERROR, (struct diag_place){ "a.conf", 1, 12 }, "bad");
	diags_source(&d, line, strlen(line));
	diags_format(&d, &out);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(strrchr(text, 'x'), "x\n           ^\n");
	free(text);
	diags_fini(&d);
}

static void row_shows_place_caret_and_suggestion(void)
{
	static const char line[] = "\tn\xc3\xb6te: [ \x1b ]";
	struct diags d = { 0 };
	struct buffer out = { 0 };
	char *text;

	diags_add(&d, DIAG_ERROR, (struct diag_place){ "deputy.conf", 7, 10 },
		  "unknown key '%s'", "pbxes");
	diags_source(&d, line, strlen(line));
	diags_suggest(&d, "pbxs");
	diags_format(&d, &out);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(text,
			       "deputy.conf:7:10: error: unknown key 'pbxes'; did "
			       "you mean 'pbxs'?\n"
			       "    \tn\xc3\xb6te: [ ? ]\n"
			       "    \t       ^\n");
	free(text);
	diags_fini(&d);
}

static void sorting_keeps_files_in_order_of_first_appearance(void)
{
	struct diags d = { 0 };

	diags_add(&d, DIAG_NOTE, (struct diag_place){ "z", 9, 1 }, "1");
	diags_add(&d, DIAG_NOTE, (struct diag_place){ "a", 2, 1 }, "2");
	diags_add(&d, DIAG_NOTE, (struct diag_place){ "z", 3, 5 }, "3");
	diags_add(&d, DIAG_NOTE, (struct diag_place){ "z", 3, 5 }, "4");
	diags_add(&d, DIAG_WARNING, (struct diag_place){ "z", 3, 2 }, "5");
	diags_sort(&d);
	CU_ASSERT_EQUAL(d.error_count, 0);
	for (size_t i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(*d.rows[i].text, "53412"[i]);
	diags_fini(&d);
}

static void beyond_the_limit_only_the_counts_go_on(void)
{
	struct diags d = { .limit = 2 };
	struct buffer out = { 0 };
	char *text;

	for (int i = 0; i < 5; i++) {
		diags_add(&d, DIAG_ERROR, nowhere, "no %d", i);
		diags_suggest(&d, i == 4 ? "never shown" : NULL);
	}
	CU_ASSERT_EQUAL(d.error_count, 5);
	diags_format(&d, &out);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(text, "a.conf: error: no 0\na.conf: error: no 1\nand 3 "
				     "more\n");
	free(text);
	diags_fini(&d);
}

static const char *name_at(const void *arg, size_t i)
{
	return ((const char *const *)arg)[i];
}

static void near_names_are_suggested_and_far_ones_are_not(void)
{
	static const char *const names[] = { "failover", NULL, "addresses", "ttl",
					     "pbx" };
	static const struct {
		const char *word;
		const char *meant;
	} cases[] = {
		{ "failver", "failover" },
		{ "FAILOEVR", "failover" },
		{ "adresses", "addresses" },
		{ "adreses", "addresses" },
		{ "adrss", NULL },
		{ "tll", "ttl" },
		{ "xyz", NULL },
		{ "pb", "pbx" },
		{ "", NULL },
		{ "q", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *found = suggest(cases[i].word, 5, name_at, names);

		CU_ASSERT_TRUE(found == cases[i].meant ||
			       (found && cases[i].meant &&
				strcmp(found, cases[i].meant) == 0));
	}
}

static void long_words_are_no_guess(void)
{
	static const char *const names[] = { "failover" };
	char word[1000];

	memset(word, 'f', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	CU_ASSERT_PTR_NULL(suggest(word, 1, name_at, names));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a row shows place, caret and suggestion",
		  row_shows_place_caret_and_suggestion },
		{ "the caret stands below wide characters",
		  caret_stands_below_wide_characters },
		{ "sorting keeps files in order of first appearance",
		  sorting_keeps_files_in_order_of_first_appearance },
		{ "beyond the limit only the counts go on",
		  beyond_the_limit_only_the_counts_go_on },
		{ "near names are suggested and far ones are not",
		  near_names_are_suggested_and_far_ones_are_not },
		{ "long words are no guess", long_words_are_no_guess },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/diag", tests);
}
