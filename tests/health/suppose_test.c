#include "health/suppose.h"

#include <string.h>

#include "health/chain.h"
#include "health/trace.h"
#include "tests/harness.h"
#include "tests/health/board_fixture.h"

static const struct fixture_pbx two[] = {
	{ "berlin", 1 << TRANSPORT_UDP | 1 << TRANSPORT_TLS, 2 },
	{ "hq", 1 << TRANSPORT_UDP, 1 },
};

static const struct chain chain = {
	.live = "pbx.wildixin.com.",
	.site = CONF_NONE,
	.ttl_s = 10,
	.member_count = 2,
	.members = { { "berlin", 0 }, { "hq", 1 } },
};

static void expect(const struct board *b, const char *answer, const char *because)
{
	struct choice choice;
	struct trace trace;
	char text[TRACE_EDE_MAX + 1];

	chain_choose(&chain, b, &choice, &trace);
	(void)trace_ede(&trace, text);
	CU_ASSERT_STRING_EQUAL(trace_answer(&trace), answer);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, because));
}

static void each_supposition_is_chosen_by_as_a_board_would_be(void)
{
	static const struct {
		enum supposition s;
		const char *answer, *because;
	} rows[] = {
		{ SUPPOSE_DOWN, "hq", "berlin down (supposed)" },
		{ SUPPOSE_UP, "berlin", "berlin up" },
		{ SUPPOSE_DRAINED, "hq", "berlin draining (supposed)" },
		{ SUPPOSE_FORCED_DOWN, "hq", "berlin forced down (supposed)" },
		{ SUPPOSE_FORCED_UP, "berlin", "berlin forced up (supposed)" },
		{ SUPPOSE_FORCED_DRAIN, "hq", "berlin forced drain (supposed)" },
		{ SUPPOSE_RELEASED, "berlin", "berlin up" },
	};
	struct board *now = fixture_board(two, 2);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct board *then = board_suppose(now);

		board_suppose_row(then, 0, rows[i].s);
		expect(then, rows[i].answer, rows[i].because);
		board_unref(then);
	}
	expect(now, "berlin", "berlin up since");
	board_unref(now);
}

static void what_is_forced_stays_forced_when_it_dies(void)
{
	struct board *now = fixture_board(two, 2);
	struct board *then;

	fixture_row(now, 0)->force = FORCE_UP;
	then = board_suppose(now);
	board_suppose_row(then, 0, SUPPOSE_DOWN);
	expect(then, "berlin", "forced up");
	board_suppose_row(then, 0, SUPPOSE_RELEASED);
	expect(then, "hq", "berlin down");
	board_unref(then);
	board_unref(now);
}

static void up_ends_freezes_and_holds(void)
{
	struct board *now = fixture_board(two, 2);
	struct board *then;

	fixture_fall(fixture_row(now, 0), 1);
	fixture_row(now, 0)->freeze = FREEZE_LINK;
	fixture_row(now, 0)->held_by_hand = true;
	then = board_suppose(now);
	board_suppose_row(then, 0, SUPPOSE_UP);
	expect(then, "berlin", "berlin up");
	expect(now, "hq", "berlin frozen down");
	board_unref(then);
	board_unref(now);
}

static void last_to_fall_is_the_last_known(void)
{
	struct board *now = fixture_board(two, 2);
	struct board *then = board_suppose(now);

	board_suppose_row(then, 0, SUPPOSE_DOWN);
	board_suppose_row(then, 1, SUPPOSE_DOWN);
	expect(then, "hq", "all down (last-known)");
	board_unref(then);
	board_unref(now);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "each supposition is chosen by as a board would be",
		  each_supposition_is_chosen_by_as_a_board_would_be },
		{ "what is forced stays forced when it dies",
		  what_is_forced_stays_forced_when_it_dies },
		{ "up ends freezes and holds", up_ends_freezes_and_holds },
		{ "the last to fall is the last known",
		  last_to_fall_is_the_last_known },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/suppose", tests);
}
