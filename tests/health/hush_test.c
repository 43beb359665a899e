#include "health/hush.h"

#include <stdio.h>

#include "tests/harness.h"
#include "tests/health/board_fixture.h"

enum { BOTH = 1 << TRANSPORT_UDP | 1 << TRANSPORT_TCP };

static const struct fixture_pbx pbxs[] = { { "main", BOTH, 1 } };
static const int64_t fell_ms = 1795356187000, second_ms = 1000;

/* A pbx whose two endpoints answered and are silent since `fell_ms`. */
static struct board *silent(void)
{
	struct board *b = fixture_board(pbxs, 1);
	struct board_row *row = fixture_row(b, 0);

	fixture_fall(row, 1);
	for (size_t i = 0; i < row->target_count; i++) {
		row->targets[i].since_ms = fell_ms;
		row->targets[i].rtt_us = 900;
	}
	return b;
}

static void all_silent_at_once_soon_after_the_start_is_told(void)
{
	struct board *b = silent();
	const struct board_row *row = fixture_row(b, 0);

	CU_ASSERT_EQUAL(hush_of(row, fell_ms - 3 * second_ms, 0), HUSH_START);
	CU_ASSERT_EQUAL(hush_of(row, fell_ms - 60 * second_ms, 0), HUSH_START);
	CU_ASSERT_EQUAL(hush_of(row, fell_ms - 61 * second_ms, 0), HUSH_NONE);
	CU_ASSERT_PTR_NULL(hush_name(HUSH_NONE));
	CU_ASSERT_STRING_EQUAL(hush_name(HUSH_START),
			       "soon after the start of this node");
	board_unref(b);
}

static void so_is_after_a_stall(void)
{
	struct board *b = silent();
	const struct board_row *row = fixture_row(b, 0);
	int64_t long_ago = fell_ms - 86400 * second_ms;

	CU_ASSERT_EQUAL(hush_of(row, long_ago, fell_ms - 2 * second_ms), HUSH_STALL);
	CU_ASSERT_EQUAL(hush_of(row, fell_ms - 9 * second_ms, fell_ms - second_ms),
			HUSH_STALL);
	CU_ASSERT_EQUAL(hush_of(row, long_ago, fell_ms - 61 * second_ms), HUSH_NONE);
	/* the stall came after it */
	CU_ASSERT_EQUAL(hush_of(row, long_ago, fell_ms + second_ms), HUSH_NONE);
	board_unref(b);
}

static void one_after_another_is_no_ban(void)
{
	struct board *b = silent();
	struct board_row *row = fixture_row(b, 0);

	row->targets[1].since_ms += 10 * second_ms;
	CU_ASSERT_EQUAL(hush_of(row, fell_ms - second_ms, 0), HUSH_START);
	row->targets[1].since_ms++;
	CU_ASSERT_EQUAL(hush_of(row, fell_ms - second_ms, 0), HUSH_NONE);
	board_unref(b);
}

static void who_is_refused_or_answered_is_not_ignored(void)
{
	struct board *b = silent();
	struct board_row *row = fixture_row(b, 0);
	struct board_target *t = &row->targets[1];

	(void)snprintf(t->cause, sizeof(t->cause), "options/tcp refused x2");
	CU_ASSERT_EQUAL(hush_of(row, fell_ms - second_ms, 0), HUSH_NONE);
	(void)snprintf(t->cause, sizeof(t->cause), "options/tcp status 408 x2");
	CU_ASSERT_EQUAL(hush_of(row, fell_ms - second_ms, 0), HUSH_NONE);
	(void)snprintf(t->cause, sizeof(t->cause), "options/tcp timeout x4");
	CU_ASSERT_EQUAL(hush_of(row, fell_ms - second_ms, 0), HUSH_START);
	t->alive = true;
	CU_ASSERT_EQUAL(hush_of(row, fell_ms - second_ms, 0), HUSH_NONE);
	board_unref(b);
}

static void a_pbx_that_never_answered_was_not_silenced(void)
{
	struct board *b = silent();
	struct board_row *row = fixture_row(b, 0);

	row->targets[0].rtt_us = 0;
	CU_ASSERT_EQUAL(hush_of(row, fell_ms - second_ms, 0), HUSH_START);
	row->targets[1].rtt_us = 0;
	CU_ASSERT_EQUAL(hush_of(row, fell_ms - second_ms, 0), HUSH_NONE);
	row->target_count = 0;
	CU_ASSERT_EQUAL(hush_of(row, fell_ms - second_ms, 0), HUSH_NONE);
	board_unref(b);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "all silent at once soon after the start is told",
		  all_silent_at_once_soon_after_the_start_is_told },
		{ "so is after a stall", so_is_after_a_stall },
		{ "one after another is no ban", one_after_another_is_no_ban },
		{ "who is refused or answered is not ignored",
		  who_is_refused_or_answered_is_not_ignored },
		{ "a PBX that never answered was not silenced",
		  a_pbx_that_never_answered_was_not_silenced },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/hush", tests);
}
