#include "health/host_calls.h"

#include "health/prober.h"
#include "tests/harness.h"
#include "tests/health/pair.h"

static void our_own_lost_link_freezes_and_thaws(void)
{
	struct sim s;

	pair_begin(&s, UDP, PROFILE_LAN);
	s.gateway_dead = true;
	sim_mode(&s, 1, SIM_SILENT);
	sim_mode(&s, 2, SIM_SILENT);
	sim_run(&s, 60000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_UP);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->freeze, FREEZE_LINK);
	CU_ASSERT_EQUAL(s.counts[SWITCH_DOWN], 0);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), BERLIN);
	sim_mode(&s, 1, SIM_ALIVE);
	sim_mode(&s, 2, SIM_ALIVE);
	s.gateway_dead = false;
	sim_run(&s, 1000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->freeze, FREEZE_NONE);
	sim_fini(&s);
}

static void a_mute_gateway_cannot_keep_a_silent_pbx_up(void)
{
	struct sim s;

	sim_init(&s, 3);
	pair[0] = (struct sim_pbx){
		.name = "berlin", .host = 1, .transports = UDP, .profile = PROFILE_LAN
	};
	pair[1] = (struct sim_pbx){
		.name = "hq", .host = 2, .transports = UDP, .profile = PROFILE_LAN
	};
	s.hosts[2].own_host = true; /* the node stands beside hq: nobody else proves */
	s.gateway_mute = true;
	sim_load(&s, pair, 2);
	sim_run(&s, 30000);
	CU_ASSERT(pair_until_switch(&s, 1, SIM_SILENT, 20000) <= 1200);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_DOWN);
	sim_fini(&s);
}

static void a_silence_of_all_behind_a_mute_gateway_freezes(void)
{
	struct sim s;

	sim_init(&s, 4);
	s.gateway_mute = true;
	sim_load(&s, pair, 2);
	sim_run(&s, 30000);
	sim_mode(&s, 1, SIM_SILENT);
	sim_mode(&s, 2, SIM_SILENT);
	sim_run(&s, 60000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->freeze, FREEZE_LINK);
	CU_ASSERT_EQUAL(s.counts[SWITCH_DOWN], 0);
	sim_fini(&s);
}

static void what_the_kernel_hears_of_a_mute_gateway_counts(void)
{
	struct sim s;

	sim_init(&s, 4);
	s.gateway_mute = s.gateway_confirmed = true;
	sim_load(&s, pair, 2);
	sim_run(&s, 30000);
	sim_mode(&s, 1, SIM_SILENT);
	sim_mode(&s, 2, SIM_SILENT);
	sim_run(&s, 60000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_DOWN);
	CU_ASSERT_EQUAL(sim_row(&s, HQ)->state, PBX_DOWN);
	sim_fini(&s);
}

static void a_gateway_that_stopped_answering_pings_earlier_proves_nothing(void)
{
	struct sim s;

	sim_init(&s, 5);
	s.hosts[2].own_host = true;
	sim_load(&s, pair, 2);
	sim_run(&s, 12000);
	s.gateway_mute = true; /* it answered, and was told not to */
	sim_run(&s, 30000);
	CU_ASSERT(pair_until_switch(&s, 1, SIM_SILENT, 20000) <= 1200);
	s.gateway_mute = false; /* it is heard again: it counts again */
	sim_mode(&s, 1, SIM_ALIVE);
	sim_run(&s, 300000);
	s.gateway_dead = true;
	CU_ASSERT_EQUAL(pair_until_switch(&s, 1, SIM_SILENT, 20000), 20000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->freeze, FREEZE_LINK);
	sim_fini(&s);
}

static void a_lost_route_is_our_own_lost_link(void)
{
	struct sim s;

	sim_init(&s, 9);
	s.no_route = true; /* from the start: nothing is known of any next hop */
	sim_load(&s, pair, 2);
	sim_mode(&s, 1, SIM_SILENT);
	sim_mode(&s, 2, SIM_SILENT);
	sim_run(&s, 30000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->freeze, FREEZE_LINK);
	CU_ASSERT_EQUAL(s.counts[SWITCH_DOWN], 0);
	sim_fini(&s);
}

static void with_a_living_gateway_or_another_pbx_silence_is_down(void)
{
	struct sim s;

	pair_begin(&s, UDP, PROFILE_LAN);
	s.gateway_mute = true; /* hq proves our link */
	CU_ASSERT(pair_until_switch(&s, 1, SIM_SILENT, 20000) <= 1200);
	sim_fini(&s);
	pair_begin(&s, UDP, PROFILE_LAN);
	sim_mode(&s, 2, SIM_SILENT); /* the gateway does */
	sim_run(&s, 3000);
	CU_ASSERT_EQUAL(sim_row(&s, HQ)->state, PBX_DOWN);
	sim_mode(&s, 1, SIM_SILENT);
	sim_run(&s, 1200);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_DOWN);
	sim_fini(&s);
}

static void a_refusal_never_freezes(void)
{
	struct sim s;

	pair_begin(&s, TCP, PROFILE_LAN);
	s.gateway_dead = true;
	sim_mode(&s, 2, SIM_SILENT);
	CU_ASSERT(pair_until_switch(&s, 1, SIM_REFUSES, 20000) <= 5);
	sim_fini(&s);
}

static void a_pbx_on_our_own_host_is_never_frozen(void)
{
	struct sim s;

	sim_init(&s, 1);
	s.hosts[1].own_host = true;
	pair[0] = (struct sim_pbx){
		.name = "berlin", .host = 1, .transports = UDP, .profile = PROFILE_AUTO
	};
	pair[1] = (struct sim_pbx){
		.name = "hq", .host = 2, .transports = UDP, .profile = PROFILE_AUTO
	};
	sim_load(&s, pair, 2);
	sim_run(&s, 5000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->profile, PROFILE_LAN);
	CU_ASSERT_EQUAL(sim_row(&s, HQ)->profile, PROFILE_WAN);
	s.gateway_dead = true;
	sim_mode(&s, 2, SIM_SILENT);
	CU_ASSERT(pair_until_switch(&s, 1, SIM_SILENT, 20000) <= 1200);
	sim_run(&s, 10000);
	CU_ASSERT_EQUAL(sim_row(&s, HQ)->freeze, FREEZE_LINK);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), HQ);
	sim_fini(&s);
}

static void no_carrier_freezes_at_once(void)
{
	struct sim s;

	pair_begin(&s, UDP, PROFILE_LAN);
	prober_carrier(s.prober, 2, false);
	sim_mode(&s, 1, SIM_SILENT);
	sim_mode(&s, 2, SIM_SILENT);
	sim_run(&s, 1);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->freeze, FREEZE_LINK);
	sim_run(&s, 60000);
	CU_ASSERT_EQUAL(s.counts[SWITCH_DOWN], 0);
	sim_mode(&s, 1, SIM_ALIVE);
	sim_mode(&s, 2, SIM_ALIVE);
	prober_carrier(s.prober, 2, true);
	sim_run(&s, 1000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->freeze, FREEZE_NONE);
	CU_ASSERT_EQUAL(s.counts[SWITCH_DOWN], 0);
	sim_fini(&s);
}

static void a_silent_witness_says_the_path_is_lost(void)
{
	struct sim s;

	pair_begin(&s, UDP, PROFILE_LAN);
	pair[0].witness = 3;
	sim_load(&s, pair, 2);
	sim_run(&s, 6000);
	sim_mode(&s, 3, SIM_SILENT);
	sim_mode(&s, 1, SIM_SILENT);
	sim_run(&s, 10000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_UP);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->freeze, FREEZE_PATH);
	sim_mode(&s, 3, SIM_ALIVE); /* the path is back, the pbx is not */
	sim_run(&s, 2000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_DOWN);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->freeze, FREEZE_NONE);
	sim_fini(&s);
}

static void a_neighbour_that_is_a_dead_pbx_is_not_asked_for_our_link(void)
{
	struct sim s;

	pair_begin(&s, UDP, PROFILE_LAN);
	s.neighbour = 2;
	sim_load(&s, pair, 2);
	sim_run(&s, 20000);
	sim_mode(&s, 2, SIM_SILENT);
	sim_run(&s, 3000);
	CU_ASSERT_EQUAL(sim_row(&s, HQ)->state, PBX_DOWN);
	sim_mode(&s, 1, SIM_SILENT);
	sim_run(&s, 1500);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_DOWN);
	CU_ASSERT_EQUAL(s.counts[SWITCH_FROZEN], 0);
	sim_fini(&s);
	pair_begin(&s, UDP, PROFILE_LAN);
	s.neighbour = 2;
	sim_load(&s, pair, 2);
	sim_run(&s, 20000);
	sim_mode(&s, 1, SIM_SILENT); /* both at once: it may be our link */
	sim_mode(&s, 2, SIM_SILENT);
	sim_run(&s, 3000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_UP);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->freeze, FREEZE_LINK);
	sim_fini(&s);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a mute gateway cannot keep a silent pbx up",
		  a_mute_gateway_cannot_keep_a_silent_pbx_up },
		{ "a silence of all behind a mute gateway freezes",
		  a_silence_of_all_behind_a_mute_gateway_freezes },
		{ "what the kernel hears of a mute gateway counts",
		  what_the_kernel_hears_of_a_mute_gateway_counts },
		{ "a gateway that stopped answering pings earlier proves nothing",
		  a_gateway_that_stopped_answering_pings_earlier_proves_nothing },
		{ "our own lost link freezes and thaws",
		  our_own_lost_link_freezes_and_thaws },
		{ "a lost route is our own lost link",
		  a_lost_route_is_our_own_lost_link },
		{ "with a living gateway or another pbx silence is down",
		  with_a_living_gateway_or_another_pbx_silence_is_down },
		{ "a refusal never freezes", a_refusal_never_freezes },
		{ "a pbx on our own host is never frozen",
		  a_pbx_on_our_own_host_is_never_frozen },
		{ "no carrier freezes at once", no_carrier_freezes_at_once },
		{ "a silent witness says the path is lost",
		  a_silent_witness_says_the_path_is_lost },
		{ "a neighbour that is a dead PBX is not asked for our link",
		  a_neighbour_that_is_a_dead_pbx_is_not_asked_for_our_link },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/ground", tests);
}
