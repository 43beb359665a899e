#include "base/hash_index.h"

#include <stdlib.h>
#include <string.h>

#include "tests/harness.h"

enum { THINGS = 5000 };

struct thing {
	int number;
	struct hash_entry entry;
};

static struct thing things[THINGS];

/* Every third hash is shared by two things, and the low bits are no good. */
static uint64_t hash_of(int i)
{
	return (uint64_t)(i % 3 ? i : i / 6) * 0x100000001b3U << 3;
}

static int found(const struct hash_index *t, int i)
{
	int count = 0;

	for (struct hash_entry *e = hash_index_find(t, hash_of(i)); e;
	     e = hash_index_next(e))
		if (HASH_OWNER(e, struct thing, entry)->number == i)
			count++;
	return count;
}

static void what_was_put_is_found_until_it_is_removed(void)
{
	struct hash_index t = { 0 };

	CU_ASSERT_PTR_NULL(hash_index_find(&t, 1));
	CU_ASSERT_PTR_NULL(hash_index_any(&t));
	for (int i = 0; i < THINGS; i++) {
		things[i].number = i;
		hash_index_put(&t, &things[i].entry, hash_of(i));
		CU_ASSERT_EQUAL(found(&t, i / 2), 1);
	}
	CU_ASSERT_EQUAL(t.count, THINGS);
	CU_ASSERT(t.slot_count >= THINGS - 1);
	for (int i = 0; i < THINGS; i++)
		CU_ASSERT_EQUAL(found(&t, i), 1);
	for (int i = 0; i < THINGS; i += 2)
		hash_index_remove(&t, &things[i].entry);
	for (int i = 0; i < THINGS; i++)
		CU_ASSERT_EQUAL(found(&t, i), i % 2);
	hash_index_fini(&t);
}

static void it_can_be_emptied_and_filled_again(void)
{
	struct hash_index t = { 0 };
	struct hash_entry *e;
	int count = 0;

	for (int i = 0; i < THINGS; i++)
		hash_index_put(&t, &things[i].entry, hash_of(i));
	while ((e = hash_index_any(&t))) {
		hash_index_remove(&t, e);
		count++;
	}
	CU_ASSERT_EQUAL(count, THINGS);
	hash_index_put(&t, &things[0].entry, 0);
	CU_ASSERT_PTR_EQUAL(hash_index_any(&t), &things[0].entry);
	hash_index_fini(&t);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "what was put is found until it is removed",
		  what_was_put_is_found_until_it_is_removed },
		{ "it can be emptied and filled again",
		  it_can_be_emptied_and_filled_again },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/hash_index", tests);
}
