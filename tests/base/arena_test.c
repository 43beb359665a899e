#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "tests/harness.h"

static void taken_octets_are_zero_aligned_and_apart(void)
{
	static const uint8_t zero[100];
	struct arena a;
	uint8_t *was = NULL;

	arena_init(&a, 0);
	for (size_t len = 1; len < 100; len++) {
		uint8_t *p = arena_take(&a, len);

		CU_ASSERT_EQUAL((uintptr_t)p % _Alignof(max_align_t), 0);
		CU_ASSERT_EQUAL(memcmp(p, zero, len), 0);
		memset(p, 0xff, len);
		if (was)
			CU_ASSERT_EQUAL(*was, 0xff);
		was = p;
	}
	arena_fini(&a);
}

static void limit_returns_null_and_later_smaller_takes_still_work(void)
{
	struct arena a;

	arena_init(&a, 100);
	CU_ASSERT_PTR_NOT_NULL(arena_take(&a, 64));
	CU_ASSERT_PTR_NULL(arena_take(&a, 64));
	CU_ASSERT_PTR_NULL(arena_take(&a, SIZE_MAX));
	CU_ASSERT_PTR_NULL(arena_copy(&a, "", SIZE_MAX));
	CU_ASSERT_PTR_NOT_NULL(arena_take(&a, 16));
	arena_reset(&a);
	CU_ASSERT_PTR_NOT_NULL(arena_take(&a, 64));
	arena_fini(&a);
}

static void reset_gives_zeroed_octets_again(void)
{
	struct arena a;

	arena_init(&a, 0);
	for (int round = 0; round < 3; round++) {
		uint8_t *p = arena_take(&a, 10000);

		CU_ASSERT_EQUAL(p[9999], 0);
		memset(p, 1, 10000);
		(void)arena_take(&a, 100000);
		arena_reset(&a);
		CU_ASSERT_EQUAL(a.used_len, 0);
	}
	arena_fini(&a);
}

static void copies_end_in_nul(void)
{
	struct arena a;

	arena_init(&a, 0);
	CU_ASSERT_STRING_EQUAL(arena_copy(&a, guarded("pbx", 3), 3), "pbx");
	CU_ASSERT_STRING_EQUAL(arena_copy(&a, NULL, 0), "");
	arena_fini(&a);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "taken octets are zero, aligned and apart",
		  taken_octets_are_zero_aligned_and_apart },
		{ "the limit returns NULL and later smaller takes still work",
		  limit_returns_null_and_later_smaller_takes_still_work },
		{ "reset gives zeroed octets again", reset_gives_zeroed_octets_again },
		{ "copies end in NUL", copies_end_in_nul },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/arena", tests);
}
