#include "conf/listing.h"

#include <stdbool.h>

#include "tests/harness.h"

/* Whether the list for these living addresses is one of them, and as long as said. */
static bool is_right(uint32_t living, unsigned n)
{
	uint32_t number = listing_number(living, n);
	uint32_t listed = listing_bits(number, n);
	int live = __builtin_popcount(living);
	bool whole = n <= LISTING_WHOLE || (int)n - live <= LISTING_FEW ||
		     live <= LISTING_FEW;

	return number < listing_count(n) && !(listed & ~living) &&
	       listing_number(listed, n) == number &&
	       (whole ? listed == living : __builtin_popcount(listed) == LISTING_FEW);
}

static void every_set_of_living_addresses_has_a_list_of_them(void)
{
	unsigned wrong = 0;

	for (unsigned n = 0; n <= LISTING_MAX; n++)
		for (uint32_t living = 0; living < 1u << n; living++)
			wrong += !is_right(living, n);
	CU_ASSERT_EQUAL(wrong, 0);
}

static void every_number_has_one_list(void)
{
	for (unsigned n = 0; n <= LISTING_MAX; n++)
		for (uint32_t number = 0; number < listing_count(n); number++)
			CU_ASSERT_EQUAL(listing_number(listing_bits(number, n), n),
					number);
}

static void many_addresses_have_few_lists(void)
{
	CU_ASSERT_EQUAL(listing_count(0), 1);
	CU_ASSERT_EQUAL(listing_count(10), 1024);
	CU_ASSERT_EQUAL(listing_count(11), 464);
	CU_ASSERT_EQUAL(listing_count(16), 1394);
	/* 5 of 16 are dead: the first three that live */
	CU_ASSERT_EQUAL(listing_bits(listing_number(0xf83e, 16), 16), 0x0e);
	/* 3 are dead: all that live */
	CU_ASSERT_EQUAL(listing_bits(listing_number(0xff1f, 16), 16), 0xff1f);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "every set of living addresses has a list of them",
		  every_set_of_living_addresses_has_a_list_of_them },
		{ "every number has one list", every_number_has_one_list },
		{ "many addresses have few lists", many_addresses_have_few_lists },
		CU_TEST_INFO_NULL,
	};

	return suite_run("conf/listing", tests);
}
