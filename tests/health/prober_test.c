#include "health/prober.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "health/flows.h"
#include "health/pbx.h"
#include "tests/harness.h"
#include "tests/health/pair.h"

static uint64_t detection(uint32_t transports, enum profile profile, enum sim_mode mode)
{
	return pair_slowest(transports, profile, mode, 20);
}

static void a_new_pbx_is_undecided_and_then_up(void)
{
	struct sim s;

	pair_begin(&s, UDP, PROFILE_LAN);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_UP);
	CU_ASSERT_STRING_EQUAL(sim_row(&s, BERLIN)->cause, "options/udp 200");
	CU_ASSERT_EQUAL(sim_answer(&s, 2), BERLIN);
	CU_ASSERT_EQUAL(s.change_count, 0);
	sim_fini(&s);
}

static void a_silent_host_is_down_within_its_profile(void)
{
	CU_ASSERT(detection(UDP, PROFILE_FAST, SIM_SILENT) <= 400);
	CU_ASSERT(detection(UDP, PROFILE_LAN, SIM_SILENT) <= 1200);
	CU_ASSERT(detection(UDP, PROFILE_WAN, SIM_SILENT) <= 4500);
	CU_ASSERT(detection(TLS, PROFILE_FAST, SIM_SILENT) <= 400);
	CU_ASSERT(detection(TCP, PROFILE_LAN, SIM_SILENT) <= 1200);
	CU_ASSERT(detection(UDP | TCP | TLS, PROFILE_WAN, SIM_SILENT) <= 4500);
}

static void a_killed_one_with_a_kept_connection_is_down_at_once(void)
{
	CU_ASSERT(detection(TCP, PROFILE_WAN, SIM_REFUSES) <= 5);
	CU_ASSERT(detection(TLS, PROFILE_LAN, SIM_REFUSES) <= 5);
	CU_ASSERT(detection(UDP | TCP | TLS, PROFILE_WAN, SIM_REFUSES) <= 25);
}

static void a_refusal_by_udp_is_believed_the_second_time(void)
{
	struct sim s;

	CU_ASSERT(detection(UDP, PROFILE_FAST, SIM_REFUSES) <= 200);
	CU_ASSERT(detection(UDP, PROFILE_LAN, SIM_REFUSES) <= 350);
	CU_ASSERT(detection(UDP, PROFILE_WAN, SIM_REFUSES) <= 600);
	pair_begin(&s, UDP, PROFILE_WAN);
	s.hosts[1].no_icmp = true; /* a missing ICMP proves nothing */
	CU_ASSERT(pair_until_switch(&s, 1, SIM_REFUSES, 20000) >= 3500);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(sim_row(&s, BERLIN)->cause, "options/udp timeout x"));
	sim_fini(&s);
}

static void broken_handshakes_take_a_kept_endpoint_down(void)
{
	CU_ASSERT(detection(TLS, PROFILE_WAN, SIM_NO_TLS) <= 20);
}

static void a_bad_status_counts_as_silence(void)
{
	struct sim s;

	pair_begin(&s, UDP, PROFILE_LAN);
	CU_ASSERT(pair_until_switch(&s, 1, SIM_FAILS, 20000) <= 1500);
	CU_ASSERT_PTR_NOT_NULL(strstr(sim_row(&s, BERLIN)->cause, "status 500"));
	sim_fini(&s);
}

static int64_t wall_of(const struct sim *s)
{
	return prober_wall_ms(s->prober);
}

static void draining_and_faults_are_told_since_they_began(void)
{
	struct sim s;
	int64_t began_ms;

	pair_begin(&s, TLS, PROFILE_LAN);
	CU_ASSERT(pair_until_switch(&s, 1, SIM_DRAINS, 20000) <= 3600);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_DRAINING);
	CU_ASSERT_EQUAL(s.counts[SWITCH_DRAINING], 1);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->targets[0].since_ms, wall_of(&s));
	CU_ASSERT(pair_until_switch(&s, 1, SIM_ALIVE, 200000) >= 119000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->targets[0].since_ms, wall_of(&s));
	sim_run(&s, 7000);
	began_ms = wall_of(&s);
	target_certified(s.prober->pbxs[BERLIN]->targets[0], "expired");
	sim_run(&s, 5000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->targets[0].since_ms, began_ms);
	sim_fini(&s);
}

static void it_comes_back_after_three_answers_and_the_hold(void)
{
	struct sim s;
	uint64_t ms;

	pair_begin(&s, UDP, PROFILE_LAN);
	pair_until_switch(&s, 1, SIM_SILENT, 20000);
	sim_run(&s, 60000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_DOWN);
	sim_mode(&s, 1, SIM_ALIVE);
	sim_run(&s, 1000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_UP);
	CU_ASSERT(sim_row(&s, BERLIN)->hold_left_ms > 119000);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), HQ);
	ms = pair_until_switch(&s, 1, SIM_ALIVE, 200000);
	CU_ASSERT(ms >= 119000 && ms <= 120000);
	CU_ASSERT_EQUAL(s.counts[SWITCH_DOWN], 1);
	CU_ASSERT_EQUAL(s.counts[SWITCH_UP], 1);
	CU_ASSERT_EQUAL(s.counts[SWITCH_BACK], 1);
	sim_fini(&s);
}

static void an_overtaken_answer_breaks_the_row_of_good_ones(void)
{
	struct sim s;

	pair_begin(&s, UDP, PROFILE_LAN);
	pair_until_switch(&s, 1, SIM_SILENT, 20000);
	s.hosts[1].slow_ms = 700; /* nearly three paces */
	sim_mode(&s, 1, SIM_ALIVE);
	sim_run(&s, 30000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_DOWN);
	s.hosts[1].slow_ms = 0;
	sim_run(&s, 5000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_UP);
	sim_fini(&s);
}

static void a_killed_process_that_spoke_udp_too_is_known_after_one_round_trip(void)
{
	struct sim s;

	pair_begin(&s, UDP | TCP, PROFILE_WAN);
	s.hosts[1].rtt_ms = 40;
	sim_run(&s, 10000);
	CU_ASSERT(pair_until_switch(&s, 1, SIM_REFUSES, 20000) <= 41);
	sim_fini(&s);
}

static void fail_back_by_hand_waits_for_the_hand(void)
{
	struct health_order o = { .order = ORDER_FAILBACK,
				  .slot = BERLIN,
				  .author = "anna" };
	struct sim s;

	pair_begin(&s, UDP, PROFILE_LAN);
	pair[0].failback_manual = true;
	sim_load(&s, pair, 2);
	pair_until_switch(&s, 1, SIM_SILENT, 20000);
	sim_mode(&s, 1, SIM_ALIVE);
	sim_run(&s, 3600000);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), HQ);
	CU_ASSERT_EQUAL(prober_order(s.prober, &o), 0);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), BERLIN);
	CU_ASSERT_STRING_EQUAL(s.changes[s.change_count - 1].author, "anna");
	o.order = ORDER_FAILOVER;
	CU_ASSERT_EQUAL(prober_order(s.prober, &o), 0);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), HQ);
	CU_ASSERT_EQUAL(s.counts[SWITCH_AWAY], 1);
	sim_fini(&s);
}

static void a_doubt_shows_until_it_is_decided(void)
{
	struct sim s;

	pair_begin(&s, UDP, PROFILE_WAN);
	sim_mode(&s, 1, SIM_SILENT);
	sim_run(&s, 1100);
	CU_ASSERT(sim_row(&s, BERLIN)->doubted);
	sim_mode(&s, 1, SIM_ALIVE);
	sim_run(&s, 600);
	CU_ASSERT_FALSE(sim_row(&s, BERLIN)->doubted);
	CU_ASSERT_EQUAL(s.change_count, 0);
	pair_until_switch(&s, 1, SIM_SILENT, 20000);
	CU_ASSERT(sim_row(&s, BERLIN)->switched);
	sim_run(&s, 29000);
	CU_ASSERT(sim_row(&s, BERLIN)->switched);
	sim_run(&s, 1100);
	CU_ASSERT_FALSE(sim_row(&s, BERLIN)->switched);
	sim_fini(&s);
}

static void one_dead_endpoint_of_two_is_no_failover(void)
{
	struct sim s;

	pair_begin(&s, UDP | TLS, PROFILE_LAN);
	sim_mode(&s, 1, SIM_NO_TLS);
	sim_run(&s, 5000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_UP);
	CU_ASSERT(sim_row(&s, BERLIN)->targets[0].alive);
	CU_ASSERT_FALSE(sim_row(&s, BERLIN)->targets[1].alive);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(sim_row(&s, BERLIN)->targets[1].cause, "handshake failed"));
	CU_ASSERT_EQUAL(s.counts[SWITCH_ENDPOINT], 1);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(s.changes[s.change_count - 1].cause, "handshake failed"));
	CU_ASSERT_EQUAL(sim_answer(&s, 2), BERLIN);
	sim_fini(&s);
}

static void a_certificate_fault_is_told_until_it_is_gone(void)
{
	struct target *t;
	struct sim s;

	pair_begin(&s, TLS, PROFILE_LAN);
	t = s.prober->pbxs[BERLIN]->targets[0];
	target_certified(t, "expired");
	sim_run(&s, 5000);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), HQ);
	CU_ASSERT_STRING_EQUAL(sim_row(&s, BERLIN)->targets[0].cause,
			       "certificate: expired");
	CU_ASSERT_EQUAL(s.counts[SWITCH_ENDPOINT], 1);
	sim_restart(&s, pair, 2);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), HQ);
	t = s.prober->pbxs[BERLIN]->targets[0];
	target_certified(t, NULL);
	sim_run(&s, 5000);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), BERLIN);
	CU_ASSERT_PTR_NULL(strstr(sim_row(&s, BERLIN)->targets[0].cause, "expired"));
	sim_fini(&s);
}

static void a_force_is_at_once_and_ends_by_itself(void)
{
	struct health_order o = { .order = ORDER_FORCE,
				  .slot = BERLIN,
				  .force = FORCE_DOWN,
				  .for_s = 600,
				  .author = "anna",
				  .reason = "new disks" };
	struct sim s;

	pair_begin(&s, UDP, PROFILE_LAN);
	CU_ASSERT_EQUAL(prober_order(s.prober, &o), 0);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), HQ);
	CU_ASSERT_STRING_EQUAL(sim_row(&s, BERLIN)->force_reason, "new disks");
	CU_ASSERT_STRING_EQUAL(s.changes[s.change_count - 1].cause, "down: new disks");
	sim_run(&s, 300000);
	sim_restart(&s, pair, 2);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), HQ);
	s.wall_ms +=
		3600000; /* the wall clock is set: what was ordered does not move */
	sim_run(&s, 290000);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), HQ);
	sim_run(&s, 11000);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), BERLIN);
	CU_ASSERT_EQUAL(s.counts[SWITCH_RELEASED], 1);
	o.slot = 7;
	CU_ASSERT_NOT_EQUAL(prober_order(s.prober, &o), 0);
	sim_fini(&s);
}

static void a_restart_flips_nothing(void)
{
	struct sim s;
	uint64_t seq;

	pair_begin(&s, UDP, PROFILE_LAN);
	pair_until_switch(&s, 1, SIM_SILENT, 20000);
	seq = s.changes[s.change_count - 1].seq;
	for (int i = 0; i < 20; i++) {
		sim_restart(&s, pair, 2);
		CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_DOWN);
		CU_ASSERT_PTR_NOT_NULL(strstr(sim_row(&s, BERLIN)->cause, "timeout"));
		CU_ASSERT_EQUAL(sim_answer(&s, 2), HQ);
		sim_run(&s, 700);
	}
	sim_mode(&s, 1, SIM_ALIVE);
	sim_run(&s, 60000);
	sim_restart(&s, pair, 2);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), HQ); /* the hold goes on */
	sim_run(&s, 59000);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), HQ);
	sim_run(&s, 5000);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), BERLIN);
	CU_ASSERT(s.changes[s.change_count - 1].seq > seq);
	sim_fini(&s);
}

static void an_endpoint_that_answers_every_second_probe_does_not_rise(void)
{
	struct sim s;

	pair_begin(&s, UDP, PROFILE_LAN);
	pair_until_switch(&s, 1, SIM_SILENT, 20000);
	sim_mode(&s, 1, SIM_ALIVE);
	s.hosts[1].one_in = 2; /* each answer overtakes a probe that is still open */
	sim_run(&s, 60000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_DOWN);
	CU_ASSERT_EQUAL(s.counts[SWITCH_UP], 0);
	s.hosts[1].one_in = 0;
	sim_run(&s, 5000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_UP);
	sim_fini(&s);
}

static void our_own_faults_are_not_theirs(void)
{
	struct sim s;

	pair_begin(&s, TCP, PROFILE_LAN);
	s.no_descriptors = true;
	sim_mode(&s, 1,
		 SIM_REFUSES); /* the kept connection goes and no new one can be made */
	sim_run(&s, 30000);
	CU_ASSERT_EQUAL(s.counts[SWITCH_DOWN], 0);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->freeze, FREEZE_OWN_FAULT);
	s.no_descriptors = false;
	sim_run(&s, 1000);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_DOWN);
	sim_fini(&s);
}

/* Whether berlin, which says nothing, falls while each send fails with an error. */
static bool falls_while(int number)
{
	struct sim s;
	bool fell;

	pair_begin(&s, UDP, PROFILE_LAN);
	sim_mode(&s, 1, SIM_SILENT);
	for (unsigned i = 0; i < 50; i++) {
		target_failed(flows_kept(s.prober->pbxs[BERLIN]->targets[0]), number);
		sim_run(&s, 100);
	}
	fell = sim_row(&s, BERLIN)->state == PBX_DOWN;
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->freeze == FREEZE_OWN_FAULT, !fell);
	sim_fini(&s);
	return fell;
}

static void what_our_own_host_cannot_send_proves_nothing(void)
{
	static const int own[] = { EMFILE, ENFILE, ENOBUFS,   ENOMEM,
				   EPERM,  EACCES, EADDRINUSE };

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		CU_ASSERT_FALSE(falls_while(own[i]));
	CU_ASSERT(falls_while(EHOSTUNREACH));
	CU_ASSERT(falls_while(ENETUNREACH));
}

static void the_wall_clock_may_jump(void)
{
	struct sim s;

	pair_begin(&s, UDP | TCP, PROFILE_LAN);
	s.wall_ms += 3600000;
	sim_run(&s, 10000);
	s.wall_ms -= 7200000;
	sim_run(&s, 10000);
	CU_ASSERT_EQUAL(s.change_count, 0);
	sim_fini(&s);
}

static void probes_are_spread_over_the_pace(void)
{
	static struct sim_pbx many[50];
	struct sim s;
	uint64_t most = 0;

	sim_init(&s, 3);
	for (size_t i = 0; i < 50; i++)
		many[i] = (struct sim_pbx){ .name = "p",
					    .host = 1,
					    .transports = UDP,
					    .profile = PROFILE_WAN };
	for (size_t i = 0; i < 50; i++) {
		static char names[50][4];

		names[i][0] = (char)('a' + i / 26);
		names[i][1] = (char)('a' + i % 26);
		many[i].name = names[i];
	}
	sim_load(&s, many, 50);
	sim_run(&s, 1000);
	for (int i = 0; i < 100; i++) {
		uint64_t was = s.sent_count;

		sim_run(&s, 10);
		most = s.sent_count - was > most ? s.sent_count - was : most;
	}
	CU_ASSERT(most <= 4); /* one on average */
	sim_fini(&s);
}

static void a_day_of_bursts_switches_nothing(void)
{
	struct sim s;

	pair_begin(&s, UDP, PROFILE_WAN);
	for (int h = 1; h <= 2; h++)
		s.hosts[h].loss = (struct sim_loss){ 0, 0.9, 200,
						     200 * (0.9 / 0.01 - 1) };
	sim_run(&s, 86400000);
	CU_ASSERT_EQUAL(s.counts[SWITCH_DOWN], 0);
	CU_ASSERT(s.sent_count > 345600); /* two PBXs, twice a second */
	CU_ASSERT(s.board_count > 100);
	sim_fini(&s);
}

static uint64_t sent_in_a_minute(enum profile profile, uint32_t rtt_ms)
{
	struct sim s;
	uint64_t sent;

	pair_begin(&s, UDP, profile);
	s.hosts[1].rtt_ms = rtt_ms;
	sim_run(&s, 60000);
	sent = s.sent_count;
	sim_run(&s, 60000);
	sent = s.sent_count - sent;
	sim_fini(&s);
	return sent;
}

static void a_slow_pbx_costs_no_more_than_a_quick_one(void)
{
	uint64_t lan = sent_in_a_minute(PROFILE_LAN, 1);
	uint64_t wan = sent_in_a_minute(PROFILE_WAN, 30);

	CU_ASSERT(sent_in_a_minute(PROFILE_LAN, 300) <= lan + 1);
	CU_ASSERT(sent_in_a_minute(PROFILE_LAN, 900) <= lan + 1);
	CU_ASSERT(sent_in_a_minute(PROFILE_LAN, 3600) <= lan + 1);
	CU_ASSERT(sent_in_a_minute(PROFILE_WAN, 700) <= wan + 1);
	CU_ASSERT(sent_in_a_minute(PROFILE_WAN, 2800) <= wan + 1);
	CU_ASSERT(sent_in_a_minute(PROFILE_WAN, 3600) <= wan + 1);
}

static void a_long_doubt_is_asked_harder_and_many_make_no_storm(void)
{
	static struct sim_pbx many[30];
	static char names[30][8];
	uint64_t early, late, sent;
	struct sim s;

	pair_begin(&s, UDP, PROFILE_WAN);
	sim_mode(&s, 1, SIM_SILENT);
	sim_run(&s, 500);
	sent = s.sent_count;
	sim_run(&s, 1000);
	early = s.sent_count - sent;
	sim_run(&s, 500);
	sent = s.sent_count;
	sim_run(&s, 1000);
	late = s.sent_count - sent;
	CU_ASSERT(late >= early + 2);
	sim_fini(&s);
	sim_init(&s, 1);
	for (unsigned i = 0; i < 30; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "p%u", i);
		many[i] = (struct sim_pbx){ .name = names[i],
					    .host = (uint8_t)(i + 1),
					    .transports = UDP,
					    .profile = PROFILE_WAN };
	}
	for (unsigned i = 1; i < SIM_HOSTS; i++)
		s.hosts[i].mode = SIM_SILENT;
	sim_load(&s, many, 30);
	sim_run(&s, 2600);
	sent = s.sent_count;
	sim_run(&s, 1000);
	CU_ASSERT(s.sent_count - sent <= 120); /* 30 pbxs, four a second */
	sim_fini(&s);
}

static void restarts_under_heavy_loss_switch_nothing(void)
{
	struct sim s;

	pair_begin(&s, UDP, PROFILE_WAN);
	s.hosts[1].loss.alone = s.hosts[2].loss.alone = 0.3;
	for (int i = 0; i < 50; i++) {
		sim_restart(&s, pair, 2);
		sim_run(&s, 30000);
		CU_ASSERT_EQUAL(sim_answer(&s, 2), BERLIN);
	}
	CU_ASSERT_EQUAL(s.counts[SWITCH_DOWN], 0);
	sim_fini(&s);
}

static void a_new_address_proves_itself_first(void)
{
	struct sim s;

	pair_begin(&s, UDP, PROFILE_LAN);
	sim_mode(&s, 3, SIM_SILENT);
	pair[0].second = 3;
	sim_load(&s, pair, 2);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->target_count, 2);
	CU_ASSERT(sim_row(&s, BERLIN)->targets[0].alive);
	CU_ASSERT_FALSE(sim_row(&s, BERLIN)->targets[1].alive);
	sim_mode(&s, 3, SIM_ALIVE);
	sim_run(&s, 2000);
	CU_ASSERT(sim_row(&s, BERLIN)->targets[1].alive);
	CU_ASSERT_FALSE(sim_row(&s, BERLIN)->targets[1].held);
	pair[0].host = 4; /* readdressed whole: it stays up */
	pair[0].second = 0;
	sim_load(&s, pair, 2);
	CU_ASSERT_EQUAL(sim_answer(&s, 2), BERLIN);
	CU_ASSERT_EQUAL(s.counts[SWITCH_DOWN], 0);
	sim_fini(&s);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a new pbx is undecided and then up",
		  a_new_pbx_is_undecided_and_then_up },
		{ "a silent host is down within its profile",
		  a_silent_host_is_down_within_its_profile },
		{ "a killed one with a kept connection is down at once",
		  a_killed_one_with_a_kept_connection_is_down_at_once },
		{ "a refusal by UDP is believed the second time",
		  a_refusal_by_udp_is_believed_the_second_time },
		{ "broken handshakes take a kept endpoint down",
		  broken_handshakes_take_a_kept_endpoint_down },
		{ "a bad status counts as silence", a_bad_status_counts_as_silence },
		{ "draining and faults are told since they began",
		  draining_and_faults_are_told_since_they_began },
		{ "it comes back after three answers and the hold",
		  it_comes_back_after_three_answers_and_the_hold },
		{ "an overtaken answer breaks the row of good ones",
		  an_overtaken_answer_breaks_the_row_of_good_ones },
		{ "a killed process that spoke UDP too is known after one round trip",
		  a_killed_process_that_spoke_udp_too_is_known_after_one_round_trip },
		{ "fail-back by hand waits for the hand",
		  fail_back_by_hand_waits_for_the_hand },
		{ "a doubt shows until it is decided",
		  a_doubt_shows_until_it_is_decided },
		{ "one dead endpoint of two is no failover",
		  one_dead_endpoint_of_two_is_no_failover },
		{ "a certificate fault is told until it is gone",
		  a_certificate_fault_is_told_until_it_is_gone },
		{ "a force is at once and ends by itself",
		  a_force_is_at_once_and_ends_by_itself },
		{ "a restart flips nothing", a_restart_flips_nothing },
		{ "an endpoint that answers every second probe does not rise",
		  an_endpoint_that_answers_every_second_probe_does_not_rise },
		{ "our own faults are not theirs", our_own_faults_are_not_theirs },
		{ "what our own host cannot send proves nothing",
		  what_our_own_host_cannot_send_proves_nothing },
		{ "the wall clock may jump", the_wall_clock_may_jump },
		{ "tries are spread over the pace", probes_are_spread_over_the_pace },
		{ "a day of bursts switches nothing",
		  a_day_of_bursts_switches_nothing },
		{ "a slow PBX costs no more than a quick one",
		  a_slow_pbx_costs_no_more_than_a_quick_one },
		{ "a long doubt is asked harder, and many make no storm",
		  a_long_doubt_is_asked_harder_and_many_make_no_storm },
		{ "restarts under heavy loss switch nothing",
		  restarts_under_heavy_loss_switch_nothing },
		{ "a new address proves itself first",
		  a_new_address_proves_itself_first },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/prober", tests);
}
