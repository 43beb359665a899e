#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "tests/harness.h"

static void alloc_gives_zeroed_octets(void)
{
	static const uint8_t zero[64];
	uint8_t *p = alloc(64);

	CU_ASSERT_EQUAL(memcmp(p, zero, 64), 0);
	free(p);
}

static void alloc_of_nothing_is_still_memory(void)
{
	void *p = alloc(0);

	CU_ASSERT_PTR_NOT_NULL(p);
	free(p);
}

static void every_error_has_its_own_text(void)
{
	for (int a = ERR_SHORT; a < ERR_LAST; a++)
		for (int b = ERR_SHORT; b < a; b++)
			CU_ASSERT_STRING_NOT_EQUAL(err_text(a), err_text(b));
	CU_ASSERT_STRING_EQUAL(err_text(ERR_LAST), "unknown error");
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "alloc gives zeroed octets", alloc_gives_zeroed_octets },
		{ "alloc of nothing is still memory",
		  alloc_of_nothing_is_still_memory },
		{ "every error has its own text", every_error_has_its_own_text },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/alloc", tests);
}
