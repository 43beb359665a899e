#include "resolver/recursion/client.h"

#include "dns/edns.h"
#include "tests/harness.h"
#include "tests/resolver/stage.h"

static void failure_is_kept_for_two_seconds(void)
{
	struct recursion_stage s;
	struct recursion_client_answer a;
	struct recursion_question q = { 0 };
	struct recursion_answer said = { .rcode = RCODE_SERVFAIL,
					 .has_ede = true,
					 .ede = EDE_DNSSEC_BOGUS };

	stage_init(&s);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_LATER);
	CU_ASSERT_EQUAL_FATAL(asked(&s, &q), 1);
	said.tag = q.tag;
	say(&s, &said);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL(a.ready->flags[1], RCODE_SERVFAIL);
	CU_ASSERT_EQUAL(a.ede, EDE_DNSSEC_BOGUS);
	stage_turn(&s, 2000);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_LATER);
	stage_fini(&s);
}

static void fail_after(struct recursion_stage *s, uint64_t wait_ms)
{
	struct recursion_client_answer a;
	struct recursion_question q = { 0 };
	struct recursion_answer said = { .rcode = RCODE_SERVFAIL,
					 .has_ede = true,
					 .ede = EDE_NO_REACHABLE_AUTHORITY };

	CU_ASSERT_EQUAL(find(s, &a), RECURSION_CLIENT_LATER);
	CU_ASSERT_EQUAL(asked(s, &q), 1);
	stage_turn(s, wait_ms);
	said.tag = q.tag;
	say(s, &said);
}

static void slow_failure_is_waited_for_twice(void)
{
	struct recursion_stage s;
	struct recursion_client_answer a;
	struct recursion_question q = { 0 };

	stage_init(&s);
	fail_after(&s, 4600);
	stage_turn(&s, 3000);
	fail_after(&s, 4600);
	stage_turn(&s, 10000);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL(a.ready->flags[1], RCODE_SERVFAIL);
	CU_ASSERT_EQUAL(a.ede, EDE_NO_REACHABLE_AUTHORITY);
	CU_ASSERT_EQUAL(asked(&s, &q), 1); /* but it is asked for */
	say_address(&s, q.tag, 10);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL(a.ready->flags[1], RCODE_NOERROR);
	stage_fini(&s);
}

static void failure_is_forgotten_after_half_a_minute(void)
{
	struct recursion_stage s;
	struct recursion_client_answer a;

	stage_init(&s);
	fail_after(&s, 4600);
	stage_turn(&s, 3000);
	fail_after(&s, 4600);
	stage_turn(&s, 30000);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_LATER);
	stage_fini(&s);
}

static void quick_failure_is_asked_for_again_each_time(void)
{
	struct recursion_stage s;

	stage_init(&s);
	for (int i = 0; i < 4; i++) {
		fail_after(&s, 100);
		stage_turn(&s, 3000);
	}
	stage_fini(&s);
}

static void what_ran_out_is_given_while_the_recursor_is_gone(void)
{
	struct recursion_stage s;
	struct recursion_client_answer a;

	stage_init(&s);
	fetch(&s, 10);
	close(s.recursor);
	s.recursor = -1;
	recursion_client_receive(s.recursion);
	CU_ASSERT_EQUAL(recursion_client_fd(s.recursion), -1);
	stage_turn(&s, 60000);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL(ttl_of(&a), 30);
	CU_ASSERT_TRUE(a.has_ede);
	CU_ASSERT_EQUAL(a.ede, EDE_STALE_ANSWER);
	stage_turn(&s, 86400000);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_LATER);
	stage_fini(&s);
}

/* Finds, and has the recursor say that it has nothing newer than this. */
static void fetch_stale(struct recursion_stage *s, uint8_t rcode, enum ede ede)
{
	static const uint8_t records[] = { 0xc0, 12, 0, 1, 0,   1, 0, 0,
					   0,    30, 0, 4, 192, 0, 2, 9 };
	bool empty = rcode != RCODE_NOERROR;
	struct recursion_client_answer a;
	struct recursion_question q = { 0 };
	struct recursion_answer said = { .rcode = rcode,
					 .has_ede = true,
					 .ede = (uint16_t)ede,
					 .counts = { !empty },
					 .records = records,
					 .records_len = empty ? 0 : sizeof(records) };

	CU_ASSERT_EQUAL(find(s, &a), RECURSION_CLIENT_LATER);
	CU_ASSERT_EQUAL(asked(s, &q), 1);
	said.tag = q.tag;
	say(s, &said);
}

static void what_the_recursor_gives_stale_is_soon_asked_again(void)
{
	struct recursion_stage s;
	struct recursion_client_answer a;

	stage_init(&s);
	fetch_stale(&s, RCODE_NOERROR, EDE_STALE_ANSWER);
	stage_turn(&s, 4000);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL(a.ede, EDE_STALE_ANSWER);
	stage_turn(&s, 1000);
	fetch_stale(&s, RCODE_NOERROR, EDE_STALE_ANSWER);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_TRUE(a.has_ede);
	stage_fini(&s);
}

static void a_cached_answer_is_preferred_to_a_stale_one_of_the_recursor(void)
{
	struct recursion_stage s;
	struct recursion_client_answer a;

	stage_init(&s);
	fetch(&s, 10);
	stage_turn(&s, 20000);
	fetch_stale(&s, RCODE_NOERROR, EDE_STALE_ANSWER);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL(ttl_of(&a), 30);
	CU_ASSERT_EQUAL(a.ede, EDE_STALE_ANSWER);
	CU_ASSERT_EQUAL(ready_wire(a.ready)[15], 1); /* of 192.0.2.1 */
	stage_fini(&s);
}

static void stale_denial_is_called_so(void)
{
	struct recursion_stage s;
	struct recursion_client_answer a;

	stage_init(&s);
	fetch_stale(&s, RCODE_NXDOMAIN, EDE_STALE_NXDOMAIN);
	stage_turn(&s, 6000);
	fetch_stale(&s, RCODE_NXDOMAIN, EDE_STALE_NXDOMAIN);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL(a.ready->flags[1], RCODE_NXDOMAIN);
	CU_ASSERT_EQUAL(a.ede, EDE_STALE_NXDOMAIN);
	stage_fini(&s);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a failure is kept for two seconds",
		  failure_is_kept_for_two_seconds },
		{ "a slow failure is waited for twice",
		  slow_failure_is_waited_for_twice },
		{ "a failure is forgotten after half a minute",
		  failure_is_forgotten_after_half_a_minute },
		{ "a quick failure is asked for again each time",
		  quick_failure_is_asked_for_again_each_time },
		{ "what ran out is given while the recursor is gone",
		  what_ran_out_is_given_while_the_recursor_is_gone },
		{ "what the recursor gives stale is soon asked again",
		  what_the_recursor_gives_stale_is_soon_asked_again },
		{ "a cached answer is preferred to a stale one of the recursor",
		  a_cached_answer_is_preferred_to_a_stale_one_of_the_recursor },
		{ "a stale denial is called so", stale_denial_is_called_so },
		CU_TEST_INFO_NULL,
	};

	return suite_run("resolver/outside_failure", tests);
}
