#include "health/allowance.h"

#include "conf/pace.h"
#include "tests/harness.h"

static const struct conf_probe lan = { 250, 120, 200, 1000, 5, 3 };
static const struct claimant plain = { 0 };
static const struct claimant doubted = { .lives = true, .in_doubt = true };
static const struct claimant lossy = { .is_lossy = true };
static const struct conf_probe quick = { 50, 20, 100, 300, 3, 3 };

/* Sends whenever it may, and returns how many it sent until `until`. */
static uint32_t send_all(struct allowance *a, const struct claimant *how, uint64_t *now,
			 uint64_t until)
{
	uint32_t count = 0;

	for (; *now < until; ++*now)
		if (allowance_free_at(a, &lan, how, *now) <= *now) {
			allowance_sent(a, a, *now, *now);
			count++;
		}
	return count;
}

static void only_so_many_wait_for_a_pbx_that_stalls(void)
{
	struct allowance a = { 0 };
	uint64_t now = 10000;

	for (int i = 0; i < 8; i++, now += 250) { /* while it lives */
		allowance_sent(&a, &a, now, now);
		allowance_read(&a, &lan, &a, now, now + 1);
	}
	/* One of them is older than 2 s before the clock of the PBX stands still. */
	CU_ASSERT_EQUAL(send_all(&a, &plain, &now, now + 3500), 13 - 8 + 1);
	allowance_fini(&a);
}

static void what_follows_a_stall_counts_with_what_waited(void)
{
	struct allowance a = { 0 };
	uint64_t now = 10000, resumed_at;
	uint32_t count;

	count = send_all(&a, &plain, &now, now + 1000);
	CU_ASSERT_EQUAL(count, 13);
	now += 2000;
	resumed_at = now;
	for (size_t i = 0; i < a.count; i++) /* it answers all of them at once */
		allowance_read(&a, &lan, &a, a.rows[i].branch, now);
	CU_ASSERT_EQUAL(send_all(&a, &plain, &now, resumed_at + 1999), 0);
	CU_ASSERT_EQUAL(send_all(&a, &plain, &now, resumed_at + 2100), 13);
	allowance_fini(&a);
}

static void an_answer_tells_that_what_was_sent_before_was_read(void)
{
	struct allowance a = { 0 };
	int other;

	allowance_sent(&a, &a, 1, 10000);
	allowance_sent(&a, &other, 2, 10010);
	allowance_sent(&a, &a, 3, 10020);
	allowance_read(&a, &lan, &a, 3, 10030);
	CU_ASSERT_EQUAL(a.rows[0].state, ALLOWANCE_READ);
	CU_ASSERT_EQUAL(a.rows[1].state, ALLOWANCE_WAITS); /* of another endpoint */
	CU_ASSERT_EQUAL(a.rows[2].state, ALLOWANCE_READ);
	allowance_read(&a, &lan, &other, 9, 10040); /* of nothing that we know */
	CU_ASSERT_EQUAL(a.rows[1].state, ALLOWANCE_WAITS);
	allowance_fini(&a);
}

static void after_a_fault_of_our_own_nothing_waits(void)
{
	struct allowance a = { 0 };
	uint64_t now = 10000;

	CU_ASSERT_EQUAL(send_all(&a, &plain, &now, 10500), 13);
	allowance_void(&a, now);
	CU_ASSERT(allowance_free_at(&a, &lan, &plain, now) >
		  now); /* what was sent was sent */
	CU_ASSERT_EQUAL(allowance_free_at(&a, &lan, &plain, 12000), 12000);
	allowance_fini(&a);
}

static void a_window_of_silence_is_never_out_of_probes(void)
{
	struct allowance a = { 0 };
	int broken; /* an endpoint whose packets are lost on their way */
	uint64_t now = 10000;

	for (uint64_t i = 0; i < 13; i++)
		allowance_sent(&a, &broken, i + 1, now);
	now += 2000;
	allowance_sent(&a, &a, 99, now - 10);
	allowance_read(&a, &lan, &a, 99, now - 5);
	CU_ASSERT(allowance_free_at(&a, &lan, &plain, now) > now);
	CU_ASSERT_EQUAL(send_all(&a, &doubted, &now, now + 1000), 5);
	allowance_fini(&a);
}

static void one_that_lives_is_asked_though_others_use_up_the_allowance(void)
{
	struct allowance a = { 0 };
	int living, mute;
	struct claimant mute_one = { .lives = true, .in_doubt = true, .leaves = 2 };
	struct claimant who = { .by = &living, .lives = true, .every_ms = 250 };
	uint64_t now = 10000, last_at = 0, longest = 0;

	for (; now < 30000; now++) {
		if (now % 120 == 0 &&
		    allowance_free_at(&a, &lan, &mute_one, now) <= now)
			allowance_sent(&a, &mute, now, now);
		if (allowance_free_at(&a, &lan, &who, now) > now ||
		    now - last_at < who.every_ms)
			continue;
		if (last_at && now - last_at > longest)
			longest = now - last_at;
		allowance_sent(&a, &living, now, now);
		allowance_read(&a, &lan, &living, now, now);
		last_at = now;
	}
	CU_ASSERT(longest <= 1000);
	allowance_fini(&a);
}

static void on_a_lossy_path_nothing_waits_at_the_pbx(void)
{
	struct allowance a = { 0 };
	uint64_t now = 10000;

	CU_ASSERT_EQUAL(send_all(&a, &lossy, &now, now + 10000), 5 * 13);
	allowance_fini(&a);
}

static void a_start_is_slow_for_who_ran_before_may_have_asked(void)
{
	struct allowance a = { 0 };
	uint64_t now = 10000;

	allowance_begin(&a, &lan, now);
	CU_ASSERT(send_all(&a, &plain, &now, 10100) <= 4);
	CU_ASSERT(send_all(&a, &plain, &now, 12000) <= 7);
	allowance_fini(&a);
}

static void a_declared_pace_that_flood_rules_forbid_has_no_limit(void)
{
	struct allowance a = { 0 };

	CU_ASSERT_EQUAL(pace_limit(&lan), 13);
	CU_ASSERT_EQUAL(pace_limit(&conf_profiles[PROFILE_LAN]), 13);
	CU_ASSERT_EQUAL(pace_limit(&conf_profiles[PROFILE_WAN]), 12);
	CU_ASSERT_EQUAL(pace_limit(&quick), UINT32_MAX);
	for (uint64_t i = 0; i < 1000; i++) {
		CU_ASSERT_EQUAL(allowance_free_at(&a, &quick, &plain, 10000 + i),
				10000 + i);
		allowance_sent(&a, &a, i + 1, 10000 + i);
	}
	CU_ASSERT(allowance_free_at(&a, &quick, &plain, 20000) == 20000);
	CU_ASSERT_EQUAL(a.count, 0); /* and what is old is forgotten */
	allowance_fini(&a);
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
		{ "after a fault of our own nothing waits",
		  after_a_fault_of_our_own_nothing_waits },
		{ "a window of silence is never out of probes",
		  a_window_of_silence_is_never_out_of_probes },
		{ "one that lives is asked though others use up the allowance",
		  one_that_lives_is_asked_though_others_use_up_the_allowance },
		{ "on a lossy path nothing waits at the PBX",
		  on_a_lossy_path_nothing_waits_at_the_pbx },
		{ "a start is slow, for who ran before may have asked",
		  a_start_is_slow_for_who_ran_before_may_have_asked },
		{ "a declared pace that flood rules forbid has no limit",
		  a_declared_pace_that_flood_rules_forbid_has_no_limit },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/allowance", tests);
}
