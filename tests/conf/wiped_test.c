/* No octet of a secret's file stays in memory that was given back. */
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/err.h"
#include "tests/conf/own_schema.h"
#include "tests/harness.h"

#define SECRET "Zebra-on-the-heap"

static const char text[] = HEAD
	"accounts: [ { name: a, password: { file: secret } } ]\n"
	"key: { file: secret }\n";

static volatile bool watching;
static unsigned volatile left_count, free_count;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { WATCHED = 0 };
#else
enum { WATCHED = 1 };

/* The name is the library's. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming) */
extern void __libc_free(void *at);

/* In front of the library's. */
void free(void *ptr)
{
	if (watching && ptr) {
		free_count++;
		left_count += memmem(ptr, malloc_usable_size(ptr), SECRET,
				     strlen(SECRET)) != NULL;
	}
	__libc_free(ptr);
}
#endif

static void watch(bool on)
{
	watching = on;
}

static void a_configuration_leaves_no_secret_behind(void)
{
	char folder[] = "/tmp/deputy-wiped-XXXXXX";
	struct diags diags = { 0 };
	struct buffer parcel = { 0 };
	struct conf *c = NULL;
	struct conf *child = NULL;
	char *secret;
	char *path;
	FILE *out;

	if (!WATCHED) {
		skip("a sanitizer has its own free()");
		return;
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	secret = alloc_format("%s/secret", folder);
	path = alloc_format("%s/deputy.conf", folder);
	out = fopen(secret, "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	(void)fputs(SECRET "\n", out);
	(void)fclose(out);
	CU_ASSERT_EQUAL(chmod(secret, 0600), 0);
	watch(true);
	CU_ASSERT_EQUAL(conf_parse(path, text, sizeof text - 1, &diags, &c), OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	conf_parcel(c, text, sizeof text - 1, &parcel);
	CU_ASSERT_EQUAL(conf_parse_parcel(path, parcel.octets, parcel.len, &diags,
					  &child),
			OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(child);
	CU_ASSERT_STRING_EQUAL(own(child)->key.text, SECRET);
	free_wiped(parcel.octets, parcel.len);
	conf_free(c);
	conf_free(child);
	watch(false);
	CU_ASSERT_TRUE(free_count > 10);
	CU_ASSERT_EQUAL(left_count, 0);
	(void)unlink(secret);
	(void)rmdir(folder);
	diags_fini(&diags);
	free(secret);
	free(path);
}

static void an_arena_leaves_no_secret_behind(void)
{
	struct arena a;

	if (!WATCHED) {
		skip("a sanitizer has its own free()");
		return;
	}
	arena_init(&a, 0);
	for (size_t i = 0; i < 1000; i++)
		(void)arena_copy(&a, SECRET, strlen(SECRET));
	left_count = 0;
	watch(true);
	arena_fini_wiped(&a);
	watch(false);
	CU_ASSERT_EQUAL(left_count, 0);
}

static void what_is_not_wiped_is_seen(void)
{
	char *copy;

	if (!WATCHED) {
		skip("a sanitizer has its own free()");
		return;
	}
	copy = alloc_text(SECRET);
	left_count = 0;
	watch(true);
	free(copy);
	watch(false);
	CU_ASSERT_EQUAL(left_count, 1);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a configuration leaves no secret behind",
		  a_configuration_leaves_no_secret_behind },
		{ "an arena leaves no secret behind",
		  an_arena_leaves_no_secret_behind },
		{ "what is not wiped is seen", what_is_not_wiped_is_seen },
		CU_TEST_INFO_NULL,
	};

	return suite_run("conf/wiped", tests);
}
