#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/err.h"
#include "conf/conf.h"
#include "conf/manual.h"
#include "conf/notice.h"
#include "conf/setting.h"
#include "tests/harness.h"

static const char examples[] = EXAMPLES_FOLDER;

static void check_example(const char *name)
{
	struct diags diags = { 0 };
	struct conf *c = NULL;
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/%s", examples, name);
	CU_ASSERT_EQUAL(conf_load(path, &diags, &c), OK);
	for (size_t i = 0; i < diags.count; i++) {
		CU_ASSERT_EQUAL(diags.rows[i].level, DIAG_NOTE);
		printf("# %s:%u: %s\n", name, diags.rows[i].place.line,
		       diags.rows[i].text);
	}
	conf_free(c);
	diags_fini(&diags);
}

static void every_example_is_read_without_a_warning(void)
{
	DIR *dir = opendir(examples);
	unsigned count = 0;

	CU_ASSERT_PTR_NOT_NULL(dir);
	if (dir == NULL)
		return;
	for (struct dirent *e = readdir(dir); e; e = readdir(dir))
		if (strstr(e->d_name, ".conf")) {
			check_example(e->d_name);
			count++;
		}
	(void)closedir(dir);
	CU_ASSERT_TRUE(count >= 3);
}

static unsigned keys_missing(const struct section *sec, const char *page)
{
	unsigned missing = 0;

	for (const struct setting *s = sec->settings; s->name; s++) {
		char line[80];

		if (s->type == SET_LATER)
			continue;
		(void)snprintf(line, sizeof line, ".It Cm %s\n", s->name);
		missing += strstr(page, line) == NULL;
		if (s->type == SET_SECTION)
			missing += keys_missing(s->section, page);
	}
	return missing;
}

static void the_page_tells_of_every_key(void)
{
	struct buffer out = { 0 };
	char *page;

	CU_ASSERT_EQUAL(manual_format("@settings\n@profiles\n", examples, &out), OK);
	page = buffer_take_text(&out);
	CU_ASSERT_EQUAL(keys_missing(&conf_section, page), 0);
	CU_ASSERT_EQUAL(keys_missing(&view_section, page), 0);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(page, ".It wan Ta 500ms Ta 500ms Ta 500ms Ta 4s"));
	CU_ASSERT_PTR_NULL(strstr(page, "registrar"));
	free(page);
}

static void the_page_has_the_requests_per_second(void)
{
	struct buffer out = { 0 };
	char *page;

	CU_ASSERT_EQUAL(manual_format("@rates\n", examples, &out), OK);
	page = buffer_take_text(&out);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(page, ".It fast Ta 10/s Ta 15/s Ta 40/s Ta not limited\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, ".It lan Ta 4/s Ta 4/s Ta 6/s Ta 13\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, ".It wan Ta 2/s Ta 2/s Ta 2/s Ta "));
	free(page);
}

static void the_page_tells_of_every_warning_and_note(void)
{
	struct buffer out = { 0 };
	char *page;

	CU_ASSERT_EQUAL(manual_format("@notices\n", examples, &out), OK);
	page = buffer_take_text(&out);
	for (size_t i = 0; i < NOTICES; i++) {
		char line[80];

		(void)snprintf(line, sizeof line, ".It Cm %s\n%s: ", notices[i].name,
			       notices[i].level == DIAG_NOTE ? "Note" : "Warning");
		CU_ASSERT_PTR_NOT_NULL(strstr(page, line));
		CU_ASSERT_TRUE(i == 0 ||
			       strcmp(notices[i - 1].name, notices[i].name) < 0);
	}
	free(page);
}

static void a_missing_example_is_told(void)
{
	struct buffer out = { 0 };

	CU_ASSERT_EQUAL(manual_format("@file none.conf\n", examples, &out),
			ERR_NOT_FOUND);
	buffer_fini(&out);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "every example is read without a warning",
		  every_example_is_read_without_a_warning },
		{ "the page tells of every key", the_page_tells_of_every_key },
		{ "the page has the requests per second",
		  the_page_has_the_requests_per_second },
		{ "the page tells of every warning and note",
		  the_page_tells_of_every_warning_and_note },
		{ "a missing example is told", a_missing_example_is_told },
		CU_TEST_INFO_NULL,
	};

	return suite_run("conf/manual", tests);
}
