#include "health/asked.h"

#include "conf/probe.h"
#include "tests/harness.h"

static const struct conf_probe lan = { 250, 120, 200, 1000, 5, 3 };
static const struct conf_probe quick = { 50, 20, 100, 300, 3, 3 };

/* Sends whenever it may, and returns how many it sent until `until`. */
static uint32_t send_all(struct asked *a, unsigned how, uint64_t *now, uint64_t until)
{
	uint32_t count = 0;

	for (; *now < until; ++*now)
		if (asked_free_at(a, &lan, how, *now) <= *now) {
			asked_sent(a, a, *now, *now);
			count++;
		}
	return count;
}

static void only_so_many_wait_for_a_pbx_that_stalls(void)
{
	struct asked a = { 0 };
	uint64_t now = 10000;

	for (int i = 0; i < 8; i++, now += 250) { /* while it lives */
		asked_sent(&a, &a, now, now);
		asked_read(&a, &lan, &a, now, now + 1);
	}
	/* One of them is older than 2 s before the clock of the PBX stands still. */
	CU_ASSERT_EQUAL(send_all(&a, 0, &now, now + 3500), 14 - 8 + 1);
	asked_fini(&a);
}

static void what_follows_a_stall_counts_with_what_waited(void)
{
	struct asked a = { 0 };
	uint64_t now = 10000, resumed_at;
	uint32_t count;

	count = send_all(&a, 0, &now, now + 1000);
	CU_ASSERT_EQUAL(count, 14);
	now += 2000;
	resumed_at = now;
	for (size_t i = 0; i < a.count; i++) /* it answers all of them at once */
		asked_read(&a, &lan, &a, a.rows[i].branch, now);
	CU_ASSERT_EQUAL(send_all(&a, 0, &now, resumed_at + 1999), 0);
	CU_ASSERT_EQUAL(send_all(&a, 0, &now, resumed_at + 2100), 14);
	asked_fini(&a);
}

static void an_answer_tells_that_what_was_sent_before_was_read(void)
{
	struct asked a = { 0 };
	int other;

	asked_sent(&a, &a, 1, 10000);
	asked_sent(&a, &other, 2, 10010);
	asked_sent(&a, &a, 3, 10020);
	asked_read(&a, &lan, &a, 3, 10030);
	CU_ASSERT_EQUAL(a.rows[0].state, ASKED_READ);
	CU_ASSERT_EQUAL(a.rows[1].state, ASKED_WAITS); /* of another endpoint */
	CU_ASSERT_EQUAL(a.rows[2].state, ASKED_READ);
	asked_read(&a, &lan, &other, 9, 10040); /* of nothing that we know */
	CU_ASSERT_EQUAL(a.rows[1].state, ASKED_WAITS);
	asked_fini(&a);
}

static void what_was_sent_since_the_last_answer_is_unanswered(void)
{
	struct asked a = { 0 };

	asked_sent(&a, &a, 1, 10000);
	asked_sent(&a, &a, 2, 10100);
	CU_ASSERT_EQUAL(asked_unanswered(&a, 10050), 1);
	CU_ASSERT_EQUAL(asked_unanswered(&a, 10100), 2);
	asked_read(&a, &lan, &a, 1, 10110);
	CU_ASSERT_EQUAL(asked_unanswered(&a, 10200), 0);
	asked_sent(&a, &a, 3, 10120);
	CU_ASSERT_EQUAL(asked_unanswered(&a, 10200), 1);
	asked_void(&a, 10300);
	CU_ASSERT_EQUAL(asked_unanswered(&a, 10300), 0);
	asked_fini(&a);
}

static void a_window_of_silence_is_never_out_of_probes(void)
{
	struct asked a = { 0 };
	int broken; /* an endpoint whose packets are lost on their way */
	uint64_t now = 10000;

	for (uint64_t i = 0; i < 14; i++)
		asked_sent(&a, &broken, i + 1, now);
	now += 2000;
	asked_sent(&a, &a, 99, now - 10);
	asked_read(&a, &lan, &a, 99, now - 5);
	CU_ASSERT(asked_free_at(&a, &lan, 0, now) > now);
	CU_ASSERT_EQUAL(send_all(&a, ASKED_DOUBTED, &now, now + 1000), 5);
	asked_fini(&a);
}

static void on_a_lossy_path_nothing_waits_at_the_pbx(void)
{
	struct asked a = { 0 };
	uint64_t now = 10000;

	CU_ASSERT_EQUAL(send_all(&a, ASKED_LOSSY, &now, now + 10000), 5 * 14);
	asked_fini(&a);
}

static void a_start_is_slow_for_who_ran_before_may_have_asked(void)
{
	struct asked a = { 0 };
	uint64_t now = 10000;

	asked_begin(&a, &lan, now);
	CU_ASSERT(send_all(&a, 0, &now, 10100) <= 4);
	CU_ASSERT(send_all(&a, 0, &now, 12000) <= 7);
	asked_fini(&a);
}

static void a_declared_pace_that_flood_rules_forbid_has_no_limit(void)
{
	struct asked a = { 0 };

	CU_ASSERT_EQUAL(asked_limit(&lan), 14);
	CU_ASSERT_EQUAL(asked_limit(&conf_profiles[PROFILE_LAN]), 14);
	CU_ASSERT_EQUAL(asked_limit(&conf_profiles[PROFILE_WAN]), 13);
	CU_ASSERT_EQUAL(asked_limit(&quick), UINT32_MAX);
	for (uint64_t i = 0; i < 1000; i++) {
		CU_ASSERT_EQUAL(asked_free_at(&a, &quick, 0, 10000 + i), 10000 + i);
		asked_sent(&a, &a, i + 1, 10000 + i);
	}
	CU_ASSERT(asked_free_at(&a, &quick, 0, 20000) == 20000);
	CU_ASSERT_EQUAL(a.count, 0); /* and what is old is forgotten */
	asked_fini(&a);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "only so many wait for a PBX that stalls",
		  only_so_many_wait_for_a_pbx_that_stalls },
		{ "what follows a stall counts with what waited",
		  what_follows_a_stall_counts_with_what_waited },
		{ "an answer tells that what was sent before was read",
		  an_answer_tells_that_what_was_sent_before_was_read },
		{ "what was sent since the last answer is unanswered",
		  what_was_sent_since_the_last_answer_is_unanswered },
		{ "a window of silence is never out of probes",
		  a_window_of_silence_is_never_out_of_probes },
		{ "on a lossy path nothing waits at the PBX",
		  on_a_lossy_path_nothing_waits_at_the_pbx },
		{ "a start is slow, for who ran before may have asked",
		  a_start_is_slow_for_who_ran_before_may_have_asked },
		{ "a declared pace that flood rules forbid has no limit",
		  a_declared_pace_that_flood_rules_forbid_has_no_limit },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/asked", tests);
}
