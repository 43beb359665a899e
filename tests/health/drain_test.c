#include "health/drain.h"

#include "tests/harness.h"

enum { HOLD_MS = 120000 };

/* 503 each `pace_ms`, `count` times from `now` on; returns when the last came. */
static uint64_t refuse(struct drain *d, uint64_t now, uint32_t count, uint32_t pace_ms)
{
	for (uint32_t i = 0; i < count; i++)
		drain_note_503(d, 0, HOLD_MS, false, now + (uint64_t)i * pace_ms);
	return now + (uint64_t)(count - 1) * pace_ms;
}

static void five_503_over_three_seconds_drain(void)
{
	struct drain d = { 0 };

	(void)refuse(&d, 1000, 12, 250);
	CU_ASSERT_FALSE(d.draining); /* many, in 2.75 s */
	drain_note_503(&d, 0, HOLD_MS, false, 4000);
	CU_ASSERT(d.draining);
	d = (struct drain){ 0 };
	(void)refuse(&d, 1000, 4, 1000);
	CU_ASSERT_FALSE(d.draining); /* for 3 s, but few */
	drain_note_503(&d, 0, HOLD_MS, false, 5000);
	CU_ASSERT(d.draining);
}

static void any_other_answer_begins_the_count_anew(void)
{
	struct drain d = { 0 };

	for (uint64_t now = 0; now < 86400000; now += 2500) {
		(void)refuse(&d, now, 5, 500);
		drain_note_other(&d, now + 2400);
		CU_ASSERT_FALSE_FATAL(d.draining);
	}
}

static void it_is_back_after_a_hold_without_any_503(void)
{
	struct drain d = { 0 };
	uint64_t last = refuse(&d, 1000, 20, 250);

	drain_note_other(&d, last + HOLD_MS - 1);
	CU_ASSERT(d.draining);
	drain_note_503(&d, 0, HOLD_MS, false, last + HOLD_MS - 1);
	drain_note_other(&d, last + HOLD_MS);
	CU_ASSERT(d.draining);
	drain_note_other(&d, last + 2ul * HOLD_MS - 1);
	CU_ASSERT_FALSE(d.draining);
}

static void retry_after_is_waited_for_up_to_ten_minutes(void)
{
	struct drain d = { 0 };
	uint64_t last = refuse(&d, 1000, 20, 250);

	drain_note_503(&d, 300, HOLD_MS, false, last);
	drain_note_other(&d, last + 299999);
	CU_ASSERT(d.draining);
	drain_note_503(&d, UINT32_MAX, HOLD_MS, false, last + 299999);
	drain_note_other(&d, last + 299999 + 599999);
	CU_ASSERT(d.draining);
	drain_note_other(&d, last + 299999 + 600000);
	CU_ASSERT_FALSE(d.draining);
}

static void one_503_suffices_from_who_was_down(void)
{
	struct drain d = { 0 };

	drain_note_503(&d, 0, 0, true, 1000);
	CU_ASSERT(d.draining);
	drain_note_other(&d, 1250);
	CU_ASSERT_FALSE(d.draining);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "five 503 over three seconds drain",
		  five_503_over_three_seconds_drain },
		{ "any other answer begins the count anew",
		  any_other_answer_begins_the_count_anew },
		{ "it is back after a hold without any 503",
		  it_is_back_after_a_hold_without_any_503 },
		{ "Retry-After is waited for up to ten minutes",
		  retry_after_is_waited_for_up_to_ten_minutes },
		{ "one 503 suffices from who was down",
		  one_503_suffices_from_who_was_down },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/drain", tests);
}
