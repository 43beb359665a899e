#include "conf/listing.h"

#include <stdlib.h>

#include "tests/harness.h"

static void every_set_of_living_addresses_has_a_list_of_them(void)
{
	for (unsigned n = 0; n <= LISTING_MAX; n++)
		for (uint32_t living = 0; living < 1u << n; living++) {
			uint32_t number = listing_number(living, n);
			uint32_t listed;
			int dead = (int)n - __builtin_popcount(living);

			if (number >= listing_count(n)) {
				CU_FAIL_FATAL("a number beyond the count");
			}
			listed = listing_bits(number, n);
			if (listed & ~living || (living && !listed) ||
			    listing_number(listed, n) != number)
				CU_FAIL_FATAL("a list that is not of the living");
			if ((n <= LISTING_WHOLE || dead <= LISTING_FEW ||
			     __builtin_popcount(living) <= LISTING_FEW) &&
			    listed != living)
				CU_FAIL_FATAL("a living address that is not listed");
		}
	CU_PASS();
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
