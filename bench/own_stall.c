/*
 * Prints how many switches our own stall causes: a process that probes a living PBX on
 * loopback is stopped by SIGSTOP and let go on.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "bench/rows.h"
#include "conf/conf.h"
#include "health/health.h"
#include "health/slots.h"
#include "net/loop.h"
#include "tests/health/responder.h"

#define HELP                                                                        \
 "How many switches our own stall causes: what probes a living PBX on loopback is " \
 "stopped (SIGSTOP).\n\nusage: own_stall [--json] [SECONDS [ROUNDS]]\n\n"           \
 "  SECONDS  that it is stopped, once for each of three profiles (default 30)\n"    \
 "  ROUNDS   of all that (1); each takes 3 x (SECONDS + 9 s)"

enum { RUN_MS = 3000 };

struct prober_side {
	uint64_t switches;
	struct board *board;
};

static void on_publish(void *arg, struct board *fresh,
		       const struct switch_record *records, size_t count)
{
	struct prober_side *s = arg;

	(void)records;
	board_unref(s->board);
	s->board = fresh;
	s->switches += count;
}

static int on_keep(void *arg, const struct kept_rows *rows, bool sync)
{
	(void)arg;
	(void)rows;
	(void)sync;
	return 0;
}

static void stop(void *arg)
{
	loop_stop(arg);
}

static void run(struct loop *l, uint64_t ms)
{
	struct timer t = { 0 };

	timer_start(l, &t, ms, stop, l);
	loop_run(l);
}

/* Probes until it is stopped, and a while after. Exits with the count of switches. */
static int probe(uint16_t port, enum profile profile, int told)
{
	struct conf_endpoint endpoints[] = { { TRANSPORT_UDP, port },
					     { TRANSPORT_TCP, port } };
	struct conf_pbx_address address = { .addr = { .family = AF_INET,
						      .octets = { 127, 0, 0, 1 } } };
	struct conf_pbx_view view = { CONF_NONE, &address, 1, NULL, 0 };
	struct conf_pbx pbx = { .name = alloc_text("pbx"),
				.views = &view,
				.view_count = 1,
				.endpoints = endpoints,
				.endpoint_count = 2,
				.profile = profile,
				.probe = conf_profiles[profile] };
	struct conf conf = { .pbxs = &pbx, .pbx_count = 1 };
	struct prober_side side = { 0 };
	struct health_calls calls = { on_publish, on_keep, &side };
	struct loop *l = loop_new();
	struct health *h = health_new(l, l, &calls);

	health_load(h, &conf, slots_new(&conf, NULL));
	run(l, RUN_MS);
	if (board_row(side.board, 0)->state != PBX_UP)
		return 255;
	(void)!write(told, "", 1); /* now */
	run(l, 2ull * RUN_MS);
	return side.switches < 254 ? (int)side.switches : 254;
}

static int one_round(enum profile profile, unsigned seconds)
{
	struct loop *l = loop_new();
	struct responder *r = responder_new(l, 200);
	uint16_t port = r ? responder_port(r) : 0;
	int ready[2];
	int status = 0;
	char octet;
	pid_t answerer, prober;

	if (!r || pipe(ready))
		return -1;
	answerer = fork();
	if (answerer == 0) {
		loop_run(l); /* the epoll descriptor is inherited whole */
		_exit(0);
	}
	prober = fork();
	if (prober == 0)
		_exit(probe(port, profile, ready[1]));
	if (answerer < 0 || prober < 0 || read(ready[0], &octet, 1) != 1)
		return -1;
	kill(prober, SIGSTOP);
	sleep(seconds);
	kill(prober, SIGCONT);
	waitpid(prober, &status, 0);
	kill(answerer, SIGKILL);
	waitpid(answerer, NULL, 0);
	close(ready[0]);
	close(ready[1]);
	responder_free(r);
	loop_free(l);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	static const struct row_column columns[] = {
		{ "profile", "profile", -8, 0 },
		{ "stopped_s", "stopped, s", 10, 0 },
		{ "switches", "switches", 10, 0 },
	};
	struct rows r = rows_open(&argc, argv, HELP, 117);
	unsigned seconds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 30;
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;

	rows_table(&r, "own_stall", columns, sizeof(columns) / sizeof(*columns));
	for (unsigned i = 0; i < rounds; i++)
		for (int p = PROFILE_FAST; p < PROFILES; p++) {
			rows_text(&r, profile_name((enum profile)p));
			rows_number(&r, seconds);
			rows_number(&r, one_round((enum profile)p, seconds));
		}
	return 0;
}
