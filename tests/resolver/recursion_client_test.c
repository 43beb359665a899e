#include "resolver/recursion/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/process/link.h"
#include "dns/edns.h"
#include "dns/recursion.h"
#include "dns/rr.h"
#include "resolver/recursion/quota.h"
#include "resolver/recursion/recursed.h"
#include "tests/harness.h"
#include "tests/resolver/stage.h"

static void answer_is_asked_for_once_and_counts_down(void)
{
	struct recursion_stage s;
	struct recursion_client_answer a;

	stage_init(&s);
	fetch(&s, 100);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL(ttl_of(&a), 100);
	stage_turn(&s, 30000);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL(ttl_of(&a), 70);
	CU_ASSERT_FALSE(a.has_ede);
	stage_turn(&s, 70000);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_LATER);
	stage_fini(&s);
}

static void same_question_joins_the_one_under_way(void)
{
	struct recursion_stage s;
	struct recursion_client_answer a[3];
	struct recursion_question q = { 0 };

	stage_init(&s);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL_FATAL(find(&s, &a[i]), RECURSION_CLIENT_LATER);
		CU_ASSERT_EQUAL(wait_for(&s, a[i].later, (const uint8_t *)"q", 1), 0);
	}
	CU_ASSERT_EQUAL(asked(&s, &q), 1);
	say_address(&s, q.tag, 10);
	CU_ASSERT_EQUAL(s.resumed, 3);
	say_address(&s, q.tag, 10); /* a second answer is nobody's */
	CU_ASSERT_EQUAL(s.resumed, 3);
	stage_fini(&s);
}

static void giant_queries_do_not_wait(void)
{
	static const uint8_t giant[4097];
	struct recursion_stage s;
	struct recursion_client_answer a;

	stage_init(&s);
	recursion_client_begin(s.recursion, &s.client, sizeof(giant));
	CU_ASSERT_EQUAL(recursion_client_find(s.recursion, &s.key, packet_hash(&s.key),
					      &a),
			RECURSION_CLIENT_FAILED);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_LATER);
	CU_ASSERT_EQUAL(wait_for(&s, a.later, giant, sizeof(giant)), ERR_LIMIT);
	CU_ASSERT_EQUAL(wait_for(&s, a.later, giant, sizeof(giant) - 1), OK);
	stage_fini(&s);
}

static void popular_name_is_asked_again_in_its_last_tenth(void)
{
	struct recursion_stage s;
	struct recursion_client_answer a;
	struct recursion_question q = { 0 };

	stage_init(&s);
	fetch(&s, 100);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	stage_turn(&s, 80000);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL(asked(&s, &q), 0);
	stage_turn(&s, 11000);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL_FATAL(asked(&s, &q), 1);
	CU_ASSERT_TRUE(q.second); /* the first one has nine seconds left as well */
	say_address(&s, q.tag, 100);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_FOUND);
		CU_ASSERT_EQUAL(ttl_of(&a), 100);
	}
	stage_turn(&s, 91000);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL_FATAL(asked(&s, &q), 1);
	CU_ASSERT_FALSE(q.second);
	stage_fini(&s);
}

static void silent_recursor_is_waited_for_once(void)
{
	struct recursion_stage s;
	struct recursion_client_answer a;
	struct recursion_question q = { 0 };

	stage_init(&s);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_LATER);
	CU_ASSERT_EQUAL(recursion_client_wait_ms(s.recursion),
			RECURSION_CLIENT_LIMIT_MS);
	stage_turn(&s, RECURSION_CLIENT_LIMIT_MS);
	recursion_client_expire(s.recursion);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL(a.ede, EDE_NO_REACHABLE_AUTHORITY);
	s.key.type = RR_AAAA;
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_LATER);
	CU_ASSERT_EQUAL(recursion_client_wait_ms(s.recursion),
			RECURSION_CLIENT_SILENT_LIMIT_MS);
	CU_ASSERT_EQUAL(asked(&s, &q), 2);
	stage_fini(&s);
}

static void what_is_given_up_is_answered_with_its_reason(void)
{
	struct recursion_stage s;
	struct recursion_client_answer a;

	stage_init(&s);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_LATER);
	CU_ASSERT_EQUAL(wait_for(&s, a.later, (const uint8_t *)"q", 1), 0);
	CU_ASSERT_EQUAL(recursion_client_waiter_count(s.recursion), 1);
	recursion_client_give_up(s.recursion);
	CU_ASSERT_EQUAL(s.resumed, 1);
	CU_ASSERT_EQUAL(recursion_client_waiter_count(s.recursion), 0);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL(a.ede, EDE_NOT_READY);
	stage_fini(&s);
}

static void another_link_is_asked_what_was_under_way(void)
{
	struct recursion_stage s;
	struct recursion_client_answer a;
	struct recursion_question q = { 0 };
	int first;

	stage_init(&s);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_LATER);
	first = s.recursor;
	stage_link(&s);
	CU_ASSERT_EQUAL_FATAL(asked(&s, &q), 1);
	say_address(&s, q.tag, 10);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	close(first);
	stage_fini(&s);
}

/* Whatever it says, it is heard again: nothing else would bring the link back. */
static void rubbish_on_the_link_costs_that_message_alone(void)
{
	static uint8_t rubbish[LINK_PAYLOAD_MAX];
	struct link_message m = { .type = RECURSION_ANSWERS, .payload = rubbish };
	struct recursion_question q = { 0 };
	struct recursion_client_answer a;
	struct recursion_stage s;

	stage_init(&s);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_LATER);
	CU_ASSERT_EQUAL_FATAL(asked(&s, &q), 1);
	memset(rubbish, 0xff, sizeof(rubbish));
	for (m.len = 0; m.len < 64; m.len++) {
		m.type = (uint32_t)m.len % 3;
		CU_ASSERT_EQUAL(link_send(s.recursor, &m), 0);
		recursion_client_receive(s.recursion);
	}
	m.len = sizeof(rubbish);
	CU_ASSERT_EQUAL(link_send(s.recursor, &m), 0);
	recursion_client_receive(s.recursion);
	CU_ASSERT_EQUAL(send(s.recursor, "x", 1, 0), 1); /* no head */
	recursion_client_receive(s.recursion);
	CU_ASSERT_TRUE(recursion_client_count(s.recursion, RECURSION_CLIENT_MALFORMED) >
		       60);
	CU_ASSERT_TRUE(recursion_client_fd(s.recursion) >= 0);
	say_address(&s, q.tag, 10);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	stage_fini(&s);
}

static void rubbish_of_the_recursor_is_no_answer(void)
{
	static const uint8_t rubbish[] = { 0xc0, 0xff, 0, 1, 0, 1 };
	struct recursion_stage s;
	struct recursion_client_answer a;
	struct recursion_question q = { 0 };
	struct recursion_answer said = { .counts = { 1 },
					 .records = rubbish,
					 .records_len = sizeof(rubbish) };

	stage_init(&s);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_LATER);
	CU_ASSERT_EQUAL_FATAL(asked(&s, &q), 1);
	said.tag = q.tag;
	say(&s, &said);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	CU_ASSERT_EQUAL(a.ready->flags[1], RCODE_SERVFAIL);
	stage_fini(&s);
}

static void another_world_empties_the_cache(void)
{
	struct recursion_stage s;
	struct recursion_client_answer a;

	stage_init(&s);
	fetch(&s, 100);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_FOUND);
	recursion_client_turn(s.recursion, s.now_ms, s.zones, s.rebind, 2);
	CU_ASSERT_EQUAL(find(&s, &a), RECURSION_CLIENT_LATER);
	stage_fini(&s);
}

static void key_of(struct name *name, unsigned i, struct packet_key *out)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "n%u.example.", i);

	CU_ASSERT_EQUAL(name_parse(text, (size_t)len, NULL, name), 0);
	*out = (struct packet_key){ .name = name->wire,
				    .name_len = name->len,
				    .type = RR_A };
}

/* A client whose hash is no other's of the same test. */
static void client_is(struct recursion_stage *s, unsigned number)
{
	static bool taken[1 << 16];
	static unsigned next;
	char text[20];

	if (number == 0)
		memset(taken, 0, sizeof(taken));
	if (s->client.family)
		taken[client_quota_client(&s->client)] = true;
	do {
		(void)snprintf(text, sizeof(text), "10.0.%u.%u", next >> 8 & 255,
			       next & 255);
		next++;
		CU_ASSERT_EQUAL(addr_parse(text, &s->client), OK);
	} while (taken[client_quota_client(&s->client)]);
	taken[client_quota_client(&s->client)] = true;
}

/* Asks for names that nobody asked for before, until there is no more to be had. */
static unsigned ask_many(struct recursion_stage *s, unsigned first)
{
	struct recursion_client_answer a;
	struct name name;
	unsigned i = first;

	for (;; i++) {
		key_of(&name, i, &s->key);
		if (find(s, &a) != RECURSION_CLIENT_LATER ||
		    wait_for(s, a.later, (const uint8_t *)"q", 1))
			return i - first;
	}
}

static void one_client_cannot_take_all_lookups(void)
{
	struct addr first;
	struct recursion_stage s;
	unsigned one;
	unsigned other;

	stage_init(&s);
	client_is(&s, 0);
	first = s.client;
	one = ask_many(&s, 0);
	CU_ASSERT_TRUE(one > 250 && one < 342); /* of 1024 */
	client_is(&s, 1);
	other = ask_many(&s, 10000);
	CU_ASSERT_TRUE(other > 150 && other < one);
	s.client = first;
	CU_ASSERT_EQUAL(ask_many(&s, 20000), 0);
	for (unsigned i = 3; i < 60; i++) {
		client_is(&s, i);
		(void)ask_many(&s, i * 10000);
	}
	client_is(&s, 60);
	CU_ASSERT_TRUE(ask_many(&s, 900000) > 0);
	stage_turn(&s, 5000);
	recursion_client_expire(s.recursion);
	CU_ASSERT_EQUAL(recursion_client_waiter_count(s.recursion), 0);
	s.client = first;
	CU_ASSERT_EQUAL(ask_many(&s, 1000000), one);
	stage_fini(&s);
}

static void one_client_cannot_park_all_queries(void)
{
	struct recursion_client_answer a;
	struct recursion_stage s;
	unsigned count = 0;

	stage_init(&s);
	CU_ASSERT_EQUAL(addr_parse("2001:db8:0:1::1", &s.client), OK);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), RECURSION_CLIENT_LATER);
	while (wait_for(&s, a.later, (const uint8_t *)"q", 1) == OK)
		count++;
	CU_ASSERT_TRUE(count > 1000 && count < 1400);                  /* of 4096 */
	CU_ASSERT_EQUAL(addr_parse("2001:db8:0:2::1", &s.client), OK); /* same /56 */
	CU_ASSERT_EQUAL(wait_for(&s, a.later, (const uint8_t *)"q", 1), ERR_LIMIT);
	client_is(&s, 0);
	CU_ASSERT_EQUAL(wait_for(&s, a.later, (const uint8_t *)"q", 1), OK);
	stage_fini(&s);
}

static void cache_is_bounded_and_keeps_what_is_asked_for(void)
{
	struct packet_cache *c = packet_cache_new(CACHE_LEN);
	struct recursed *r = recursed_new();
	struct packet_key k;
	struct name name;
	unsigned there = 0;

	for (unsigned i = 0; i < 20000; i++) {
		key_of(&name, i, &k);
		CU_ASSERT_PTR_NOT_NULL(packet_cache_put(c, &k, packet_hash(&k),
							recursed_empty(r, &name, 0)));
		key_of(&name, 7, &k);
		if (i > 7)
			there += packet_cache_find(c, &k, packet_hash(&k)) != NULL;
	}
	CU_ASSERT_TRUE(packet_cache_count(c) < CACHE_LEN / 256);
	CU_ASSERT_EQUAL(there, 20000 - 8);
	key_of(&name, 8, &k);
	CU_ASSERT_PTR_NULL(packet_cache_find(c, &k, packet_hash(&k)));
	recursed_free(r);
	packet_cache_free(c);
}

static void who_wants_signatures_gets_no_answer_without(void)
{
	struct packet_cache *c = packet_cache_new(CACHE_LEN);
	struct recursed *r = recursed_new();
	struct packet_key k;
	struct name name;
	uint64_t hash;

	key_of(&name, 7, &k);
	hash = packet_hash(&k);
	CU_ASSERT_PTR_NOT_NULL(
		packet_cache_put(c, &k, hash, recursed_empty(r, &name, 0)));
	CU_ASSERT_PTR_NOT_NULL(packet_cache_find(c, &k, hash));
	k.dnssec_ok = true;
	CU_ASSERT_PTR_NULL(packet_cache_find(c, &k, hash));
	k.dnssec_ok = false;
	k.checking_disabled = true;
	CU_ASSERT_PTR_NULL(packet_cache_find(c, &k, hash));
	recursed_free(r);
	packet_cache_free(c);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "an answer is asked for once and counts down",
		  answer_is_asked_for_once_and_counts_down },
		{ "one client cannot take all lookups",
		  one_client_cannot_take_all_lookups },
		{ "one client cannot park all queries",
		  one_client_cannot_park_all_queries },
		{ "rubbish on the link costs that message alone",
		  rubbish_on_the_link_costs_that_message_alone },
		{ "giant queries do not wait", giant_queries_do_not_wait },
		{ "the same question joins the one under way",
		  same_question_joins_the_one_under_way },
		{ "a popular name is asked again in its last tenth",
		  popular_name_is_asked_again_in_its_last_tenth },
		{ "a silent recursor is waited for once",
		  silent_recursor_is_waited_for_once },
		{ "what is given up is answered with its reason",
		  what_is_given_up_is_answered_with_its_reason },
		{ "another link is asked what was under way",
		  another_link_is_asked_what_was_under_way },
		{ "rubbish of the recursor is no answer",
		  rubbish_of_the_recursor_is_no_answer },
		{ "another world empties the cache", another_world_empties_the_cache },
		{ "the cache is bounded and keeps what is asked for",
		  cache_is_bounded_and_keeps_what_is_asked_for },
		{ "who wants signatures gets no answer without",
		  who_wants_signatures_gets_no_answer_without },
		CU_TEST_INFO_NULL,
	};

	return suite_run("resolver/outside", tests);
}
