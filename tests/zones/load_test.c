#include "zones/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/err.h"
#include "dns/rr.h"
#include "tests/harness.h"
#include "tests/zones/fixture.h"
#include "zones/check.h"

/* A file of this text, in a folder of its own; removed by gone(). */
struct made_file {
	char folder[32];
	char path[64];
};

static void made(struct made_file *f, const char *name, const char *text)
{
	FILE *out;

	strcpy(f->folder, "/tmp/deputy-test.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(f->folder));
	(void)snprintf(f->path, sizeof(f->path), "%s/%s", f->folder, name);
	out = fopen(f->path, "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	fputs(text, out);
	fclose(out);
}

static void gone(const struct made_file *f)
{
	(void)unlink(f->path);
	(void)rmdir(f->folder);
}

#define HEAD                                                      \
 "$TTL 1h\n"                                                      \
 "@ IN SOA ns.example. admin.example. ( 7 3600 600 86400 300 )\n" \
 "  IN NS ns\n"                                                   \
 "ns IN A 192.0.2.1\n"

static void a_file_becomes_a_zone(void)
{
	struct made_file f;
	struct name origin = name_of("example.");
	struct zone_load load = { .path = f.path, .origin = &origin };
	struct zone_set *set = zone_set_new();
	struct diags diags = { 0 };
	struct zone *z = NULL;

	made(&f, "example.zone",
	     HEAD "www 60 IN CNAME ns\n$GENERATE 1-3 h$ A 192.0.2.$\n");
	CU_ASSERT_EQUAL_FATAL(zone_load(&load, &diags, &z), OK);
	CU_ASSERT_EQUAL(diags.count, 0);
	CU_ASSERT_EQUAL(zone_record_count(z), 7);
	(void)zone_set_add(set, z);
	CU_ASSERT_STRING_EQUAL(ask(set, "www.example.", RR_A),
			       "NOERROR aa\n"
			       "answer www.example. 60 CNAME ns.example.\n"
			       "answer ns.example. 3600 A 192.0.2.1\n");
	zone_unref(z);
	zone_set_free(set);
	diags_fini(&diags);
	gone(&f);
}

static void errors_of_text_and_meaning_are_told_in_one_run(void)
{
	static const uint32_t lines[] = { 5, 6, 7, 9, 10, 11 };
	struct made_file f;
	struct name origin = name_of("example.");
	struct zone_load load = { .path = f.path, .origin = &origin };
	struct diags diags = { 0 };
	struct zone *z = NULL;

	made(&f, "example.zone",
	     HEAD "a IN A 192.0.2.256\n"       /* 5 */
		  "b IN AA 192.0.2.1\n"        /* 6 */
		  "c IN CNAME ns\n"            /* 7 */
		  "c IN A 192.0.2.1\n"         /* 8 */
		  "www.test. IN A 192.0.2.1\n" /* 9 */
		  "@ IN SOA a. b. 1 1 1 1 1\n" /* 10 */
		  "d IN NS ns.d\n");           /* 11 */
	CU_ASSERT_EQUAL(zone_load(&load, &diags, &z), ERR_INVALID);
	diags_sort(&diags);
	CU_ASSERT_EQUAL_FATAL(diags.error_count, 6);
	for (size_t i = 0; i < 6; i++)
		CU_ASSERT_EQUAL(diags.rows[i].place.line, lines[i]);
	diags_fini(&diags);
	gone(&f);
}

static void a_missing_file_is_a_diagnosis(void)
{
	struct name origin = name_of("example.");
	struct zone_load load = { .path = "/nowhere/example.zone", .origin = &origin };
	struct diags diags = { 0 };
	struct zone *z = NULL;

	CU_ASSERT_EQUAL(zone_load(&load, &diags, &z), ERR_INVALID);
	CU_ASSERT_EQUAL(diags.error_count, 1);
	diags_fini(&diags);
}

static void check_takes_zone_and_file_in_either_order(void)
{
	struct made_file f;
	struct buffer out = { 0 };
	char *text;

	made(&f, "some.file", HEAD);
	CU_ASSERT_EQUAL(zone_check(f.path, "example", &out), EXIT_DONE);
	CU_ASSERT_EQUAL(zone_check("example", f.path, &out), EXIT_DONE);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(text, "example.: serial 7, 3 records at 2 names\n"
				     "example.: serial 7, 3 records at 2 names\n");
	free(text);
	gone(&f);
}

static void check_takes_the_origin_from_the_file_name(void)
{
	struct made_file f;
	struct buffer out = { 0 };
	char *text;

	made(&f, "example.zone", HEAD "@ MX 5 gone\n");
	CU_ASSERT_EQUAL(zone_check(f.path, NULL, &out), EXIT_DONE);
	text = buffer_take_text(&out);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, ":5:"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text,
				      "warning: MX at example. points to a name that "
				      "does not exist: gone.example."));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(text, "example.: serial 7, 4 records at 2 names, 1 warning\n"));
	free(text);
	gone(&f);
}

static void check_fails_on_errors_and_bad_origins(void)
{
	struct made_file f;
	struct buffer out = { 0 };

	made(&f, "broken", "@ IN A 192.0.2.1\n");
	CU_ASSERT_EQUAL(zone_check(f.path, "example.", &out), EXIT_NEGATIVE);
	CU_ASSERT_EQUAL(zone_check(f.path, "a..b", &out), EXIT_USAGE);
	buffer_fini(&out);
	gone(&f);
}

static void faults_of_meaning_have_a_line_and_a_column(void)
{
	struct made_file f;
	struct name origin = name_of("example.");
	struct zone_load load = { .path = f.path, .origin = &origin };
	struct diags diags = { 0 };
	struct buffer out = { 0 };
	struct zone *z = NULL;
	char *text;

	made(&f, "example.zone",
	     HEAD "www CNAME ns\n  A 192.0.2.2\n\n  MX 1 gone\nother.net. A 1.2.3.4\n");
	CU_ASSERT_EQUAL(zone_load(&load, &diags, &z), ERR_INVALID);
	diags_sort(&diags);
	diags_format(&diags, &out);
	text = buffer_take_text(&out);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "example.zone:5:1: error: CNAME"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n    www CNAME ns\n    ^\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "example.zone:8:3: warning: MX"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n      MX 1 gone\n      ^\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "example.zone:9:1: error: other.net."));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n    other.net. A 1.2.3.4\n    ^\n"));
	free(text);
	diags_fini(&diags);
	gone(&f);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a file becomes a zone", a_file_becomes_a_zone },
		{ "errors of text and meaning are told in one run",
		  errors_of_text_and_meaning_are_told_in_one_run },
		{ "a missing file is a diagnosis", a_missing_file_is_a_diagnosis },
		{ "check takes zone and file in either order",
		  check_takes_zone_and_file_in_either_order },
		{ "check takes the origin from the file name",
		  check_takes_the_origin_from_the_file_name },
		{ "check fails on errors and bad origins",
		  check_fails_on_errors_and_bad_origins },
		{ "faults of meaning have a line and a column",
		  faults_of_meaning_have_a_line_and_a_column },
		CU_TEST_INFO_NULL,
	};

	return suite_run("zones/load", tests);
}
