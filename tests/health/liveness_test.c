#include "health/liveness.h"

#include <string.h>

#include "health/probes.h"
#include "health/rtt.h"
#include "health/verdict.h"
#include "tests/harness.h"

static const struct conf_probe probe = { .silence_ms = 1000,
					 .lost_count = 2,
					 .rise_count = 3 };

/* What has been counted lets every guard pass. */
static enum liveness_state after(enum liveness_state from, enum liveness_event event)
{
	struct liveness e;

	liveness_init(&e, 1);
	e.state = from;
	e.missed_count = e.refused_count = 2;
	e.good_count = 3;
	liveness_step(&e, &probe, event, 1001);
	return e.state;
}

static void one_answer_ends_a_doubt_and_one_miss_begins_it(void)
{
	CU_ASSERT_EQUAL(after(LIVENESS_STEADY, PROBE_MISSED), LIVENESS_DOUBTED);
	CU_ASSERT_EQUAL(after(LIVENESS_STEADY, PROBE_REFUSED), LIVENESS_DOUBTED);
	CU_ASSERT_EQUAL(after(LIVENESS_DOUBTED, PROBE_ANSWERED), LIVENESS_STEADY);
	CU_ASSERT_EQUAL(after(LIVENESS_DOUBTED, PROBE_MISSED), LIVENESS_DOUBTED);
}

static void only_proof_takes_it_down(void)
{
	CU_ASSERT_EQUAL(after(LIVENESS_STEADY, SILENCE_PASSED), LIVENESS_STEADY);
	CU_ASSERT_EQUAL(after(LIVENESS_DOUBTED, SILENCE_PASSED), LIVENESS_DOWN);
	CU_ASSERT_EQUAL(after(LIVENESS_DOUBTED, PROBE_REFUSED), LIVENESS_DOUBTED);
	CU_ASSERT_EQUAL(after(LIVENESS_DOUBTED, REFUSED_TWICE), LIVENESS_DOWN);
	CU_ASSERT_EQUAL(after(LIVENESS_STEADY, SIBLING_GONE), LIVENESS_STEADY);
	CU_ASSERT_EQUAL(after(LIVENESS_DOUBTED, SIBLING_GONE), LIVENESS_DOWN);
	CU_ASSERT_EQUAL(after(LIVENESS_STEADY, PROVEN_GONE), LIVENESS_DOWN);
	CU_ASSERT_EQUAL(after(LIVENESS_DOUBTED, PROVEN_GONE), LIVENESS_DOWN);
}

static void it_rises_in_steps_and_falls_back_at_once(void)
{
	CU_ASSERT_EQUAL(after(LIVENESS_DOWN, PROBE_ANSWERED), LIVENESS_RISING);
	CU_ASSERT_EQUAL(after(LIVENESS_DOWN, ROSE), LIVENESS_DOWN);
	CU_ASSERT_EQUAL(after(LIVENESS_RISING, PROBE_ANSWERED), LIVENESS_RISING);
	CU_ASSERT_EQUAL(after(LIVENESS_RISING, PROBE_MISSED), LIVENESS_DOWN);
	CU_ASSERT_EQUAL(after(LIVENESS_RISING, PROBE_OVERTAKEN), LIVENESS_DOWN);
	CU_ASSERT_EQUAL(after(LIVENESS_DOUBTED, PROBE_OVERTAKEN), LIVENESS_DOUBTED);
	CU_ASSERT_EQUAL(after(LIVENESS_RISING, PROBE_REFUSED), LIVENESS_DOWN);
	CU_ASSERT_EQUAL(after(LIVENESS_RISING, ROSE), LIVENESS_STEADY);
}

static void silence_takes_down_after_its_window_and_enough_lost(void)
{
	struct liveness e;

	liveness_init(&e, 1);
	liveness_step(&e, &probe, PROBE_MISSED, 900);
	CU_ASSERT_FALSE(liveness_heeds(&e, &probe, SILENCE_PASSED, 1001));
	liveness_step(&e, &probe, PROBE_MISSED, 950);
	CU_ASSERT_EQUAL(liveness_silent_at(&e, &probe), 1001);
	liveness_step(&e, &probe, SILENCE_PASSED, 1000);
	CU_ASSERT_EQUAL(e.state, LIVENESS_DOUBTED);
	CU_ASSERT(liveness_heeds(&e, &probe, SILENCE_PASSED, 1001));
	liveness_step(&e, &probe, SILENCE_PASSED, 1001);
	CU_ASSERT_EQUAL(e.state, LIVENESS_DOWN);
}

static void the_second_refusal_since_the_last_answer_takes_down(void)
{
	struct liveness e;

	liveness_init(&e, 1);
	liveness_step(&e, &probe, PROBE_REFUSED, 2);
	liveness_step(&e, &probe, PROBE_MISSED, 3);
	liveness_step(&e, &probe, REFUSED_TWICE, 3);
	CU_ASSERT_EQUAL(e.state, LIVENESS_DOUBTED);
	liveness_step(&e, &probe, PROBE_ANSWERED, 4);
	liveness_step(&e, &probe, PROBE_REFUSED, 5);
	liveness_step(&e, &probe, REFUSED_TWICE, 5);
	CU_ASSERT_EQUAL(e.state, LIVENESS_DOUBTED);
	liveness_step(&e, &probe, PROBE_REFUSED, 6);
	liveness_step(&e, &probe, REFUSED_TWICE, 6);
	CU_ASSERT_EQUAL(e.state, LIVENESS_DOWN);
}

static void good_ones_in_a_row_raise_it_and_a_miss_begins_the_row_anew(void)
{
	struct liveness e;

	liveness_init_down(&e, 1);
	for (uint64_t now = 2; now < 6; now++) {
		liveness_step(&e, &probe, now == 4 ? PROBE_OVERTAKEN : PROBE_ANSWERED,
			      now);
		liveness_step(&e, &probe, ROSE, now);
		CU_ASSERT_NOT_EQUAL(e.state, LIVENESS_STEADY);
	}
	liveness_step(&e, &probe, PROBE_ANSWERED, 6);
	liveness_step(&e, &probe, ROSE, 6);
	CU_ASSERT_EQUAL(e.state, LIVENESS_RISING);
	liveness_step(&e, &probe, PROBE_ANSWERED, 7);
	liveness_step(&e, &probe, ROSE, 7);
	CU_ASSERT_EQUAL(e.state, LIVENESS_STEADY);
}

static void a_void_window_begins_anew_in_the_same_state(void)
{
	struct liveness e;

	liveness_init(&e, 1);
	liveness_step(&e, &probe, PROBE_ANSWERED, 2);
	liveness_step(&e, &probe, PROBE_MISSED, 3);
	liveness_step(&e, &probe, WINDOW_VOID, 900);
	CU_ASSERT_EQUAL(e.state, LIVENESS_DOUBTED);
	CU_ASSERT_EQUAL(e.window_at, 900);
	CU_ASSERT_EQUAL(e.alive_at, 2);
	CU_ASSERT_EQUAL(e.missed_count, 0);
}

static void the_first_answer_decides_a_new_one(void)
{
	struct liveness e;

	liveness_init(&e, 1);
	CU_ASSERT_FALSE(e.decided);
	liveness_step(&e, &probe, PROBE_MISSED, 2);
	CU_ASSERT_FALSE(e.decided);
	liveness_step(&e, &probe, PROBE_ANSWERED, 3);
	CU_ASSERT(e.decided);
}

static void probes_are_matched_by_branch_late_ones_too(void)
{
	struct probes t = { 0 };
	uint32_t told;

	probes_add(&t, 7, 100, 0);
	probes_add(&t, 8, 200, 0);
	CU_ASSERT_EQUAL(probes_oldest_at(&t), 100);
	CU_ASSERT_EQUAL(probes_expire(&t, 99, &told), 0);
	CU_ASSERT_EQUAL(probes_expire(&t, 100, &told), 1);
	CU_ASSERT_EQUAL(probes_expire(&t, 150, &told), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(probes_find(&t, 7));
	CU_ASSERT_EQUAL(probes_find(&t, 7)->state, PROBE_LATE);
	probes_close(&t, probes_find(&t, 8));
	CU_ASSERT_PTR_NULL(probes_find(&t, 8));
	CU_ASSERT_PTR_NULL(probes_find(&t, 0));
	CU_ASSERT_EQUAL(t.open_count, 0);
}

static void a_refused_probe_is_not_told_again_as_missed(void)
{
	struct probes t = { 0 };
	uint32_t told;

	probes_add(&t, 7, 100, 0);
	probes_add(&t, 8, 200, 0);
	probes_report(&t);
	CU_ASSERT_EQUAL(probes_expire(&t, 150, &told), 1);
	CU_ASSERT_EQUAL(told, 0);
	CU_ASSERT_EQUAL(probes_expire(&t, 250, &told), 1);
	CU_ASSERT_EQUAL(told, 1);
	probes_report(&t); /* nothing is open */
	probes_add(&t, 9, 300, 0);
	CU_ASSERT_EQUAL(probes_expire(&t, 350, &told), 1);
	CU_ASSERT_EQUAL(told, 0);
}

static void as_many_probes_as_there_is_room_for_may_be_open(void)
{
	struct probes t = { 0 };
	uint32_t told;

	for (uint64_t i = 1; i <= PROBES_OPEN_MAX; i++) {
		CU_ASSERT(probes_have_room(&t));
		probes_add(&t, i, i, 0);
	}
	CU_ASSERT_FALSE(probes_have_room(&t));
	probes_void(&t, UINT64_MAX);
	CU_ASSERT(probes_have_room(&t));
	CU_ASSERT_EQUAL(probes_expire(&t, UINT64_MAX, &told), 0);
}

static void status_codes_are_judged_by_rows(void)
{
	static const uint16_t given[] = { 480 };

	CU_ASSERT_EQUAL(verdict_of(200, NULL, 0), VERDICT_ALIVE);
	CU_ASSERT_EQUAL(verdict_of(401, NULL, 0), VERDICT_ALIVE);
	CU_ASSERT_EQUAL(verdict_of(405, NULL, 0), VERDICT_ALIVE);
	CU_ASSERT_EQUAL(verdict_of(480, NULL, 0), VERDICT_ALIVE);
	CU_ASSERT_EQUAL(verdict_of(480, given, 1), VERDICT_DEAD);
	CU_ASSERT_EQUAL(verdict_of(100, NULL, 0), VERDICT_PROVISIONAL);
	CU_ASSERT_EQUAL(verdict_of(408, NULL, 0), VERDICT_DEAD);
	CU_ASSERT_EQUAL(verdict_of(500, NULL, 0), VERDICT_DEAD);
	CU_ASSERT_EQUAL(verdict_of(503, NULL, 0), VERDICT_DRAINING);
	CU_ASSERT_EQUAL(verdict_of(504, NULL, 0), VERDICT_DEAD);
	CU_ASSERT_EQUAL(verdict_of(603, NULL, 0), VERDICT_ALIVE);
	CU_ASSERT_EQUAL(verdict_of(99, NULL, 0), VERDICT_GARBAGE);
	CU_ASSERT_EQUAL(verdict_of(700, NULL, 0), VERDICT_GARBAGE);
}

static void round_trips_stand_in_their_quarter_octave(void)
{
	struct rtt r = { 0 };

	CU_ASSERT_EQUAL(rtt_share_us(&r, 990), 0);
	for (unsigned i = 0; i < 99; i++)
		rtt_add(&r, 1000);
	rtt_add(&r, 50000);
	CU_ASSERT(rtt_share_us(&r, 500) >= 1000 && rtt_share_us(&r, 500) <= 1250);
	CU_ASSERT(rtt_share_us(&r, 1000) >= 50000 && rtt_share_us(&r, 1000) <= 62500);
	rtt_add(&r, UINT64_MAX);
	CU_ASSERT_EQUAL(r.last_us, UINT32_MAX / 2);
	for (unsigned i = 0; i < 100000; i++)
		rtt_add(&r, 3);
	CU_ASSERT(rtt_share_us(&r, 990) <= 5);
}

static void the_shortest_of_the_last_four_round_trips_is_the_usual_one(void)
{
	struct rtt r = { 0 };

	for (unsigned i = 0; i < RTT_RECENT - 1; i++)
		rtt_add(&r, 900000);
	CU_ASSERT_EQUAL(rtt_shortest_us(&r), 0);
	rtt_add(&r, 800000);
	CU_ASSERT_EQUAL(rtt_shortest_us(&r), 800000);
	rtt_add(&r, 1000);
	for (unsigned i = 0; i < RTT_RECENT - 1; i++)
		rtt_add(&r, 900000);
	CU_ASSERT_EQUAL(rtt_shortest_us(&r), 1000);
	rtt_add(&r, 900000);
	CU_ASSERT_EQUAL(rtt_shortest_us(&r), 900000);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "one answer ends a doubt and one miss begins it",
		  one_answer_ends_a_doubt_and_one_miss_begins_it },
		{ "only proof takes it down", only_proof_takes_it_down },
		{ "it rises in steps and falls back at once",
		  it_rises_in_steps_and_falls_back_at_once },
		{ "silence takes down after its window and enough lost",
		  silence_takes_down_after_its_window_and_enough_lost },
		{ "the second refusal since the last answer takes down",
		  the_second_refusal_since_the_last_answer_takes_down },
		{ "good ones in a row raise it and a miss begins the row anew",
		  good_ones_in_a_row_raise_it_and_a_miss_begins_the_row_anew },
		{ "a void window begins anew in the same state",
		  a_void_window_begins_anew_in_the_same_state },
		{ "the first answer decides a new one",
		  the_first_answer_decides_a_new_one },
		{ "tries are matched by branch, late ones too",
		  probes_are_matched_by_branch_late_ones_too },
		{ "a refused try is not told again as missed",
		  a_refused_probe_is_not_told_again_as_missed },
		{ "as many tries as there is room for may be open",
		  as_many_probes_as_there_is_room_for_may_be_open },
		{ "status codes are judged by rows", status_codes_are_judged_by_rows },
		{ "round trips stand in their quarter octave",
		  round_trips_stand_in_their_quarter_octave },
		{ "the shortest of the last four round trips is the usual one",
		  the_shortest_of_the_last_four_round_trips_is_the_usual_one },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/endpoint", tests);
}
