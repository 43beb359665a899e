#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "resolver/live/builder.h"
#include "tests/harness.h"

static char folder[] = "/tmp/deputy-world.XXXXXX";

static const char good_zone[] = "$TTL 60\n"
				"@ SOA ns h 1 60 60 60 60\n@ NS ns\nns A 192.0.2.1\n"
				"live A 192.0.2.2\n";

static void put_zone(const char *text)
{
	char *path = alloc_format("%s/example.com.zone", folder);

	CU_ASSERT_EQUAL_FATAL(file_replace(path, text, strlen(text), 0644), OK);
	free(path);
}

static const char pbxs[] =
	"node: { name: n1, listen: [ 127.0.0.1@5300 ] }\n"
	"pbxs: [ { name: a, addresses: [ 192.0.2.10 ], endpoints: [ udp@5060 ] } ]\n"
	"zones: [ { name: example.com, file: example.com.zone } ]\n";

/* Builds the world of `lives` behind `was`, of which a reference is given back. */
static struct world *build(const char *lives, struct world *was,
			   enum world_reading reading)
{
	char *path = alloc_format("%s/deputy.conf", folder);
	char *text = alloc_format("%s%s", pbxs, lives);
	const struct builder_job job = {
		.path = path,
		.conf = text,
		.conf_len = strlen(text),
		.was = was,
		.reading = reading,
	};
	struct built built;

	builder_build_now(&job, &built);
	if (built.err)
		abort(); /* all these configurations are right */
	live_answers_free(built.answers);
	diags_fini(&built.diags);
	diags_fini(&built.zones);
	world_unref(was);
	free(path);
	free(text);
	return built.world;
}

static struct zone *zone_of(const struct world *w)
{
	static const struct name root = { .len = 1 };
	struct name name;

	if (name_parse("example.com", 11, &root, &name))
		abort();
	return zone_set_exact(w->zones, &name);
}

static uint32_t number_of(const struct world *w, const char *text)
{
	static const struct name root = { .len = 1 };
	struct name name;

	if (name_parse(text, strlen(text), &root, &name))
		abort();
	return live_names_find(w->names, name.wire);
}

static const char one_live[] = "live: [ { name: live.example.com, home: a } ]\n";

static void a_broken_zone_never_replaces_a_good_one(void)
{
	struct world *w;

	put_zone(good_zone);
	w = build(one_live, NULL, WORLD_ALL_FILES);
	CU_ASSERT_PTR_NOT_NULL_FATAL(zone_of(w));
	put_zone("@ SOA broken\n");
	w = build(one_live, w, WORLD_ALL_FILES);
	CU_ASSERT_PTR_NOT_NULL(zone_of(w));
	CU_ASSERT_TRUE(w->states[0].broken && w->states[0].kept);
	CU_ASSERT_PTR_NOT_NULL(strstr(w->states[0].error, "example.com.zone:1:"));
	w = build(one_live, w, WORLD_CHANGED_FILES); /* still broken, still kept */
	CU_ASSERT_TRUE(w->states[0].broken && w->states[0].kept);
	put_zone(good_zone);
	w = build(one_live, w, WORLD_CHANGED_FILES);
	CU_ASSERT_FALSE(w->states[0].broken);
	world_unref(w);
}

static void broken_at_start_is_kept_apart(void)
{
	struct world *w;

	put_zone("@ SOA broken\n");
	w = build(one_live, NULL, WORLD_ALL_FILES);
	CU_ASSERT_TRUE(w->states[0].broken && !w->states[0].kept);
	CU_ASSERT_PTR_NULL(zone_of(w));
	world_unref(w);
}

static void an_unchanged_file_is_not_read_again(void)
{
	struct world *w;
	const struct zone *before;

	put_zone(good_zone);
	w = build(one_live, NULL, WORLD_ALL_FILES);
	before = zone_of(w);
	w = build(one_live, w, WORLD_CHANGED_FILES);
	CU_ASSERT_PTR_EQUAL(zone_of(w), before);
	w = build(one_live, w, WORLD_ALL_FILES);
	CU_ASSERT_PTR_NOT_EQUAL(zone_of(w), before);
	before = zone_of(w);
	w = build(
		"live: [ { name: other.example.com, home: a } ]\n", w,
		WORLD_CHANGED_FILES); /* the file is the same, its live names are not */
	CU_ASSERT_PTR_NOT_EQUAL(zone_of(w), before);
	world_unref(w);
}

static void an_included_file_is_read_again(void)
{
	char *path = alloc_format("%s/part", folder);
	struct world *w;
	const struct zone *before;

	CU_ASSERT_EQUAL(file_replace(path, "", 0, 0644), OK);
	put_zone("$TTL 60\n@ SOA ns h 1 60 60 60 60\n@ NS ns\nns A 192.0.2.1\n"
		 "$INCLUDE part\n");
	w = build(one_live, NULL, WORLD_ALL_FILES);
	before = zone_of(w);
	CU_ASSERT_PTR_NOT_NULL_FATAL(before);
	CU_ASSERT_EQUAL(file_replace(path, "new A 192.0.2.9\n", 16, 0644), OK);
	w = build(one_live, w, WORLD_CHANGED_FILES);
	CU_ASSERT_PTR_NOT_EQUAL(zone_of(w), before);
	CU_ASSERT_EQUAL(zone_record_count(zone_of(w)), 4);
	world_unref(w);
	(void)unlink(path);
	free(path);
}

static void live_names_keep_their_numbers(void)
{
	struct world *w;
	uint32_t number;

	put_zone(good_zone);
	w = build(one_live, NULL, WORLD_ALL_FILES);
	number = number_of(w, "live.example.com");
	CU_ASSERT_NOT_EQUAL(number, CONF_NONE);
	CU_ASSERT_NOT_EQUAL(number_of(w, "a.live.example.com"), CONF_NONE);
	w = build(
		"live: [ { name: aaa.example.net, home: a }, { name: live.example.com, "
		"home: a } ]\n",
		w, WORLD_CHANGED_FILES);
	CU_ASSERT_EQUAL(number_of(w, "live.example.com"), number);
	CU_ASSERT_EQUAL(w->names->rows[number].live, 1);
	w = build("", w, WORLD_CHANGED_FILES);
	CU_ASSERT_EQUAL(number_of(w, "live.example.com"), number);
	CU_ASSERT_EQUAL(w->names->rows[number].live, CONF_NONE);
	w = build(one_live, w, WORLD_CHANGED_FILES);
	CU_ASSERT_EQUAL(w->names->rows[number].live, 0);
	world_unref(w);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a broken zone never replaces a good one",
		  a_broken_zone_never_replaces_a_good_one },
		{ "broken at start is kept apart", broken_at_start_is_kept_apart },
		{ "an unchanged file is not read again",
		  an_unchanged_file_is_not_read_again },
		{ "an included file is read again", an_included_file_is_read_again },
		{ "live names keep their numbers", live_names_keep_their_numbers },
		CU_TEST_INFO_NULL,
	};
	char *path;
	int status;

	if (mkdtemp(folder) == NULL)
		return 2;
	status = suite_run("resolver/world", tests);
	path = alloc_format("%s/example.com.zone", folder);
	(void)unlink(path);
	(void)rmdir(folder);
	free(path);
	return status;
}
