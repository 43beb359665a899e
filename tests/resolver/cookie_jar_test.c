#include "resolver/answer/cookie_jar.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/disk/store.h"
#include "base/err.h"
#include "net/loop.h"
#include "tests/harness.h"

static void count_put(void *arg)
{
	unsigned *count = arg;

	++*count;
}

static char folder[] = "/tmp/deputy-cookies.XXXXXX";

static struct store *store_here(void)
{
	struct store *s = NULL;

	CU_ASSERT_EQUAL(store_open(folder, &s), OK);
	return s;
}

static void keys_outlive_the_process(void)
{
	struct loop *loop = loop_new();
	struct store *store = store_here();
	unsigned puts = 0;
	struct cookie_jar *j = cookie_jar_new(loop, store, count_put, &puts);
	struct cookie_keys was = *cookie_jar_now(j);

	CU_ASSERT_EQUAL(puts, 1);
	cookie_jar_free(j);
	store_close(store);
	store = store_here();
	j = cookie_jar_new(loop, store, count_put, &puts);
	CU_ASSERT_EQUAL(memcmp(&was, cookie_jar_now(j), sizeof(was)), 0);
	CU_ASSERT_EQUAL(puts, 1);
	cookie_jar_free(j);
	store_close(store);
	loop_free(loop);
}

/* What was kept: one key of ones, made at a moment. */
static const struct cookie_keys *keys_after(struct store *store, struct loop *loop,
					    int64_t made_at, struct cookie_jar **out)
{
	static unsigned puts;
	uint8_t kept[10 + COOKIE_KEY_LEN] = { 1, 1 };

	for (unsigned i = 0; i < 8; i++)
		kept[2 + i] = (uint8_t)((uint64_t)made_at >> (56 - 8 * i));
	memset(kept + 10, 0x11, COOKIE_KEY_LEN);
	store_put(store, "cookies", kept, sizeof(kept));
	*out = cookie_jar_new(loop, store, count_put, &puts);
	return cookie_jar_now(*out);
}

static void a_key_is_rolled_after_a_day_and_still_verifies(void)
{
	struct loop *loop = loop_new();
	struct store *store = store_here();
	int64_t now = time(NULL);
	const struct cookie_keys *keys;
	struct cookie_jar *j;

	keys = keys_after(store, loop, now - COOKIE_JAR_ROLL_S + 60, &j);
	CU_ASSERT(keys->count == 1 && keys->keys[0][0] == 0x11);
	cookie_jar_free(j);
	keys = keys_after(store, loop, now - COOKIE_JAR_ROLL_S, &j);
	CU_ASSERT_EQUAL(keys->count, 2);
	CU_ASSERT_NOT_EQUAL(memcmp(keys->keys[0], keys->keys[1], COOKIE_KEY_LEN), 0);
	CU_ASSERT_EQUAL(keys->keys[1][15], 0x11);
	cookie_jar_free(j);
	keys = keys_after(store, loop, now + 3600, &j); /* the clock was set back */
	CU_ASSERT_EQUAL(keys->count, 2);
	cookie_jar_free(j);
	store_close(store);
	loop_free(loop);
}

static void keys_that_cannot_be_read_are_generated_again(void)
{
	static const uint8_t garbage[] = { 1, 9, 0, 0 };
	struct loop *loop = loop_new();
	struct store *store = store_here();
	unsigned puts = 0;
	struct cookie_jar *j;

	store_put(store, "cookies", garbage, sizeof(garbage));
	j = cookie_jar_new(loop, store, count_put, &puts);
	CU_ASSERT(cookie_jar_now(j)->count >= 1 && puts == 1);
	cookie_jar_free(j);
	j = cookie_jar_new(loop, NULL, count_put, &puts); /* nothing can be kept */
	CU_ASSERT(cookie_jar_now(j)->count >= 1 && puts == 1);
	cookie_jar_free(j);
	store_close(store);
	loop_free(loop);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "keys outlive the process", keys_outlive_the_process },
		{ "a key is rolled after a day and still verifies",
		  a_key_is_rolled_after_a_day_and_still_verifies },
		{ "keys that cannot be read are generated again",
		  keys_that_cannot_be_read_are_generated_again },
		CU_TEST_INFO_NULL,
	};

	char *command;
	int failed;

	if (mkdtemp(folder) == NULL)
		return 1;
	failed = suite_run("resolver/cookie_jar", tests);
	command = alloc_format("rm -r %s", folder);
	failed |= system(command);
	free(command);
	return failed;
}
