#include "recursor/engine.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unbound.h>
#include <unistd.h>

#include "base/process/link.h"
#include "dns/edns.h"
#include "dns/rr.h"
#include "net/loop.h"
#include "recursor/recursor.h"
#include "tests/harness.h"

enum { HEADER_LEN = 12, TURNS_MAX = 2000 };

/* A server that all questions are forwarded to: it answers A with 203.0.113.1, and
 * names that begin with 'p' with 10.0.0.1. */
struct upstream {
	int fd;
	struct addr at;
	struct watch *watch;
	unsigned asked;
};

static void on_query(void *arg, int ready)
{
	static const uint8_t fixed[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4 };
	static const uint8_t public[] = { 203, 0, 113, 1 };
	static const uint8_t private[] = { 10, 0, 0, 1 };
	struct upstream *u = arg;
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	uint8_t m[1500];
	ssize_t got = recvfrom(u->fd, m, sizeof(m), 0, (struct sockaddr *)&from,
			       &from_len);
	size_t end = HEADER_LEN;

	(void)ready;
	if (got < HEADER_LEN)
		return;
	u->asked++;
	while (m[end])
		end += (size_t)m[end] + 1;
	end += 5;
	m[2] = 0x84;
	m[3] = 0x80;
	memset(m + 6, 0, 6);
	if (m[end - 3] == RR_A) {
		m[7] = 1;
		memcpy(m + end, fixed, sizeof(fixed));
		end += sizeof(fixed);
		memcpy(m + end, (m[13] | 0x20) == 'p' ? private : public, 4);
		end += 4;
	}
	(void)!sendto(u->fd, m, end, 0, (struct sockaddr *)&from, from_len);
}

static void upstream_start(struct upstream *u, struct loop *l)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_storage bound = { 0 };
	socklen_t len = sizeof(bound);

	*u = (struct upstream){ .fd = socket(AF_INET, SOCK_DGRAM, 0) };
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CU_ASSERT_EQUAL_FATAL(bind(u->fd, (struct sockaddr *)&in, sizeof(in)), 0);
	CU_ASSERT_EQUAL(getsockname(u->fd, (struct sockaddr *)&bound, &len), 0);
	addr_from_sockaddr((struct sockaddr *)&bound, &u->at);
	u->watch = watch_start(l, u->fd, LOOP_READ, on_query, u);
}

static void upstream_stop(struct upstream *u)
{
	watch_stop(u->watch);
	close(u->fd);
}

static struct engine_options options_of(const struct upstream *u)
{
	return (struct engine_options){ .forwarders = &u->at,
					.forwarder_count = 1,
					.cache_mib = 4 };
}

static struct recursion_question question_of(const char *name)
{
	struct recursion_question q = { .tag = 7, .type = RR_A };

	CU_ASSERT_EQUAL(name_parse(name, strlen(name), NULL, &q.name), 0);
	return q;
}

struct got {
	unsigned count;
	uint8_t rcode;
	uint16_t answers;
	int ede;         /* -1: none */
	uint8_t last[4]; /* octets of the records */
};

static void on_answer(void *arg, const struct recursion_answer *a)
{
	struct got *g = arg;

	g->count++;
	g->rcode = a->rcode;
	g->answers = a->counts[0];
	g->ede = a->has_ede ? (int)a->ede : -1;
	if (a->records_len >= 4)
		memcpy(g->last, a->records + a->records_len - 4, 4);
	CU_ASSERT_EQUAL(a->tag, 7);
}

static void ask(struct loop *l, struct engine *e, const char *name, struct got *g)
{
	const struct recursion_question q = question_of(name);

	*g = (struct got){ 0 };
	engine_ask(e, &q, on_answer, g);
	while (g->count == 0)
		loop_turn(l, true);
}

static void question_goes_to_the_forwarder_and_then_to_the_cache(void)
{
	struct loop *l = loop_new();
	struct upstream u;
	struct engine_options o;
	struct engine *e = NULL;
	char *why = NULL;
	struct got g;

	upstream_start(&u, l);
	o = options_of(&u);
	CU_ASSERT_EQUAL_FATAL(engine_new(l, &o, &why, &e), 0);
	ask(l, e, "www.example.", &g);
	CU_ASSERT_EQUAL(g.rcode, 0);
	CU_ASSERT_EQUAL(g.answers, 1);
	CU_ASSERT_EQUAL(memcmp(g.last, "\313\0\161\1", 4), 0);
	CU_ASSERT_EQUAL(u.asked, 1);
	ask(l, e, "www.example.", &g);
	CU_ASSERT_EQUAL(g.answers, 1);
	CU_ASSERT_EQUAL(u.asked, 1);
	CU_ASSERT_EQUAL(engine_outstanding(e), 0);
	engine_free(e);
	upstream_stop(&u);
	loop_free(l);
}

static void private_addresses_of_the_world_are_kept_out(void)
{
	struct loop *l = loop_new();
	const char *const inside[] = { "corp.example." };
	struct upstream u;
	struct engine_options o;
	struct engine *e = NULL;
	char *why = NULL;
	struct got g;

	upstream_start(&u, l);
	o = options_of(&u);
	o.inside = inside;
	o.inside_count = 1;
	CU_ASSERT_EQUAL_FATAL(engine_new(l, &o, &why, &e), 0);
	ask(l, e, "pirate.example.", &g);
	CU_ASSERT_EQUAL(g.answers, 0);
	CU_ASSERT_EQUAL(g.ede, EDE_BLOCKED);
	CU_ASSERT_EQUAL(engine_counts(e)->kept_out, 1);
	ask(l, e, "pbx.corp.example.", &g);
	CU_ASSERT_EQUAL(g.answers, 1);
	CU_ASSERT_EQUAL(g.ede, -1);
	ask(l, e, "www.example.", &g);
	CU_ASSERT_EQUAL(g.ede, -1);
	CU_ASSERT_EQUAL(engine_counts(e)->kept_out, 1);
	engine_free(e);
	upstream_stop(&u);
	loop_free(l);
}

static void built_in_zones_give_way_to_what_is_inside(void)
{
	struct loop *l = loop_new();
	const char *const inside[] = { "test." };
	struct upstream u;
	struct engine_options o;
	struct engine *e = NULL;
	char *why = NULL;
	struct got g;

	upstream_start(&u, l);
	o = options_of(&u);
	o.inside = inside;
	o.inside_count = 1;
	CU_ASSERT_EQUAL_FATAL(engine_new(l, &o, &why, &e), 0);
	ask(l, e, "www.test.", &g);
	CU_ASSERT_EQUAL(g.answers, 1);
	ask(l, e, "www.invalid.", &g);
	CU_ASSERT_EQUAL(g.rcode, RCODE_NXDOMAIN);
	engine_free(e);
	upstream_stop(&u);
	loop_free(l);
}

static void names_beside_what_is_inside_stay_built_in(void)
{
	struct loop *l = loop_new();
	const char *const inside[] = { "m.test." };
	struct upstream u;
	struct engine_options o;
	struct engine *e = NULL;
	char *why = NULL;
	struct got g;

	upstream_start(&u, l);
	o = options_of(&u);
	o.inside = inside;
	o.inside_count = 1;
	CU_ASSERT_EQUAL_FATAL(engine_new(l, &o, &why, &e), 0);
	ask(l, e, "www.m.test.", &g);
	CU_ASSERT_EQUAL(g.answers, 1);
	ask(l, e, "z.test.", &g);
	CU_ASSERT_EQUAL(g.rcode, RCODE_NXDOMAIN);
	CU_ASSERT_EQUAL(u.asked, 1);
	engine_free(e);
	upstream_stop(&u);
	loop_free(l);
}

static void domains_that_do_not_exist_are_nxdomain_themselves(void)
{
	static const char *const names[] = { "test.", "Invalid.", "onion." };
	struct loop *l = loop_new();
	struct upstream u;
	struct engine_options o;
	struct engine *e = NULL;
	char *why = NULL;
	struct got g;

	upstream_start(&u, l);
	o = options_of(&u);
	CU_ASSERT_EQUAL_FATAL(engine_new(l, &o, &why, &e), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		ask(l, e, names[i], &g);
		CU_ASSERT_EQUAL(g.rcode, RCODE_NXDOMAIN);
	}
	CU_ASSERT_EQUAL(u.asked, 0);
	engine_free(e);
	upstream_stop(&u);
	loop_free(l);
}

static void outstanding_questions_are_limited(void)
{
	struct loop *l = loop_new();
	struct upstream u;
	struct engine_options o;
	struct engine *e = NULL;
	char *why = NULL;
	struct got g = { 0 };

	upstream_start(&u, l);
	o = options_of(&u);
	CU_ASSERT_EQUAL_FATAL(engine_new(l, &o, &why, &e), 0);
	for (int i = 0; i < ENGINE_OUTSTANDING_MAX + 10; i++) {
		char name[32];
		struct recursion_question q;

		(void)snprintf(name, sizeof(name), "n%d.example.", i);
		q = question_of(name);
		engine_ask(e, &q, on_answer, &g);
	}
	CU_ASSERT_EQUAL(g.count, 10);
	CU_ASSERT_EQUAL(g.rcode, RCODE_SERVFAIL);
	CU_ASSERT_EQUAL(engine_counts(e)->refused, 10);
	engine_free(e); /* with all of them under way */
	CU_ASSERT_EQUAL(g.count, 10);
	upstream_stop(&u);
	loop_free(l);
}

static void wrong_settings_are_told(void)
{
	struct loop *l = loop_new();
	const struct engine_options o = { .cache_mib = 4,
					  .validate = true,
					  .anchor_file = "/nonexistent/anchors" };
	struct engine *e = NULL;
	char *why = NULL;

	CU_ASSERT_EQUAL(engine_new(l, &o, &why, &e), ERR_INVALID);
	CU_ASSERT_PTR_NOT_NULL(why);
	free(why);
	loop_free(l);
}

static void wake(void *arg, int ready)
{
	(void)arg;
	(void)ready;
}

/* Receives what comes over a worker's end of a link; returns how many answers it has.
 */
static unsigned receive_answers(int fd, struct recursion_answer *last)
{
	static uint8_t space[LINK_PAYLOAD_MAX];
	struct link_message m;
	struct reader r;
	unsigned count = 0;

	if (link_receive(fd, space, &m))
		return 0;
	CU_ASSERT_EQUAL(m.type, RECURSION_ANSWERS);
	r = reader_of(m.payload, m.len);
	while (reader_left(&r)) {
		CU_ASSERT_EQUAL_FATAL(recursion_answer_read(&r, last), 0);
		count++;
	}
	return count;
}

static void worker_is_answered_over_its_link(void)
{
	struct loop *l = loop_new();
	struct upstream u;
	struct engine_options o;
	struct recursor *r = NULL;
	struct recursion_answer a = { 0 };
	char *why = NULL;
	uint8_t room[1024];
	struct writer w = writer_of(room, sizeof(room));
	struct watch *end;
	int ends[2];
	unsigned count = 0;

	upstream_start(&u, l);
	o = options_of(&u);
	CU_ASSERT_EQUAL_FATAL(recursor_new(l, &o, &why, &r), 0);
	CU_ASSERT_EQUAL_FATAL(link_pair(ends), 0);
	recursor_link(r, ends[1]);
	for (uint64_t i = 0; i < 3; i++) {
		struct recursion_question q = question_of(i ? "b.example."
							    : "a.example.");

		q.tag = i;
		CU_ASSERT_EQUAL(recursion_question_write(&w, &q), 0);
	}
	CU_ASSERT_EQUAL(link_send(ends[0],
				  &(struct link_message){ .type = RECURSION_QUESTIONS,
							  .payload = room,
							  .len = writer_len(&w) }),
			0);
	end = watch_start(l, ends[0], LOOP_READ, wake, NULL);
	for (int i = 0; i < TURNS_MAX && count < 3; i++) {
		loop_turn(l, true);
		count += receive_answers(ends[0], &a);
	}
	CU_ASSERT_EQUAL(count, 3);
	CU_ASSERT_EQUAL(a.counts[0], 1);
	watch_stop(end);
	close(ends[0]);
	recursor_free(r);
	upstream_stop(&u);
	loop_free(l);
}

/* Asks over a link, and waits for the answer. */
static void ask_over(struct loop *l, int fd, bool second)
{
	struct recursion_question q = question_of("again.example.");
	uint8_t room[RECURSION_QUESTION_MAX_LEN];
	struct writer w = writer_of(room, sizeof(room));
	struct recursion_answer a = { 0 };

	q.second = second;
	CU_ASSERT_EQUAL(recursion_question_write(&w, &q), 0);
	CU_ASSERT_EQUAL(link_send(fd,
				  &(struct link_message){ .type = RECURSION_QUESTIONS,
							  .payload = room,
							  .len = writer_len(&w) }),
			0);
	while (receive_answers(fd, &a) == 0)
		loop_turn(l, true);
	CU_ASSERT_EQUAL(a.counts[0], 1);
}

static void second_cache_does_not_know_what_the_first_one_does(void)
{
	struct loop *l = loop_new();
	struct upstream u;
	struct engine_options o;
	struct recursor *r = NULL;
	char *why = NULL;
	struct watch *end;
	unsigned asked;
	int ends[2];

	upstream_start(&u, l);
	o = options_of(&u);
	CU_ASSERT_EQUAL_FATAL(recursor_new(l, &o, &why, &r), 0);
	CU_ASSERT_EQUAL_FATAL(link_pair(ends), 0);
	recursor_link(r, ends[1]);
	end = watch_start(l, ends[0], LOOP_READ, wake, NULL);
	ask_over(l, ends[0], false);
	asked = u.asked;
	ask_over(l, ends[0], false);
	CU_ASSERT_EQUAL(u.asked, asked);
	ask_over(l, ends[0], true);
	CU_ASSERT_TRUE(u.asked > asked);
	asked = u.asked;
	ask_over(l, ends[0], true);
	CU_ASSERT_EQUAL(u.asked, asked);
	watch_stop(end);
	close(ends[0]);
	recursor_free(r);
	upstream_stop(&u);
	loop_free(l);
}

static void rubbish_on_a_link_is_dropped(void)
{
	struct loop *l = loop_new();
	struct upstream u;
	struct engine_options o;
	struct recursor *r = NULL;
	struct recursion_answer a;
	char *why = NULL;
	int ends[2];
	uint8_t space[LINK_PAYLOAD_MAX];
	struct link_message m = { .type = RECURSION_QUESTIONS,
				  .payload = (const uint8_t *)"rubbish",
				  .len = 7 };

	upstream_start(&u, l);
	o = options_of(&u);
	CU_ASSERT_EQUAL_FATAL(recursor_new(l, &o, &why, &r), 0);
	CU_ASSERT_EQUAL_FATAL(link_pair(ends), 0);
	recursor_link(r, ends[1]);
	CU_ASSERT_EQUAL(link_send(ends[0], &m), 0);
	loop_turn(l, true);
	CU_ASSERT_EQUAL(receive_answers(ends[0], &a), 0);
	CU_ASSERT_EQUAL(link_receive(ends[0], space, &m), ERR_AGAIN);
	close(ends[0]);
	recursor_free(r);
	upstream_stop(&u);
	loop_free(l);
}

/* Where libev's functions stand in for libevent's, this aborts. */
static void libunbound_meets_the_libevent_it_was_built_with(void)
{
	struct ub_ctx *ctx = ub_ctx_create();
	struct ub_result *result = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
	CU_ASSERT_EQUAL(ub_resolve(ctx, "localhost", RR_A, CLASS_IN, &result), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(result);
	CU_ASSERT_TRUE(result && result->havedata);
	ub_resolve_free(result);
	ub_ctx_delete(ctx);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a question goes to the forwarder and then to the cache",
		  question_goes_to_the_forwarder_and_then_to_the_cache },
		{ "private addresses of the world are kept out",
		  private_addresses_of_the_world_are_kept_out },
		{ "built-in zones give way to what is inside",
		  built_in_zones_give_way_to_what_is_inside },
		{ "names beside what is inside stay built in",
		  names_beside_what_is_inside_stay_built_in },
		{ "domains that do not exist are NXDOMAIN themselves",
		  domains_that_do_not_exist_are_nxdomain_themselves },
		{ "outstanding questions are limited",
		  outstanding_questions_are_limited },
		{ "wrong settings are told", wrong_settings_are_told },
		{ "a worker is answered over its link",
		  worker_is_answered_over_its_link },
		{ "the second cache does not know what the first one does",
		  second_cache_does_not_know_what_the_first_one_does },
		{ "rubbish on a link is dropped", rubbish_on_a_link_is_dropped },
		{ "libunbound meets the libevent it was built with",
		  libunbound_meets_the_libevent_it_was_built_with },
		CU_TEST_INFO_NULL,
	};

	return suite_run("recursor/engine", tests);
}
