/* How many addresses and endpoints: what conf accepts, live_new() can build. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/err.h"
#include "conf/conf.h"
#include "resolver/live/builder.h"
#include "tests/harness.h"
#include "tests/resolver/fixture.h"

enum { A = 1, SRV = 33 };

struct shape {
	int pbxs, v4, v6, udp, tls; /* of each pbx */
};

static char *text_of_shape(const struct shape *s)
{
	struct buffer b = { 0 };

	buffer_put_text(&b, "node: { name: n1, listen: [ 127.0.0.1@5300 ] }\npbxs:\n");
	for (int i = 0; i < s->pbxs; i++) {
		buffer_printf(&b, "  - { name: p%d, addresses: [ ", i);
		for (int k = 1; k <= s->v4; k++)
			buffer_printf(&b, "192.0.%d.%d, ", i, k);
		for (int k = 1; k <= s->v6; k++)
			buffer_printf(&b, "\"2001:db8:%d::%d\", ", i, k);
		buffer_put_text(&b, "], endpoints: [ ");
		for (int k = 0; k < s->udp; k++)
			buffer_printf(&b, "udp@%d, ", 5060 + k);
		for (int k = 0; k < s->tls; k++)
			buffer_printf(&b, "tls@%d, ", 443 + k);
		buffer_put_text(&b, "], failover: [ ");
		for (int k = 1; i == 0 && k < s->pbxs; k++)
			buffer_printf(&b, "p%d, ", k);
		buffer_put_text(&b, "] }\n");
	}
	buffer_put_text(&b, "live: [ { name: pbx.lan, home: p0 } ]\n");
	return buffer_take_text(&b);
}

/* Whether conf accepts it; if so, it must be possible to build it. */
static bool is_accepted(const struct shape *s)
{
	char *text = text_of_shape(s);
	const struct builder_job job = {
		.path = "/nowhere/deputy.conf",
		.conf = text,
		.conf_len = strlen(text),
	};
	struct diags diags = { 0 };
	struct conf *c = NULL;
	struct built built;
	bool good = conf_parse(job.path, text, strlen(text), &diags, &c) == OK;

	builder_build_now(&job, &built);
	CU_ASSERT_EQUAL(built.err == OK, good);
	if (good != (built.err == OK))
		printf("# pbxs=%d v4=%d v6=%d udp=%d tls=%d: conf %d, build %d\n",
		       s->pbxs, s->v4, s->v6, s->udp, s->tls, good, built.err == OK);
	if (built.err == OK) {
		struct live *live = live_ref(built.answers->live);

		live_answers_free(built.answers);
		live_unref(live);
		world_unref(built.world);
	}
	diags_fini(&built.diags);
	diags_fini(&built.zones);
	diags_fini(&diags);
	conf_free(c);
	free(text);
	return good;
}

static void what_conf_accepts_can_be_built(void)
{
	unsigned seed = 7;
	unsigned accepted = 0;
	unsigned refused = 0;

	for (int round = 0; round < 60; round++) {
		struct shape s = {
			.pbxs = 1 + rand_r(&seed) % 5,
			.v4 = 1 + rand_r(&seed) % 16,
			.udp = 1 + rand_r(&seed) % 5,
			.tls = rand_r(&seed) % 4,
		};

		s.v6 = rand_r(&seed) % (17 - s.v4);
		if (is_accepted(&s))
			accepted++;
		else
			refused++;
	}
	printf("# %u accepted, %u refused\n", accepted, refused);
	CU_ASSERT(accepted >= 20);
	CU_ASSERT(refused >= 5);
}

static void sixteen_addresses_are_possible_for_every_member_of_a_chain(void)
{
	CU_ASSERT(is_accepted(&(struct shape){ 1, 16, 0, 1, 0 }));
	CU_ASSERT(is_accepted(&(struct shape){ 1, 0, 16, 1, 1 }));
	CU_ASSERT(is_accepted(&(struct shape){ 1, 8, 8, 1, 1 }));
	CU_ASSERT(is_accepted(&(struct shape){ 2, 16, 0, 2, 2 }));
	CU_ASSERT(is_accepted(&(struct shape){ 16, 16, 0, 1, 1 }));
	CU_ASSERT(is_accepted(&(struct shape){ 16, 10, 6, 1, 1 }));
	CU_ASSERT(!is_accepted(&(struct shape){ 1, 17, 0, 1, 0 }));
	CU_ASSERT(!is_accepted(&(struct shape){ 1, 9, 8, 1, 0 }));
}

static void endpoints_are_limited_by_their_answers(void)
{
	CU_ASSERT(is_accepted(&(struct shape){ 1, 16, 0, 8, 0 }));
	CU_ASSERT(is_accepted(&(struct shape){ 2, 1, 0, 6, 0 }));
	CU_ASSERT(!is_accepted(&(struct shape){ 2, 1, 0, 7, 0 }));
	CU_ASSERT(is_accepted(&(struct shape){ 8, 1, 0, 3, 1 }));
	CU_ASSERT(!is_accepted(&(struct shape){ 16, 1, 0, 3, 1 }));
}

/* Another board on which the first pbx is dead at these addresses. */
static void kill(struct stage *s, uint32_t dead)
{
	struct live_answers *was = s->answers;
	struct board *fresh = board_from_conf(s->world->conf, s->world->slots);

	fresh->generation = s->board->generation + 1;
	for (size_t i = 0; i < fresh->row_count; i++)
		for (size_t t = 0; t < fresh->rows[i]->target_count; t++) {
			struct board_target *at = &fresh->rows[i]->targets[t];

			at->decided = true;
			at->alive = i > 0 || !(dead >> at->address & 1);
			(void)snprintf(at->cause, CAUSE_LEN, "test");
		}
	s->answers = live_answers_next(was, fresh);
	board_unref(s->board);
	s->board = fresh;
	s->worker.now = s->answers;
	live_answers_free(was);
}

static void expect_records(struct stage *s, unsigned count, const char *first)
{
	const struct ask a = { .name = "pbx.lan.", .type = A };

	CU_ASSERT_EQUAL(stage_ask(s, &a), 0);
	CU_ASSERT_EQUAL(stage_count(s, 0), count);
	CU_ASSERT_PTR_NOT_NULL(strstr(stage_record(s, 0, 0), first));
}

static void of_many_addresses_some_that_live_are_listed(void)
{
	const struct ask srv = { .name = "_sip._udp.pbx.lan.",
				 .type = SRV,
				 .edns = true };
	char *text = text_of_shape(&(struct shape){ 1, 16, 0, 1, 0 });
	struct stage *s = stage_new(text);

	expect_records(s, 16, "192.0.0.1");
	kill(s, 0x0007);
	expect_records(s, 13, "192.0.0.4");
	kill(s, 0x000f);
	expect_records(s, 3, "192.0.0.5");
	kill(s, 0x7fff);
	expect_records(s, 1, "192.0.0.16");
	/* its SRV record has the living address with it */
	CU_ASSERT_EQUAL(stage_ask(s, &srv), 0);
	CU_ASSERT_EQUAL(stage_count(s, 0), 1);
	CU_ASSERT_EQUAL(stage_count(s, 2), 1);
	kill(s, 0xffff); /* the last answer is kept: all of them */
	expect_records(s, 16, "192.0.0.1");
	stage_free(s);
	free(text);
}

static void ten_addresses_are_listed_one_by_one(void)
{
	char *text = text_of_shape(&(struct shape){ 1, 10, 0, 1, 0 });
	struct stage *s = stage_new(text);

	kill(s, 0x03c1);
	expect_records(s, 5, "192.0.0.2");
	stage_free(s);
	free(text);
}

static void with_too_many_answers_srv_records_come_without_addresses(void)
{
	const struct ask srv = { .name = "_sip._udp.pbx.lan.", .type = SRV };
	char *text = text_of_shape(&(struct shape){ 1, 8, 8, 1, 0 });
	struct stage *s = stage_new(text);

	expect_records(s, 8, "192.0.0.1");
	CU_ASSERT_EQUAL(stage_ask(s, &srv), 0);
	CU_ASSERT_EQUAL(stage_count(s, 0), 1);
	CU_ASSERT_EQUAL(stage_count(s, 2), 0);
	stage_free(s);
	free(text);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "what conf accepts can be built", what_conf_accepts_can_be_built },
		{ "sixteen addresses are possible for every member of a chain",
		  sixteen_addresses_are_possible_for_every_member_of_a_chain },
		{ "endpoints are limited by their answers",
		  endpoints_are_limited_by_their_answers },
		{ "of many addresses some that live are listed",
		  of_many_addresses_some_that_live_are_listed },
		{ "ten addresses are listed one by one",
		  ten_addresses_are_listed_one_by_one },
		{ "with too many answers SRV records come without addresses",
		  with_too_many_answers_srv_records_come_without_addresses },
		CU_TEST_INFO_NULL,
	};

	return suite_run("resolver/live", tests);
}
