/* For tests of resolver/recursion: a worker without sockets, and its recursor's end of
 * the link. */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include "base/process/link.h"
#include "dns/recursion.h"
#include "dns/rr.h"
#include "resolver/recursion/client.h"
#include "resolver/recursion/recursed.h"
#include "tests/harness.h"

enum { CACHE_LEN = 2 << 20 };

struct recursion_stage {
	struct recursion_client *recursion;
	struct zone_set *zones;
	struct rebind *rebind;
	int recursor;
	uint64_t now_ms;
	struct name name;
	struct packet_key key;
	struct addr client;
	unsigned resumed;
};

static inline void on_resume(void *arg, struct parked *p)
{
	struct recursion_stage *s = arg;

	s->resumed++;
	free(p);
}

static inline void stage_turn(struct recursion_stage *s, uint64_t after_ms)
{
	s->now_ms += after_ms;
	recursion_client_turn(s->recursion, s->now_ms, s->zones, s->rebind, 1);
}

static inline void stage_link(struct recursion_stage *s)
{
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(link_pair(ends), 0);
	recursion_client_link(s->recursion, ends[0]);
	s->recursor = ends[1];
}

static inline void stage_init(struct recursion_stage *s)
{
	*s = (struct recursion_stage){ .now_ms = 1000000 };
	s->zones = zone_set_new();
	s->rebind = rebind_new(NULL, 0);
	s->recursion = recursion_client_new(CACHE_LEN, on_resume, s);
	stage_link(s);
	CU_ASSERT_EQUAL(name_parse("www.example.", 12, NULL, &s->name), 0);
	s->key = (struct packet_key){ .name = s->name.wire,
				      .name_len = s->name.len,
				      .type = RR_A };
	stage_turn(s, 0);
}

static inline void stage_fini(struct recursion_stage *s)
{
	if (s->recursor >= 0)
		close(s->recursor);
	recursion_client_free(s->recursion);
	zone_set_free(s->zones);
	rebind_free(s->rebind);
}

static inline enum recursion_client_result find(struct recursion_stage *s,
						struct recursion_client_answer *out)
{
	enum recursion_client_result result;

	recursion_client_begin(s->recursion, &s->client, 30);
	result = recursion_client_find(s->recursion, &s->key, packet_hash(&s->key),
				       out);
	recursion_client_flush(s->recursion);
	return result;
}

static inline int wait_for(struct recursion_stage *s, struct recursion_lookup *later,
			   const uint8_t *packet, size_t len)
{
	const struct parked_query q = { packet, len, &s->client, 1 };
	const struct way_back back = { .fd = -1 };

	return recursion_client_wait(s->recursion, later, &q, &back);
}

/* Reads what was asked; returns how many questions there were. */
static inline unsigned asked(struct recursion_stage *s, struct recursion_question *last)
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

static inline void say(struct recursion_stage *s, const struct recursion_answer *a)
{
	static uint8_t room[LINK_PAYLOAD_MAX];
	struct writer w = writer_of(room, sizeof(room));

	CU_ASSERT_EQUAL(recursion_answer_write(&w, a), 0);
	CU_ASSERT_EQUAL(link_send(s->recursor,
				  &(struct link_message){ .type = RECURSION_ANSWERS,
							  .payload = room,
							  .len = writer_len(&w) }),
			0);
	recursion_client_receive(s->recursion);
}

/* Answers with one address of this TTL. */
static inline void say_address(struct recursion_stage *s, uint64_t tag, uint8_t ttl_s)
{
	const uint8_t records[] = { 0xc0, 12,    0, 1, 0,   1, 0, 0,
				    0,    ttl_s, 0, 4, 192, 0, 2, 1 };
	const struct recursion_answer a = { .tag = tag,
					    .counts = { 1 },
					    .records = records,
					    .records_len = sizeof(records) };

	say(s, &a);
}

static inline uint8_t ttl_of(const struct recursion_client_answer *a)
{
	return ready_wire(a->ready)[9];
}

static inline void fetch(struct recursion_stage *s, uint8_t ttl_s)
{
	struct recursion_client_answer a;
	struct recursion_question q = { 0 };

	CU_ASSERT_EQUAL(find(s, &a), RECURSION_CLIENT_LATER);
	CU_ASSERT_EQUAL(asked(s, &q), 1);
	say_address(s, q.tag, ttl_s);
}
