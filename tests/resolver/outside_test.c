#include "resolver/outside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/link.h"
#include "dns/edns.h"
#include "dns/recursion.h"
#include "dns/rr.h"
#include "resolver/recursed.h"
#include "resolver/shares.h"
#include "tests/harness.h"

enum { CACHE_LEN = 2 << 20 };

/* A worker without sockets, and its recursor's end of the link. */
struct stage {
	struct outside *outside;
	struct zone_set *zones;
	struct walls *walls;
	int recursor;
	uint64_t now_ms;
	struct name name;
	struct packet_key key;
	struct addr client;
	unsigned resumed;
};

static void on_resume(void *arg, struct waiter *w)
{
	struct stage *s = arg;

	s->resumed++;
	free(w);
}

static void stage_turn(struct stage *s, uint64_t after_ms)
{
	s->now_ms += after_ms;
	outside_turn(s->outside, s->now_ms, s->zones, s->walls, 1);
}

static void stage_link(struct stage *s)
{
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(link_pair(ends), 0);
	outside_link(s->outside, ends[0]);
	s->recursor = ends[1];
}

static void stage_init(struct stage *s)
{
	*s = (struct stage){ .now_ms = 1000000 };
	s->zones = zone_set_new();
	s->walls = walls_new(NULL, 0);
	s->outside = outside_new(CACHE_LEN, on_resume, s);
	stage_link(s);
	CU_ASSERT_EQUAL(name_parse("www.example.", 12, NULL, &s->name), 0);
	s->key = (struct packet_key){ .name = s->name.wire,
				      .name_len = s->name.len,
				      .type = RR_A };
	stage_turn(s, 0);
}

static void stage_fini(struct stage *s)
{
	if (s->recursor >= 0)
		close(s->recursor);
	outside_free(s->outside);
	zone_set_free(s->zones);
	walls_free(s->walls);
}

static enum outside_result find(struct stage *s, struct outside_answer *out)
{
	enum outside_result result;

	outside_begin(s->outside, &s->client, 30);
	result = outside_find(s->outside, &s->key, packet_hash(&s->key), out);
	outside_flush(s->outside);
	return result;
}

static int wait_for(struct stage *s, struct lookup *later, const uint8_t *packet,
		    size_t len)
{
	const struct outside_query q = { packet, len, &s->client };

	return outside_wait(s->outside, later, &q, 1, NULL);
}

/* Reads what was asked; returns how many questions there were. */
static unsigned asked(struct stage *s, struct recursion_question *last)
{
	static uint8_t space[LINK_PAYLOAD_MAX];
	struct link_message m;
	struct reader r;
	unsigned count = 0;

	while (link_receive(s->recursor, space, &m) == OK) {
		r = reader_of(m.payload, m.len);
		while (reader_left(&r) && recursion_question_read(&r, last) == OK)
			count++;
	}
	return count;
}

static void say(struct stage *s, const struct recursion_answer *a)
{
	static uint8_t room[LINK_PAYLOAD_MAX];
	struct writer w = writer_of(room, sizeof(room));

	CU_ASSERT_EQUAL(recursion_answer_write(&w, a), 0);
	CU_ASSERT_EQUAL(link_send(s->recursor,
				  &(struct link_message){ .type = RECURSION_ANSWERS,
							  .payload = room,
							  .len = writer_len(&w) }),
			0);
	outside_receive(s->outside);
}

/* Answers with one address of this TTL. */
static void say_address(struct stage *s, uint64_t tag, uint8_t ttl_s)
{
	const uint8_t records[] = { 0xc0, 12,    0, 1, 0,   1, 0, 0,
				    0,    ttl_s, 0, 4, 192, 0, 2, 1 };
	const struct recursion_answer a = { .tag = tag,
					    .counts = { 1 },
					    .records = records,
					    .records_len = sizeof(records) };

	say(s, &a);
}

static uint8_t ttl_of(const struct outside_answer *a)
{
	return ready_wire(a->ready)[9];
}

static void fetch(struct stage *s, uint8_t ttl_s)
{
	struct outside_answer a;
	struct recursion_question q = { 0 };

	CU_ASSERT_EQUAL(find(s, &a), OUTSIDE_LATER);
	CU_ASSERT_EQUAL(asked(s, &q), 1);
	say_address(s, q.tag, ttl_s);
}

static void answer_is_asked_for_once_and_counts_down(void)
{
	struct stage s;
	struct outside_answer a;

	stage_init(&s);
	fetch(&s, 100);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), OUTSIDE_FOUND);
	CU_ASSERT_EQUAL(ttl_of(&a), 100);
	stage_turn(&s, 30000);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), OUTSIDE_FOUND);
	CU_ASSERT_EQUAL(ttl_of(&a), 70);
	CU_ASSERT_FALSE(a.has_ede);
	stage_turn(&s, 70000);
	CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_LATER);
	stage_fini(&s);
}

static void same_question_joins_the_one_under_way(void)
{
	struct stage s;
	struct outside_answer a[3];
	struct recursion_question q = { 0 };

	stage_init(&s);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL_FATAL(find(&s, &a[i]), OUTSIDE_LATER);
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
	struct stage s;
	struct outside_answer a;

	stage_init(&s);
	outside_begin(s.outside, &s.client, sizeof(giant));
	CU_ASSERT_EQUAL(outside_find(s.outside, &s.key, packet_hash(&s.key), &a),
			OUTSIDE_FAILED);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), OUTSIDE_LATER);
	CU_ASSERT_EQUAL(wait_for(&s, a.later, giant, sizeof(giant)), ERR_LIMIT);
	CU_ASSERT_EQUAL(wait_for(&s, a.later, giant, sizeof(giant) - 1), OK);
	stage_fini(&s);
}

static void popular_name_is_asked_again_in_its_last_tenth(void)
{
	struct stage s;
	struct outside_answer a;
	struct recursion_question q = { 0 };

	stage_init(&s);
	fetch(&s, 100);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_FOUND);
	stage_turn(&s, 80000);
	CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_FOUND);
	CU_ASSERT_EQUAL(asked(&s, &q), 0);
	stage_turn(&s, 11000);
	CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_FOUND);
	CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_FOUND);
	CU_ASSERT_EQUAL_FATAL(asked(&s, &q), 1);
	CU_ASSERT_TRUE(q.second); /* the first one has nine seconds left as well */
	say_address(&s, q.tag, 100);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL_FATAL(find(&s, &a), OUTSIDE_FOUND);
		CU_ASSERT_EQUAL(ttl_of(&a), 100);
	}
	stage_turn(&s, 91000);
	CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_FOUND);
	CU_ASSERT_EQUAL_FATAL(asked(&s, &q), 1);
	CU_ASSERT_FALSE(q.second);
	stage_fini(&s);
}

static void failure_is_kept_for_two_seconds(void)
{
	struct stage s;
	struct outside_answer a;
	struct recursion_question q = { 0 };
	struct recursion_answer said = { .rcode = RCODE_SERVFAIL,
					 .has_ede = true,
					 .ede = EDE_DNSSEC_BOGUS };

	stage_init(&s);
	CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_LATER);
	CU_ASSERT_EQUAL_FATAL(asked(&s, &q), 1);
	said.tag = q.tag;
	say(&s, &said);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), OUTSIDE_FOUND);
	CU_ASSERT_EQUAL(a.ready->flags[1], RCODE_SERVFAIL);
	CU_ASSERT_EQUAL(a.ede, EDE_DNSSEC_BOGUS);
	stage_turn(&s, 2000);
	CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_LATER);
	stage_fini(&s);
}

static void what_ran_out_is_given_while_the_recursor_is_gone(void)
{
	struct stage s;
	struct outside_answer a;

	stage_init(&s);
	fetch(&s, 10);
	close(s.recursor);
	s.recursor = -1;
	outside_receive(s.outside);
	CU_ASSERT_EQUAL(outside_fd(s.outside), -1);
	stage_turn(&s, 60000);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), OUTSIDE_FOUND);
	CU_ASSERT_EQUAL(ttl_of(&a), 30);
	CU_ASSERT_TRUE(a.has_ede);
	CU_ASSERT_EQUAL(a.ede, EDE_STALE_ANSWER);
	stage_turn(&s, 86400000);
	CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_LATER);
	stage_fini(&s);
}

/* Finds, and has the recursor say that it has nothing newer than this. */
static void fetch_stale(struct stage *s, uint8_t rcode, enum ede ede)
{
	static const uint8_t records[] = { 0xc0, 12, 0, 1, 0,   1, 0, 0,
					   0,    30, 0, 4, 192, 0, 2, 9 };
	bool empty = rcode != RCODE_NOERROR;
	struct outside_answer a;
	struct recursion_question q = { 0 };
	struct recursion_answer said = { .rcode = rcode,
					 .has_ede = true,
					 .ede = (uint16_t)ede,
					 .counts = { !empty },
					 .records = records,
					 .records_len = empty ? 0 : sizeof(records) };

	CU_ASSERT_EQUAL(find(s, &a), OUTSIDE_LATER);
	CU_ASSERT_EQUAL(asked(s, &q), 1);
	said.tag = q.tag;
	say(s, &said);
}

static void what_the_recursor_gives_stale_is_soon_asked_again(void)
{
	struct stage s;
	struct outside_answer a;

	stage_init(&s);
	fetch_stale(&s, RCODE_NOERROR, EDE_STALE_ANSWER);
	stage_turn(&s, 4000);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), OUTSIDE_FOUND);
	CU_ASSERT_EQUAL(a.ede, EDE_STALE_ANSWER);
	stage_turn(&s, 1000);
	fetch_stale(&s, RCODE_NOERROR, EDE_STALE_ANSWER);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), OUTSIDE_FOUND);
	CU_ASSERT_TRUE(a.has_ede);
	stage_fini(&s);
}

static void what_was_kept_is_no_worse_than_what_is_given_stale(void)
{
	struct stage s;
	struct outside_answer a;

	stage_init(&s);
	fetch(&s, 10);
	stage_turn(&s, 20000);
	fetch_stale(&s, RCODE_NOERROR, EDE_STALE_ANSWER);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), OUTSIDE_FOUND);
	CU_ASSERT_EQUAL(ttl_of(&a), 30);
	CU_ASSERT_EQUAL(a.ede, EDE_STALE_ANSWER);
	CU_ASSERT_EQUAL(ready_wire(a.ready)[15], 1); /* of 192.0.2.1 */
	stage_fini(&s);
}

static void stale_denial_is_called_so(void)
{
	struct stage s;
	struct outside_answer a;

	stage_init(&s);
	fetch_stale(&s, RCODE_NXDOMAIN, EDE_STALE_NXDOMAIN);
	stage_turn(&s, 6000);
	fetch_stale(&s, RCODE_NXDOMAIN, EDE_STALE_NXDOMAIN);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), OUTSIDE_FOUND);
	CU_ASSERT_EQUAL(a.ready->flags[1], RCODE_NXDOMAIN);
	CU_ASSERT_EQUAL(a.ede, EDE_STALE_NXDOMAIN);
	stage_fini(&s);
}

static void silent_recursor_is_waited_for_once(void)
{
	struct stage s;
	struct outside_answer a;
	struct recursion_question q = { 0 };

	stage_init(&s);
	CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_LATER);
	CU_ASSERT_EQUAL(outside_wait_ms(s.outside), OUTSIDE_LIMIT_MS);
	stage_turn(&s, OUTSIDE_LIMIT_MS);
	outside_expire(s.outside);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), OUTSIDE_FOUND);
	CU_ASSERT_EQUAL(a.ede, EDE_NO_REACHABLE_AUTHORITY);
	s.key.type = RR_AAAA;
	CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_LATER);
	CU_ASSERT_EQUAL(outside_wait_ms(s.outside), OUTSIDE_SILENT_LIMIT_MS);
	CU_ASSERT_EQUAL(asked(&s, &q), 2);
	stage_fini(&s);
}

static void what_is_given_up_is_answered_with_its_reason(void)
{
	struct stage s;
	struct outside_answer a;

	stage_init(&s);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), OUTSIDE_LATER);
	CU_ASSERT_EQUAL(wait_for(&s, a.later, (const uint8_t *)"q", 1), 0);
	CU_ASSERT_EQUAL(outside_waiter_count(s.outside), 1);
	outside_give_up(s.outside);
	CU_ASSERT_EQUAL(s.resumed, 1);
	CU_ASSERT_EQUAL(outside_waiter_count(s.outside), 0);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), OUTSIDE_FOUND);
	CU_ASSERT_EQUAL(a.ede, EDE_NOT_READY);
	stage_fini(&s);
}

static void another_link_is_asked_what_was_under_way(void)
{
	struct stage s;
	struct outside_answer a;
	struct recursion_question q = { 0 };
	int first;

	stage_init(&s);
	CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_LATER);
	first = s.recursor;
	stage_link(&s);
	CU_ASSERT_EQUAL_FATAL(asked(&s, &q), 1);
	say_address(&s, q.tag, 10);
	CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_FOUND);
	close(first);
	stage_fini(&s);
}

static void rubbish_of_the_recursor_is_no_answer(void)
{
	static const uint8_t rubbish[] = { 0xc0, 0xff, 0, 1, 0, 1 };
	struct stage s;
	struct outside_answer a;
	struct recursion_question q = { 0 };
	struct recursion_answer said = { .counts = { 1 },
					 .records = rubbish,
					 .records_len = sizeof(rubbish) };

	stage_init(&s);
	CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_LATER);
	CU_ASSERT_EQUAL_FATAL(asked(&s, &q), 1);
	said.tag = q.tag;
	say(&s, &said);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), OUTSIDE_FOUND);
	CU_ASSERT_EQUAL(a.ready->flags[1], RCODE_SERVFAIL);
	stage_fini(&s);
}

static void another_world_empties_the_cache(void)
{
	struct stage s;
	struct outside_answer a;

	stage_init(&s);
	fetch(&s, 100);
	CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_FOUND);
	outside_turn(s.outside, s.now_ms, s.zones, s.walls, 2);
	CU_ASSERT_EQUAL(find(&s, &a), OUTSIDE_LATER);
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
static void client_is(struct stage *s, unsigned number)
{
	static bool taken[1 << 16];
	static unsigned next;
	char text[20];

	if (number == 0)
		memset(taken, 0, sizeof(taken));
	if (s->client.family)
		taken[shares_client(&s->client)] = true;
	do {
		(void)snprintf(text, sizeof(text), "10.0.%u.%u", next >> 8 & 255,
			       next & 255);
		next++;
		CU_ASSERT_EQUAL(addr_parse(text, &s->client), OK);
	} while (taken[shares_client(&s->client)]);
	taken[shares_client(&s->client)] = true;
}

/* Asks for names that nobody asked for before, until there is no more to be had. */
static unsigned ask_many(struct stage *s, unsigned first)
{
	struct outside_answer a;
	struct name name;
	unsigned i = first;

	for (;; i++) {
		key_of(&name, i, &s->key);
		if (find(s, &a) != OUTSIDE_LATER ||
		    wait_for(s, a.later, (const uint8_t *)"q", 1))
			return i - first;
	}
}

static void nobody_takes_the_lookups_of_all(void)
{
	struct addr first;
	struct stage s;
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
	outside_expire(s.outside);
	CU_ASSERT_EQUAL(outside_waiter_count(s.outside), 0);
	s.client = first;
	CU_ASSERT_EQUAL(ask_many(&s, 1000000), one);
	stage_fini(&s);
}

static void nobody_waits_for_all(void)
{
	struct outside_answer a;
	struct stage s;
	unsigned count = 0;

	stage_init(&s);
	CU_ASSERT_EQUAL(addr_parse("2001:db8:0:1::1", &s.client), OK);
	CU_ASSERT_EQUAL_FATAL(find(&s, &a), OUTSIDE_LATER);
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
	k.dnssec_ok = true;
	CU_ASSERT_PTR_NULL(packet_cache_find(c, &k, packet_hash(&k)));
	recursed_free(r);
	packet_cache_free(c);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "an answer is asked for once and counts down",
		  answer_is_asked_for_once_and_counts_down },
		{ "nobody takes the look-ups of all", nobody_takes_the_lookups_of_all },
		{ "nobody waits for all", nobody_waits_for_all },
		{ "giant queries do not wait", giant_queries_do_not_wait },
		{ "the same question joins the one under way",
		  same_question_joins_the_one_under_way },
		{ "a popular name is asked again in its last tenth",
		  popular_name_is_asked_again_in_its_last_tenth },
		{ "a failure is kept for two seconds",
		  failure_is_kept_for_two_seconds },
		{ "what ran out is given while the recursor is gone",
		  what_ran_out_is_given_while_the_recursor_is_gone },
		{ "what the recursor gives stale is soon asked again",
		  what_the_recursor_gives_stale_is_soon_asked_again },
		{ "what was kept is no worse than what is given stale",
		  what_was_kept_is_no_worse_than_what_is_given_stale },
		{ "a stale denial is called so", stale_denial_is_called_so },
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
		CU_TEST_INFO_NULL,
	};

	return suite_run("resolver/outside", tests);
}
