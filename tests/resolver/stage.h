/* For tests of resolver/outside: a worker without sockets, and its recursor's end of
 * the link. */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include "base/link.h"
#include "dns/recursion.h"
#include "dns/rr.h"
#include "resolver/outside.h"
#include "resolver/recursed.h"
#include "tests/harness.h"

enum { CACHE_LEN = 2 << 20 };

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

static inline void on_resume(void *arg, struct waiter *w)
{
	struct stage *s = arg;

	s->resumed++;
	free(w);
}

static inline void stage_turn(struct stage *s, uint64_t after_ms)
{
	s->now_ms += after_ms;
	outside_turn(s->outside, s->now_ms, s->zones, s->walls, 1);
}

static inline void stage_link(struct stage *s)
{
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(link_pair(ends), 0);
	outside_link(s->outside, ends[0]);
	s->recursor = ends[1];
}

static inline void stage_init(struct stage *s)
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

static inline void stage_fini(struct stage *s)
{
	if (s->recursor >= 0)
		close(s->recursor);
	outside_free(s->outside);
	zone_set_free(s->zones);
	walls_free(s->walls);
}

static inline enum outside_result find(struct stage *s, struct outside_answer *out)
{
	enum outside_result result;

	outside_begin(s->outside, &s->client, 30);
	result = outside_find(s->outside, &s->key, packet_hash(&s->key), out);
	outside_flush(s->outside);
	return result;
}

static inline int wait_for(struct stage *s, struct lookup *later, const uint8_t *packet,
			   size_t len)
{
	const struct outside_query q = { packet, len, &s->client };

	return outside_wait(s->outside, later, &q, 1, NULL);
}

/* Reads what was asked; returns how many questions there were. */
static inline unsigned asked(struct stage *s, struct recursion_question *last)
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

static inline void say(struct stage *s, const struct recursion_answer *a)
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
static inline void say_address(struct stage *s, uint64_t tag, uint8_t ttl_s)
{
	const uint8_t records[] = { 0xc0, 12,    0, 1, 0,   1, 0, 0,
				    0,    ttl_s, 0, 4, 192, 0, 2, 1 };
	const struct recursion_answer a = { .tag = tag,
					    .counts = { 1 },
					    .records = records,
					    .records_len = sizeof(records) };

	say(s, &a);
}

static inline uint8_t ttl_of(const struct outside_answer *a)
{
	return ready_wire(a->ready)[9];
}

static inline void fetch(struct stage *s, uint8_t ttl_s)
{
	struct outside_answer a;
	struct recursion_question q = { 0 };

	CU_ASSERT_EQUAL(find(s, &a), OUTSIDE_LATER);
	CU_ASSERT_EQUAL(asked(s, &q), 1);
	say_address(s, q.tag, ttl_s);
}
