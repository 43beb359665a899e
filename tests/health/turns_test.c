#include "health/turns.h"

#include "tests/harness.h"
#include "tests/health/pair.h"

static const uint32_t endpoints[] = { UDP, UDP | TCP, UDP | TCP | TLS };
enum { ENDPOINTS = sizeof(endpoints) / sizeof(*endpoints) };

/* The most probes in any 2 s at berlin, for a while from now on. */
static uint32_t most_asked(struct sim *s, uint64_t ms)
{
	s->hosts[1].asked.most = 0;
	sim_run(s, ms);
	return s->hosts[1].asked.most;
}

static void the_pace_is_the_addresss_from_the_start_on(void)
{
	for (size_t n = 0; n < ENDPOINTS; n++) {
		struct sim s;

		pair_begin(&s, endpoints[n], PROFILE_LAN);
		CU_ASSERT(s.hosts[1].asked.most <= 9);
		CU_ASSERT(most_asked(&s, 60000) <= 9);
		CU_ASSERT(s.hosts[1].asked.most >= 8);
		sim_fini(&s);
		pair_begin(&s, endpoints[n], PROFILE_WAN);
		CU_ASSERT(s.hosts[1].asked.most <= 5);
		CU_ASSERT(most_asked(&s, 60000) <= 5);
		CU_ASSERT(s.hosts[1].asked.most >= 4);
		sim_fini(&s);
	}
}

static void after_a_doubt_they_take_turns_again(void)
{
	struct sim s;

	pair_begin(&s, UDP | TCP | TLS, PROFILE_LAN);
	sim_mode(&s, 1, SIM_SILENT);
	sim_run(&s, 700);
	CU_ASSERT(sim_row(&s, 0)->doubted);
	sim_mode(&s, 1, SIM_ALIVE);
	sim_run(&s, 5000);
	CU_ASSERT(!sim_row(&s, 0)->doubted);
	CU_ASSERT(most_asked(&s, 60000) <= 9);
	CU_ASSERT_EQUAL(s.counts[SWITCH_DOWN], 0);
	sim_fini(&s);
}

enum { FLOOD = 16 }; /* common flood rules ban at so many in 2 s */

/* The most that the process of berlin reads, or is sent, in any 2 s of so many stops.
 */
static void stop_again_and_again(struct sim *s, uint32_t *sent, uint32_t *worked)
{
	for (uint64_t i = 0; i < 100; i++) {
		sim_mode(s, 1, SIM_STOPPED);
		sim_run(s, 500 + i * 997 % 3000);
		sim_mode(s, 1, SIM_ALIVE);
		sim_run(s, 4000 + i * 641 % 3000);
	}
	*sent = s->hosts[1].asked.most;
	*worked = s->hosts[1].worked.most;
}

static void a_pbx_that_stops_for_a_moment_does_not_ban_us(void)
{
	for (int p = PROFILE_LAN; p <= PROFILE_WAN; p++)
		for (size_t n = 0; n < ENDPOINTS; n++) {
			uint32_t sent, worked;
			struct sim s;

			pair_begin(&s, endpoints[n], (enum profile)p);
			s.hosts[1].own_host = true; /* no echo hurries us */
			stop_again_and_again(&s, &sent, &worked);
			CU_ASSERT(sent < FLOOD);
			CU_ASSERT(worked < FLOOD);
			sim_fini(&s);
		}
}

static void one_who_is_down_is_asked_seldom(void)
{
	for (int p = PROFILE_LAN; p <= PROFILE_WAN; p++)
		for (size_t n = 0; n < ENDPOINTS; n++) {
			struct sim s;

			pair_begin(&s, endpoints[n], (enum profile)p);
			sim_mode(&s, 1, SIM_STOPPED);
			sim_run(&s, 10000);
			CU_ASSERT_EQUAL(sim_row(&s, 0)->state, PBX_DOWN);
			CU_ASSERT(most_asked(&s, 60000) <= 4);
			sim_mode(&s, 1, SIM_ALIVE);
			CU_ASSERT(most_asked(&s, 60000) < FLOOD);
			CU_ASSERT_EQUAL(sim_row(&s, 0)->state, PBX_UP);
			sim_fini(&s);
		}
}

static void restarts_in_the_middle_of_stops_do_not_ban_us(void)
{
	for (size_t n = 0; n < ENDPOINTS; n++)
		for (uint64_t phase = 0; phase < 30; phase++) {
			struct sim s;

			pair_begin(&s, endpoints[n], PROFILE_LAN);
			sim_mode(&s, 1, SIM_STOPPED);
			sim_run(&s, phase * 50);
			sim_restart(&s, pair, 2);
			sim_run(&s, 3000 - phase * 50);
			sim_mode(&s, 1, SIM_ALIVE);
			sim_run(&s, 5000);
			CU_ASSERT(s.hosts[1].asked.most < FLOOD);
			sim_fini(&s);
		}
}

static uint64_t slowest(uint32_t transports, enum profile profile)
{
	return pair_slowest(transports, profile, SIM_SILENT, 40);
}

static void a_silent_host_is_down_in_time_though_each_is_probed_seldom(void)
{
	for (size_t n = 0; n < ENDPOINTS; n++) {
		CU_ASSERT(slowest(endpoints[n], PROFILE_FAST) <= 400);
		CU_ASSERT(slowest(endpoints[n], PROFILE_LAN) <= 1200);
		CU_ASSERT(slowest(endpoints[n], PROFILE_WAN) <= 4500);
	}
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "the pace is the address's, from the start on",
		  the_pace_is_the_addresss_from_the_start_on },
		{ "after a doubt they take turns again",
		  after_a_doubt_they_take_turns_again },
		{ "a PBX that stops for a moment does not ban us",
		  a_pbx_that_stops_for_a_moment_does_not_ban_us },
		{ "one who is down is asked seldom", one_who_is_down_is_asked_seldom },
		{ "restarts in the middle of stops do not ban us",
		  restarts_in_the_middle_of_stops_do_not_ban_us },
		{ "a silent host is down in time though each is probed seldom",
		  a_silent_host_is_down_in_time_though_each_is_probed_seldom },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/turns", tests);
}
