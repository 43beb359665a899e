#include "health/path.h"

#include "tests/harness.h"
#include "tests/health/pair.h"

/* False downs of a living host in an hour in which most packets are lost. */
static uint64_t downs_in_an_hour(bool no_echo)
{
	struct sim s;
	uint64_t downs;

	pair_begin(&s, UDP, PROFILE_LAN);
	s.hosts[1].no_echo = no_echo;
	s.hosts[1].loss.alone = 0.4;
	sim_run(&s, 3600000);
	downs = s.counts[SWITCH_DOWN];
	sim_fini(&s);
	return downs;
}

static void echoes_that_return_keep_a_living_pbx(void)
{
	uint64_t without = downs_in_an_hour(true);

	CU_ASSERT(without > 10);
	CU_ASSERT(downs_in_an_hour(false) * 3 < without);
}

static void a_host_is_pinged_in_doubt_and_while_it_is_gone(void)
{
	struct sim s;

	pair_begin(&s, UDP | TCP | TLS, PROFILE_LAN);
	CU_ASSERT_EQUAL(s.prober->path_count, 0);
	sim_mode(&s, 1, SIM_SILENT);
	sim_run(&s, 700);
	CU_ASSERT_EQUAL(s.prober->path_count, 1); /* one for its three endpoints */
	sim_mode(&s, 1, SIM_ALIVE);
	sim_run(&s, 2000);
	CU_ASSERT_EQUAL(s.prober->path_count, 0);
	sim_mode(&s, 1, SIM_SILENT);
	sim_run(&s, 20000);
	CU_ASSERT_EQUAL(sim_row(&s, 0)->state, PBX_DOWN);
	CU_ASSERT_EQUAL(s.prober->path_count, 1);
	sim_mode(&s, 2, SIM_SILENT);
	sim_run(&s, 700);
	CU_ASSERT_EQUAL(s.prober->path_count, 2);
	sim_load(&s, pair, 1); /* it leaves while it is pinged */
	CU_ASSERT_EQUAL(s.prober->path_count, 1);
	sim_mode(&s, 1, SIM_ALIVE);
	sim_run(&s, 5000);
	CU_ASSERT_EQUAL(s.prober->path_count, 0);
	sim_fini(&s);
}

/* The longest time until one is up again whose host was gone for some time. */
static uint64_t slowest_return(uint32_t transports, enum profile profile)
{
	uint64_t slowest = 0;

	for (uint64_t phase = 0; phase < 20; phase++) {
		uint64_t ms = 0;
		struct sim s;

		pair_begin(&s, transports, profile);
		sim_mode(&s, 1, SIM_SILENT);
		sim_run(&s, 60000 + phase * 131);
		sim_mode(&s, 1, SIM_ALIVE);
		for (; sim_row(&s, 0)->state != PBX_UP && ms < 60000; ms++)
			sim_run(&s, 1);
		slowest = ms > slowest ? ms : slowest;
		sim_fini(&s);
	}
	return slowest;
}

static void a_host_that_comes_back_is_probed_at_once(void)
{
	CU_ASSERT(slowest_return(UDP, PROFILE_LAN) <= 2000);
	CU_ASSERT(slowest_return(UDP | TCP | TLS, PROFILE_LAN) <= 2500);
	CU_ASSERT(slowest_return(UDP, PROFILE_WAN) <= 3000);
}

static void an_echo_is_found_by_its_time(void)
{
	struct echoes echoes = { .count = 2,
				 .rows = { { .sent_at = 1000 }, { .sent_at = 1040 } } };
	struct ping e = { .echoes = &echoes };

	ping_echoed(&e, 1040);
	CU_ASSERT(echoes.rows[1].answered);
	CU_ASSERT_FALSE(echoes.rows[0].answered);
	ping_echoed(&e, 1020);
	CU_ASSERT_FALSE(echoes.rows[0].answered);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "echoes that return keep a living PBX",
		  echoes_that_return_keep_a_living_pbx },
		{ "a host is pinged in doubt and while it is gone",
		  a_host_is_pinged_in_doubt_and_while_it_is_gone },
		{ "a host that comes back is probed at once",
		  a_host_that_comes_back_is_probed_at_once },
		{ "an echo is found by its time", an_echo_is_found_by_its_time },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/path", tests);
}
