#include "base/moment.h"

#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "tests/harness.h"

static const int64_t now_ms = 1795359787500; /* 2026-11-22T15:03:07.5Z */

static int64_t read_at(const char *text)
{
	int64_t at_ms = -1;
	int err = moment_parse(text, now_ms, &at_ms);

	return err ? err : at_ms;
}

static void zone_is(const char *zone)
{
	CU_ASSERT_EQUAL_FATAL(setenv("TZ", zone, 1), 0);
	tzset();
}

static void rfc_3339_with_and_without_its_parts(void)
{
	zone_is("UTC-2"); /* two hours before UTC's clock */
	CU_ASSERT_EQUAL(read_at("2026-11-22T14:03:07Z"), 1795356187000);
	CU_ASSERT_EQUAL(read_at("2026-11-22t14:03:07.123z"), 1795356187000);
	CU_ASSERT_EQUAL(read_at("2026-11-22 14:03Z"), 1795356180000);
	CU_ASSERT_EQUAL(read_at("2026-11-22T15:03:07+01:00"), 1795356187000);
	CU_ASSERT_EQUAL(read_at("2026-11-22T09:33:07-04:30"), 1795356187000);
	CU_ASSERT_EQUAL(read_at("2026-11-22T16:03:07"), 1795356187000);
}

static void clock_alone_is_the_last_time_it_showed_this(void)
{
	zone_is("UTC-2");
	CU_ASSERT_EQUAL(read_at("14:03:07Z"), 1795356187000);
	CU_ASSERT_EQUAL(read_at("16:03:07"), 1795356187000);
	CU_ASSERT_EQUAL(read_at("16:03"), 1795356180000);
	CU_ASSERT_EQUAL(read_at("15:10Z"), 1795273800000); /* yesterday */
	CU_ASSERT_EQUAL(read_at("23:00"), 1795294800000);
}

static void spans_are_before_now(void)
{
	CU_ASSERT_EQUAL(read_at("-90s"), now_ms - 90000);
	CU_ASSERT_EQUAL(read_at("-10m"), now_ms - 600000);
	CU_ASSERT_EQUAL(read_at("-2h"), now_ms - 7200000);
	CU_ASSERT_EQUAL(read_at("-1d"), now_ms - 86400000);
}

static void the_future_and_everything_else_is_refused(void)
{
	static const char *const bad[] = { "",           "-",
					   "-10",        "10m",
					   "noon",       "25:00",
					   "14:3",       "14:03:07Zx",
					   "2026-11-22", "2026-13-01T00:00Z",
					   "-10w",       "2026-11-22T14:03+2" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_EQUAL(read_at(bad[i]), ERR_MALFORMED);
	CU_ASSERT_EQUAL(read_at("2026-11-22T15:03:08Z"), ERR_RANGE);
	CU_ASSERT_EQUAL(read_at("2099-01-01T00:00:00Z"), ERR_RANGE);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "RFC 3339 with and without its parts",
		  rfc_3339_with_and_without_its_parts },
		{ "a clock alone is the last time it showed this",
		  clock_alone_is_the_last_time_it_showed_this },
		{ "spans are before now", spans_are_before_now },
		{ "the future and everything else is refused",
		  the_future_and_everything_else_is_refused },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/moment", tests);
}
