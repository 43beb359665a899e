/*
 * Prints how often the real prober switches falsely, and how fast rightly, on a virtual
 * clock: months of burst loss, restarts under heavy loss, faults at random moments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "bench/rows.h"
#include "tests/health/sim.h"

#define HELP                                                                                     \
 "How often the real prober switches falsely, and how fast rightly, on a virtual "               \
 "clock.\n\nusage: false_switches [--json] [DAYS [RESTARTS [FAULTS]]]\n\n"                       \
 "  DAYS      of burst loss, lan and wan, one to three endpoints, four lengths of bursts (30)\n" \
 "  RESTARTS  while 30 % of round trips are lost (1000)\n"                                       \
 "  FAULTS    of each kind and profile, at random moments (200)"

enum { UDP = 1 << TRANSPORT_UDP, TCP = 1 << TRANSPORT_TCP, TLS = 1 << TRANSPORT_TLS };

/* Of one, two and three endpoints. */
enum { ENDPOINTS = 3 };
static const uint32_t endpoints[ENDPOINTS] = { UDP, UDP | TCP, UDP | TCP | TLS };

static struct sim_pbx pair_of(const char *name, uint8_t host, uint32_t transports,
			      enum profile profile)
{
	return (struct sim_pbx){ .name = name,
				 .host = host,
				 .transports = transports,
				 .profile = profile,
				 .hold_ms = 120000 };
}

static void begin(struct sim *s, uint64_t seed, uint32_t transports,
		  enum profile profile)
{
	struct sim_pbx pair[] = { pair_of("berlin", 1, transports, profile),
				  pair_of("hq", 2, transports, profile) };

	sim_init(s, seed);
	s->hosts[1].rtt_ms = s->hosts[2].rtt_ms = profile == PROFILE_WAN ? 30 : 1;
	sim_load(s, pair, 2);
}

static void month(struct rows *r, uint64_t days, enum profile profile, size_t count,
		  double burst_ms)
{
	double apart_ms = burst_ms * (0.9 / 0.01 - 1);
	uint64_t doubts;
	struct sim s;

	begin(&s, 1, endpoints[count - 1], profile);
	for (int h = 1; h <= 2; h++)
		s.hosts[h].loss = (struct sim_loss){ 0, 0.9, burst_ms, apart_ms };
	for (uint64_t d = 0; d < days; d++)
		sim_run(&s, 86400000);
	doubts = s.board_count / 2; /* each begins and ends */
	rows_text(r, profile_name(profile));
	rows_number(r, (double)count);
	rows_number(r, burst_ms / 1000);
	rows_number(r, (double)s.sent_count);
	rows_number(r, (double)doubts);
	rows_number(r, (double)s.counts[SWITCH_DOWN]);
	rows_number(r, days ? (double)s.counts[SWITCH_DOWN] * 30 / (double)days : 0);
	sim_fini(&s);
}

static void months(struct rows *r, uint64_t days)
{
	static const struct row_column columns[] = {
		{ "profile", "profile", -7, 0 },
		{ "endpoints", "endpoints", 9, 0 },
		{ "mean_burst_s", "mean burst, s", 13, 2 },
		{ "sent", "probes sent", 13, 0 },
		{ "doubts", "doubts", 8, 0 },
		{ "false_downs", "false downs", 11, 0 },
		{ "false_downs_a_month", "a month", 9, 1 },
	};
	static const double bursts_ms[] = { 50, 200, 500, 1000 };

	rows_tell(
		r,
		"False downs in %llu days of two PBXs: 1 %% mean loss of round trips, "
		"90 %% inside bursts; endpoints: udp, tcp, tls\n",
		(unsigned long long)days);
	rows_table(r, "loss", columns, sizeof(columns) / sizeof(*columns));
	for (int p = PROFILE_LAN; p <= PROFILE_WAN; p++)
		for (size_t n = 1; n <= ENDPOINTS; n++)
			for (size_t i = 0; i < sizeof(bursts_ms) / sizeof(*bursts_ms);
			     i++)
				month(r, days, (enum profile)p, n, bursts_ms[i]);
}

static void restarts(struct rows *r, uint64_t count)
{
	static const struct row_column columns[] = {
		{ "restarts", "restarts", 8, 0 },
		{ "false_downs", "false downs", 11, 0 },
		{ "other_answer_s", "seconds with another answer", 27, 0 },
	};
	struct sim_pbx pair[] = { pair_of("berlin", 1, UDP, PROFILE_WAN),
				  pair_of("hq", 2, UDP, PROFILE_WAN) };
	uint64_t flips = 0;
	struct sim s;

	begin(&s, 2, UDP, PROFILE_WAN);
	s.hosts[1].loss.alone = s.hosts[2].loss.alone = 0.3;
	for (uint64_t i = 0; i < count; i++) {
		sim_restart(&s, pair, 2);
		for (int second = 0; second < 30; second++) {
			sim_run(&s, 1000);
			flips += sim_answer(&s, 2) != 0;
		}
	}
	rows_tell(r, "\nRestarts of 30 s, wan, 30 %% of round trips lost\n");
	rows_table(r, "restarts", columns, sizeof(columns) / sizeof(*columns));
	rows_number(r, (double)count);
	rows_number(r, (double)s.counts[SWITCH_DOWN]);
	rows_number(r, (double)flips);
	sim_fini(&s);
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Of values in order. */
static double share(const uint64_t *ms, uint64_t count, unsigned percent)
{
	uint64_t at = count * percent / 100;

	return (double)ms[at];
}

static uint64_t one_fault(uint64_t seed, uint32_t transports, enum profile profile,
			  enum sim_mode mode)
{
	struct sim s;
	uint64_t ms = 0;

	begin(&s, seed, transports, profile);
	sim_run(&s, 5000 + seed * 7919 % 1000);
	sim_mode(&s, 1, mode);
	while (sim_answer(&s, 2) == 0 && ms < 60000) {
		sim_run(&s, 1);
		ms++;
	}
	sim_fini(&s);
	return ms;
}

static void faults(struct rows *out, uint64_t count)
{
	static const struct row_column columns[] = {
		{ "fault", "fault", -24, 0 }, { "profile", "profile", -7, 0 },
		{ "p50_ms", "p50", 6, 0 },    { "p99_ms", "p99", 6, 0 },
		{ "max_ms", "max", 6, 0 },
	};
	static const struct {
		const char *name;
		uint32_t transports;
		enum sim_mode mode;
	} rows[] = {
		{ "killed, kept connection", TLS, SIM_REFUSES },
		{ "killed, UDP only", UDP, SIM_REFUSES },
		{ "TLS broken", TLS, SIM_NO_TLS },
		{ "silent, UDP", UDP, SIM_SILENT },
		{ "silent, TLS", TLS, SIM_SILENT },
		{ "silent, three endpoints", UDP | TCP | TLS, SIM_SILENT },
		{ "killed, three endpoints", UDP | TCP | TLS, SIM_REFUSES },
		{ "503", UDP, SIM_DRAINS },
	};
	uint64_t *ms = alloc_array(count, sizeof(*ms));

	rows_tell(
		out,
		"\nFault to new board, %llu faults each, virtual ms (the network takes 1 ms, "
		"wan 30 ms)\n",
		(unsigned long long)count);
	rows_table(out, "faults", columns, sizeof(columns) / sizeof(*columns));
	for (size_t r = 0; r < sizeof(rows) / sizeof(*rows); r++)
		for (int p = PROFILE_FAST; p < PROFILES; p++) {
			for (uint64_t i = 0; i < count; i++)
				ms[i] = one_fault(i + 1, rows[r].transports,
						  (enum profile)p, rows[r].mode);
			qsort(ms, count, sizeof(*ms), by_size);
			rows_text(out, rows[r].name);
			rows_text(out, profile_name((enum profile)p));
			rows_number(out, share(ms, count, 50));
			rows_number(out, share(ms, count, 99));
			rows_number(out, (double)ms[count - 1]);
		}
	free(ms);
}

enum { STOPS = 20 };

/* The most probes in any 2 s: sent in each phase, and read by the process after stops.
 */
struct asked_most {
	uint32_t start, steady, stopped, read, down, restarted;
};

static uint32_t most_of(struct sim_rate *r, uint32_t was)
{
	uint32_t is = r->most > was ? r->most : was;

	r->most = 0;
	return is;
}

/* Stops the process of a PBX, and restarts ourselves in the middle of it or not. */
static void stop_for(struct sim *s, uint64_t ms, const struct sim_pbx *restarted)
{
	sim_mode(s, 1, SIM_STOPPED);
	sim_run(s, ms / 2);
	if (restarted)
		sim_restart(s, restarted, 2);
	sim_run(s, ms - ms / 2);
	sim_mode(s, 1, SIM_ALIVE);
	sim_run(s, 7000);
}

static void ask_most(uint32_t transports, enum profile profile, uint64_t i,
		     struct asked_most *m)
{
	struct sim_pbx pair[] = { pair_of("berlin", 1, transports, profile),
				  pair_of("hq", 2, transports, profile) };
	struct sim_rate *sent;
	struct sim s;

	begin(&s, i + 1, transports, profile);
	sent = &s.hosts[1].asked;
	sim_run(&s, 2000);
	m->start = most_of(sent, m->start);
	sim_run(&s, 30000 + i * 150);
	m->steady = most_of(sent, m->steady);
	s.hosts[1].worked.most = 0;
	stop_for(&s, 500 + i * 150, NULL);
	m->stopped = most_of(sent, m->stopped);
	m->read = most_of(&s.hosts[1].worked, m->read);
	stop_for(&s, 500 + i * 150, pair);
	m->restarted = most_of(sent, m->restarted);
	sim_mode(&s, 1, SIM_SILENT);
	sim_run(&s, 10000);
	sent->most = 0;
	sim_run(&s, 60000);
	m->down = most_of(sent, m->down);
	sim_fini(&s);
}

static void pace(struct rows *out)
{
	static const struct row_column columns[] = {
		{ "profile", "profile", -7, 0 },
		{ "endpoints", "endpoints", 9, 0 },
		{ "start", "at the start", 12, 0 },
		{ "steady", "steady", 6, 0 },
		{ "stopped", "stopped", 7, 0 },
		{ "read", "then read", 9, 0 },
		{ "restarted", "and we restarted", 16, 0 },
		{ "down", "down", 4, 0 },
	};

	rows_tell(
		out,
		"\nThe most probes in any 2 s sent to one PBX; its process stopped for 0.5 to "
		"3.4 s, and what it read afterwards; its host gone\n");
	rows_table(out, "pace", columns, sizeof(columns) / sizeof(*columns));
	for (int p = PROFILE_FAST; p < PROFILES; p++)
		for (size_t n = 0; n < ENDPOINTS; n++) {
			struct asked_most m = { 0 };

			for (uint64_t i = 0; i < STOPS; i++)
				ask_most(endpoints[n], (enum profile)p, i, &m);
			rows_text(out, profile_name((enum profile)p));
			rows_number(out, (double)(n + 1));
			rows_number(out, m.start);
			rows_number(out, m.steady);
			rows_number(out, m.stopped);
			rows_number(out, m.read);
			rows_number(out, m.restarted);
			rows_number(out, m.down);
		}
}

enum { LATE_S = 120 };

/* Share of two minutes in which a PBX counts as up whose answers all take so long. */
static double share_up(struct sim *s, uint32_t late_ms)
{
	uint64_t up = 0;

	s->hosts[1].rtt_ms = late_ms;
	sim_mode(s, 1, SIM_ALIVE);
	for (int tenth = 0; tenth < 10 * LATE_S; tenth++) {
		sim_run(s, 100);
		up += sim_row(s, 0)->state == PBX_UP;
	}
	return 10.0 * (double)up / LATE_S;
}

static void late(struct rows *out)
{
	static const struct row_column columns[] = {
		{ "profile", "profile", -7, 0 },
		{ "transport", "transport", -9, 0 },
		{ "answer_s", "answers after, s", 16, 1 },
		{ "from_the_start", "from the start", 14, 0 },
		{ "suddenly", "suddenly", 8, 0 },
		{ "after_an_outage", "after an outage", 15, 0 },
		{ "sent_a_second", "probes a second", 15, 1 },
	};
	static const struct {
		enum profile profile;
		uint32_t transports, ms;
	} rows[] = {
		{ PROFILE_LAN, UDP, 300 },  { PROFILE_LAN, UDP, 900 },
		{ PROFILE_LAN, UDP, 3600 }, { PROFILE_LAN, TLS, 900 },
		{ PROFILE_WAN, UDP, 1500 }, { PROFILE_WAN, UDP, 2800 },
		{ PROFILE_WAN, UDP, 3600 }, { PROFILE_WAN, TLS, 2800 },
	};

	rows_tell(out, "\nAll answers late: per cent of %d s up\n", LATE_S);
	rows_table(out, "late", columns, sizeof(columns) / sizeof(*columns));
	for (size_t r = 0; r < sizeof(rows) / sizeof(*rows); r++) {
		double shares[3];
		uint64_t sent = 0;

		for (int how = 0; how < 3; how++) {
			struct sim_pbx one = pair_of("berlin", 1, rows[r].transports,
						     rows[r].profile);
			struct sim s;

			sim_init(&s, 1);
			s.hosts[1].rtt_ms = how ? 1 : rows[r].ms;
			sim_load(&s, &one, 1);
			sim_run(&s, how ? 10000 : 0);
			if (how == 2)
				sim_mode(&s, 1, SIM_SILENT);
			sim_run(&s, how == 2 ? 10000 : 0);
			sent = s.sent_count;
			shares[how] = share_up(&s, rows[r].ms);
			sent = s.sent_count - sent;
			sim_fini(&s);
		}
		rows_text(out, profile_name(rows[r].profile));
		rows_text(out, rows[r].transports == UDP ? "udp" : "tls");
		rows_number(out, rows[r].ms / 1000.0);
		for (int how = 0; how < 3; how++)
			rows_number(out, shares[how]);
		rows_number(out, (double)sent / LATE_S);
	}
}

int main(int argc, char **argv)
{
	struct rows r = rows_open(&argc, argv, HELP, 340);

	months(&r, argc > 1 ? strtoull(argv[1], NULL, 10) : 30);
	restarts(&r, argc > 2 ? strtoull(argv[2], NULL, 10) : 1000);
	faults(&r, argc > 3 ? strtoull(argv[3], NULL, 10) : 200);
	pace(&r);
	late(&r);
	return 0;
}
