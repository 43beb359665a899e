#include "base/moment.h"

#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
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
	CU_ASSERT_EQUAL(read_at("2026-11-22T14:03:07Z"), 1795356187999);
	CU_ASSERT_EQUAL(read_at("2026-11-22t14:03:07.123z"), 1795356187123);
	CU_ASSERT_EQUAL(read_at("2026-11-22 14:03Z"), 1795356239999);
	CU_ASSERT_EQUAL(read_at("2026-11-22T15:03:07+01:00"), 1795356187999);
	CU_ASSERT_EQUAL(read_at("2026-11-22T09:33:07-04:30"), 1795356187999);
	CU_ASSERT_EQUAL(read_at("2026-11-22T16:03:07"), 1795356187999);
}

static void clock_alone_is_the_last_time_it_showed_this(void)
{
	zone_is("UTC-2");
	CU_ASSERT_EQUAL(read_at("14:03:07Z"), 1795356187999);
	CU_ASSERT_EQUAL(read_at("16:03:07"), 1795356187999);
	CU_ASSERT_EQUAL(read_at("16:03"), 1795356239999);
	CU_ASSERT_EQUAL(read_at("15:10Z"), 1795273859999); /* yesterday */
	CU_ASSERT_EQUAL(read_at("23:00"), 1795294859999);
}

static void a_moment_is_the_last_of_what_is_named_but_not_after_now(void)
{
	zone_is("UTC");
	CU_ASSERT_EQUAL(read_at("2026-11-22T15:03:06.5Z"), now_ms - 1000);
	CU_ASSERT_EQUAL(read_at("2026-11-22T15:03:06.1239Z"), 1795359786123);
	CU_ASSERT_EQUAL(read_at("15:03:06"), 1795359786999);
	CU_ASSERT_EQUAL(read_at("15:03:07"), now_ms);
	CU_ASSERT_EQUAL(read_at("15:03"), now_ms);
}

static void a_clock_with_an_offset_is_of_today_or_yesterday_there(void)
{
	zone_is("UTC");
	CU_ASSERT_EQUAL(read_at("00:03:07+09:00"), 1795359787000 + 500);
	CU_ASSERT_EQUAL(read_at("15:03:07+09:00"), 1795327387999);
	CU_ASSERT_EQUAL(read_at("10:03:07-05:00"), now_ms);
	CU_ASSERT_EQUAL(read_at("10:04:07-05:00"), 1795359847999 - 86400000);
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

static void shows(const char *text, const char *expected)
{
	struct buffer out = { 0 };
	char *shown;

	moment_put_local(&out, text_from(text), now_ms);
	shown = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(shown, expected);
	free(shown);
}

static void moments_are_shown_as_local_time(void)
{
	zone_is("UTC-2");
	shows("2026-11-22T14:03:07Z", "2026-11-22T16:03:07");
	shows("2026-11-22T14:03:07.120Z", "2026-11-22T16:03:07.120");
	shows("main down since 14:03:07Z (timeout x4)",
	      "main down since 16:03:07 (timeout x4)");
	shows("since 2026-11-20T23:30Z, until 23:30:00Z.",
	      "since 2026-11-21T01:30, until 01:30:00.");
	shows("at=2026-11-22T14:03:07Z", "at=2026-11-22T16:03:07");
	zone_is("UTC");
	shows("14:03:07Z", "14:03:07");
}

static void what_is_no_moment_in_utc_stays(void)
{
	static const char *const same[] = {
		"",
		"-",
		"...",
		"14:03:07",
		"14:03Z",
		"25:03:07Z",
		"x14:03:07Z",
		"2026-11-22T14:03:07+01:00",
		"2026-11-22T14:03:07Zx",
		"2001:db8::1 at 192.0.2.1:5060, T1 Z -1.5",
		"2026-13-22T14:03:07Z",
		"14:03:07:14:03:07Z",
	};

	zone_is("UTC-2");
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		shows(same[i], same[i]);
}

/* In Germany 2026-10-25 has the hour from 2 to 3 twice. */
static void an_hour_shown_twice_has_its_offset(void)
{
	zone_is("CET-1CEST,M3.5.0,M10.5.0/3");
	shows("2026-10-24T23:59:59Z", "2026-10-25T01:59:59");
	shows("2026-10-25T00:30:00Z", "2026-10-25T02:30:00+02:00");
	shows("2026-10-25T01:30:00Z", "2026-10-25T02:30:00+01:00");
	shows("2026-10-25T02:00:00Z", "2026-10-25T03:00:00");
	CU_ASSERT_EQUAL(read_at("2026-10-25T02:30:00+02:00"), 1792888200999);
	CU_ASSERT_EQUAL(read_at("2026-10-25T02:30:00+01:00"), 1792891800999);
}

static void what_is_shown_is_read_as_the_same(void)
{
	static const char *const zones[] = { "UTC", "CET-1CEST,M3.5.0,M10.5.0/3",
					     "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
					     "<-0330>3:30" };

	for (size_t z = 0; z < sizeof(zones) / sizeof(*zones); z++)
		for (int64_t s = 0; s < 366 * 86400L; s += 1709) {
			struct buffer out = { 0 };
			char text[32];
			time_t at = (time_t)(now_ms / 1000 - s);
			struct tm tm;
			char *shown;

			zone_is(zones[z]);
			(void)gmtime_r(&at, &tm);
			(void)strftime(text, sizeof(text), "%FT%T.250Z", &tm);
			moment_put_local(&out, text_from(text), now_ms);
			shown = buffer_take_text(&out);
			CU_ASSERT_EQUAL(read_at(shown), 1000 * (int64_t)at + 250);
			free(shown);
		}
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "RFC 3339 with and without its parts",
		  rfc_3339_with_and_without_its_parts },
		{ "a clock alone is the last time it showed this",
		  clock_alone_is_the_last_time_it_showed_this },
		{ "a moment is the last of what is named, but not after now",
		  a_moment_is_the_last_of_what_is_named_but_not_after_now },
		{ "a clock with an offset is of today or yesterday there",
		  a_clock_with_an_offset_is_of_today_or_yesterday_there },
		{ "moments are shown as local time", moments_are_shown_as_local_time },
		{ "what is no moment in UTC stays", what_is_no_moment_in_utc_stays },
		{ "an hour shown twice has its offset",
		  an_hour_shown_twice_has_its_offset },
		{ "what is shown is read as the same",
		  what_is_shown_is_read_as_the_same },
		{ "spans are before now", spans_are_before_now },
		{ "the future and everything else is refused",
		  the_future_and_everything_else_is_refused },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/moment", tests);
}
