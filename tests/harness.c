#include "tests/harness.h"

#include <CUnit/TestRun.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned test_number;
static const char *skip_reason;

/* A test that waits for what never comes ends here, and is named. */
enum { GUARD_S = 40 };
static char hung[200];

static void on_guard(int number)
{
	(void)number;
	(void)!write(STDOUT_FILENO, hung, strlen(hung));
	_exit(1);
}

void skip(const char *reason)
{
	skip_reason = reason;
}

const uint8_t *guarded(const void *octets, size_t len)
{
	enum { PAGES = 32, RING = 8 };
	static uint8_t *maps[RING];
	static unsigned turn;
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t **map = &maps[turn++ % RING];

	if (*map == NULL) {
		*map = mmap(NULL, (PAGES + 1) * size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (*map == MAP_FAILED ||
		    mprotect(*map + PAGES * size, size, PROT_NONE))
			abort();
	}
	if (len > PAGES * size)
		abort();
	return len ? memcpy(*map + PAGES * size - len, octets, len)
		   : *map + PAGES * size;
}

static void test_started(const CU_pTest test, const CU_pSuite suite)
{
	(void)suite;
	skip_reason = NULL;
	(void)snprintf(hung, sizeof(hung),
		       "not ok %u - %s\n# it hangs: not ended within %d s\n"
		       "Bail out! the tests behind it were not run\n",
		       test_number + 1, test->pName, GUARD_S);
	(void)alarm(GUARD_S);
}

static void test_ended(const CU_pTest test, const CU_pSuite suite,
		       const CU_pFailureRecord failure)
{
	(void)suite;
	(void)alarm(0);
	printf("%sok %u - %s", failure ? "not " : "", ++test_number, test->pName);
	if (skip_reason)
		printf(" # SKIP %s", skip_reason);
	putchar('\n');
	for (CU_pFailureRecord f = failure; f; f = f->pNext)
		printf("# %s:%u: %s\n", f->strFileName, f->uiLineNumber,
		       f->strCondition);
	(void)fflush(stdout);
}

int suite_run(const char *name, CU_TestInfo *tests)
{
	CU_SuiteInfo suites[] = {
		{ name, NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};
	unsigned count = 0;
	unsigned failed;

	while (tests[count].pName)
		count++;
	if (CU_initialize_registry() || CU_register_suites(suites))
		return 2;
	(void)signal(SIGALRM, on_guard);
	printf("1..%u\n", count);
	(void)fflush(stdout); /* lest a forked child says it again */
	CU_set_test_start_handler(test_started);
	CU_set_test_complete_handler(test_ended);
	CU_run_all_tests();
	failed = CU_get_number_of_tests_failed() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed || test_number != count;
}
