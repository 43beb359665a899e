#include "resolver/answer/outbox.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "dns/frame.h"
#include "net/loop.h"
#include "net/stream.h"
#include "tests/harness.h"

enum { MESSAGE_LEN = 1000, MANY = 5000, GIANT = 60000, SIDES = 12, HELD_LEN = 100 };

/* A connection with its peer. */
struct outbox_side {
	struct outbox outbox;
	struct stream *stream;
	int peer;
	struct buffer got;
	bool crowded;
};

/* Messages that begin with the source's name and their number. */
struct numbered {
	struct message_source source;
	uint8_t name;
	unsigned count, made;
	size_t message_len;
};

static struct loop *loop;
static struct outboxes *all;
static struct outbox_side sides[SIDES]; /* of one test */
static unsigned freed_count;

static size_t numbered_next(struct message_source *source, uint8_t *out, size_t room,
			    bool *last)
{
	struct numbered *n = (struct numbered *)(void *)source;

	CU_ASSERT_FATAL(room >= n->message_len && n->made < n->count);
	memset(out, n->name, n->message_len);
	memcpy(out + 1, &n->made, sizeof(n->made));
	n->made++;
	*last = n->made == n->count;
	return n->message_len;
}

static void numbered_free(struct message_source *source)
{
	freed_count++;
	free(source);
}

static struct numbered *add(struct outbox_side *s, uint8_t name, unsigned count,
			    size_t message_len)
{
	static const struct message_source_kind kind = { numbered_next, numbered_free };
	struct numbered *n = alloc(sizeof(*n));

	n->source.kind = &kind;
	n->source.held_len = HELD_LEN;
	n->name = name;
	n->count = count;
	n->message_len = message_len;
	outbox_add(&s->outbox, &n->source);
	return n;
}

static void on_more(void *connection)
{
	struct outbox_side *s = connection;

	outbox_pump(&s->outbox);
}

static void on_crowded(void *connection)
{
	struct outbox_side *s = connection;

	for (size_t i = 0; i < SIDES; i++)
		if (sides[i].stream)
			CU_ASSERT_TRUE(stream_queued_len(sides[i].stream) <=
				       stream_queued_len(s->stream));
	s->crowded = true;
	outbox_fini(&s->outbox);
	stream_close(s->stream);
	s->stream = NULL;
}

static size_t on_received(void *arg, const uint8_t *octets, size_t len)
{
	(void)arg;
	(void)octets;
	return len;
}

static void on_closed(void *arg, int reason)
{
	(void)arg;
	(void)reason;
}

static const struct outbox_calls outbox_test_calls = { on_more, on_crowded };

static void start(size_t unsent_max)
{
	loop = loop_new();
	all = outboxes_new(loop, &outbox_test_calls, unsent_max);
	memset(sides, 0, sizeof(sides));
	freed_count = 0;
}

static void side_open(struct outbox_side *s)
{
	static const struct stream_calls calls = { .received = on_received,
						   .drained = on_more,
						   .closed = on_closed };
	static const struct addr nobody = { 0 };
	int ends[2];

	*s = (struct outbox_side){ 0 };
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends),
			      0);
	s->peer = ends[1];
	s->stream = stream_accept(loop, ends[0], &nobody, NULL, &calls, s);
	outbox_init(&s->outbox, all, s->stream, s);
}

static void side_close(struct outbox_side *s)
{
	if (s->stream) {
		outbox_fini(&s->outbox);
		stream_close(s->stream);
	}
	close(s->peer);
	buffer_fini(&s->got);
}

static void stop(void)
{
	CU_ASSERT_EQUAL(outboxes_source_count(all), 0);
	CU_ASSERT_EQUAL(outboxes_unsent_len(), 0);
	outboxes_free(all);
	loop_free(loop);
}

/* The peer takes so much and no more; then everybody does what there is to do. */
static size_t take(struct outbox_side *s, size_t len)
{
	ssize_t got = recv(s->peer, buffer_reserve(&s->got, len), len, MSG_DONTWAIT);

	s->got.len += got > 0 ? (size_t)got : 0;
	for (int i = 0; i < 3; i++)
		loop_turn(loop, false);
	return got > 0 ? (size_t)got : 0;
}

/* Whether the next message is this one; drops it. */
static bool is_next(struct outbox_side *s, uint8_t name, unsigned number)
{
	struct frame f;
	size_t len = frame_read(s->got.octets, s->got.len, &f);
	bool is = len && f.message[0] == name &&
		  memcmp(f.message + 1, &number, sizeof(number)) == 0;

	buffer_drop(&s->got, len);
	return is;
}

static void long_answer_to_a_slow_reader_costs_no_memory(void)
{
	struct outbox_side s;
	struct numbered *n;
	size_t most = 0;
	size_t taken = 0;
	unsigned number = 0;

	start(SIZE_MAX);
	side_open(&s);
	n = add(&s, 'a', MANY, MESSAGE_LEN);
	outbox_pump(&s.outbox);
	CU_ASSERT_TRUE(n->made > 0 && n->made < MANY / 4); /* what sockets hold */
	for (size_t got; (got = take(&s, 7777)); taken += got) {
		size_t queued = stream_queued_len(s.stream);

		most = queued > most ? queued : most;
		CU_ASSERT_EQUAL(outboxes_unsent_len(),
				queued + (freed_count ? 0 : HELD_LEN));
		while (s.got.len >= MESSAGE_LEN + FRAME_HEAD_LEN)
			CU_ASSERT_TRUE_FATAL(is_next(&s, 'a', number++));
	}
	CU_ASSERT_EQUAL(number, MANY);
	CU_ASSERT_EQUAL(taken, MANY * (size_t)(MESSAGE_LEN + FRAME_HEAD_LEN));
	CU_ASSERT_TRUE(most > 0 && most <= OUTBOX_UNSENT_MAX);
	CU_ASSERT_EQUAL(freed_count, 1);
	side_close(&s);
	stop();
}

static void giant_messages_stay_below_the_limit_too(void)
{
	struct outbox_side s;
	size_t most = 0;
	unsigned number = 0;

	start(SIZE_MAX);
	side_open(&s);
	add(&s, 'a', 300, FRAME_MESSAGE_MAX);
	outbox_pump(&s.outbox);
	while (take(&s, 50000)) {
		size_t queued = stream_queued_len(s.stream);

		most = queued > most ? queued : most;
		while (s.got.len >= FRAME_MESSAGE_MAX + FRAME_HEAD_LEN)
			CU_ASSERT_TRUE_FATAL(is_next(&s, 'a', number++));
	}
	CU_ASSERT_EQUAL(number, 300);
	CU_ASSERT_TRUE(most > 0 && most <= OUTBOX_UNSENT_MAX);
	side_close(&s);
	stop();
}

static void short_answer_passes_a_long_one(void)
{
	struct outbox_side s;
	unsigned before = 0;

	start(SIZE_MAX);
	side_open(&s);
	add(&s, 'a', MANY, MESSAGE_LEN);
	outbox_pump(&s.outbox);
	while (stream_queued_len(s.stream) == 0 && take(&s, 1))
		;
	add(&s, 'b', 1, 10);
	outbox_pump(&s.outbox);
	while (take(&s, 10000))
		;
	while (is_next(&s, 'a', before))
		before++;
	/* The message dropped last was the short one. */
	CU_ASSERT_TRUE(is_next(&s, 'a', before));
	CU_ASSERT_TRUE(before < MANY / 4);
	CU_ASSERT_EQUAL(freed_count, 2);
	side_close(&s);
	stop();
}

static void connection_that_takes_all_lets_others_have_a_turn(void)
{
	struct outbox_side s;
	struct numbered *n;
	int size = 16 << 20;

	start(SIZE_MAX);
	side_open(&s);
	n = add(&s, 'a', MANY, MESSAGE_LEN);
	outbox_pump(&s.outbox);
	CU_ASSERT_TRUE(n->made * (size_t)MESSAGE_LEN <= OUTBOX_TURN_LEN + MESSAGE_LEN);
	CU_ASSERT_EQUAL(stream_queued_len(s.stream), 0);
	while (recv(s.peer, buffer_reserve(&s.got, (size_t)size), (size_t)size,
		    MSG_DONTWAIT) > 0)
		for (int i = 0; i < 3; i++)
			loop_turn(loop, false);
	CU_ASSERT_EQUAL(freed_count, 1);
	side_close(&s);
	stop();
}

static void fullest_connection_goes_when_all_hold_too_much(void)
{
	size_t count = 0;
	size_t left = 0;

	start(OUTBOX_UNSENT_MAX); /* one alone cannot reach it */
	while (count < SIDES && outboxes_unsent_len() <= OUTBOX_UNSENT_MAX) {
		struct outbox_side *s = &sides[count++];

		side_open(s);
		add(s, 'a', MANY, GIANT);
		while (stream_queued_len(s->stream) == 0)
			outbox_pump(&s->outbox);
	}
	CU_ASSERT_TRUE(count > 1 && outboxes_unsent_len() > OUTBOX_UNSENT_MAX);
	for (int i = 0; i < 50; i++)
		loop_turn(loop, false);
	CU_ASSERT_TRUE(outboxes_unsent_len() <= OUTBOX_UNSENT_MAX);
	for (size_t i = 0; i < count; i++) {
		left += !sides[i].crowded;
		side_close(&sides[i]);
	}
	CU_ASSERT_TRUE(left > 0 && left < count);
	stop();
}

static void what_came_and_is_no_question_yet_is_bounded_too(void)
{
	enum { HALF = 60000, LITTLE = 4000 };

	start(2 * HALF + LITTLE);
	for (size_t i = 0; i < 4; i++)
		side_open(&sides[i]);
	outbox_untaken(&sides[0].outbox, LITTLE);
	outbox_untaken(&sides[1].outbox, HALF);
	outbox_untaken(&sides[2].outbox, HALF - 1);
	loop_turn(loop, false);
	CU_ASSERT_EQUAL(outboxes_unsent_len(), 2 * HALF - 1 + LITTLE);
	outbox_untaken(&sides[3].outbox, HALF - 2);
	for (int i = 0; i < 50; i++)
		loop_turn(loop, false);
	CU_ASSERT_FALSE(sides[0].crowded);
	CU_ASSERT_TRUE(sides[1].crowded); /* the fullest */
	CU_ASSERT_FALSE(sides[2].crowded);
	CU_ASSERT_FALSE(sides[3].crowded);
	CU_ASSERT_TRUE(outboxes_unsent_len() <= 2 * HALF + LITTLE);
	outbox_untaken(&sides[2].outbox, 0); /* it was whole, and is answered */
	CU_ASSERT_EQUAL(outboxes_unsent_len(), HALF - 2 + LITTLE);
	for (size_t i = 0; i < 4; i++)
		side_close(&sides[i]);
	stop();
}

/* Two workers: one that holds much and has nothing to do, one that gets a little. */
static void who_holds_most_goes_though_another_worker_was_last(void)
{
	enum { HALF = 60000, LITTLE = 4000 };
	struct loop *idle_loop;
	struct outboxes *idle;

	start(HALF);
	side_open(&sides[0]);
	outbox_untaken(&sides[0].outbox, HALF);
	idle_loop = loop;
	idle = all;
	loop = loop_new();
	all = outboxes_new(loop, &outbox_test_calls, HALF);
	side_open(&sides[1]);
	outbox_untaken(&sides[1].outbox, LITTLE);
	for (int i = 0; i < 3; i++)
		loop_turn(loop, false);
	CU_ASSERT_EQUAL(outboxes_unsent_len(), HALF + LITTLE);
	CU_ASSERT_FALSE(sides[1].crowded); /* not its fault */
	loop_turn(idle_loop, false);
	CU_ASSERT_TRUE(sides[0].crowded);
	CU_ASSERT_EQUAL(outboxes_unsent_len(), LITTLE);
	for (size_t i = 0; i < 2; i++)
		side_close(&sides[i]);
	stop();
	outboxes_free(idle);
	loop_free(idle_loop);
}

static void connection_that_ends_frees_what_it_waits_for(void)
{
	struct outbox_side s;

	start(SIZE_MAX);
	side_open(&s);
	add(&s, 'a', MANY, MESSAGE_LEN);
	add(&s, 'b', MANY, MESSAGE_LEN);
	outbox_pump(&s.outbox);
	CU_ASSERT_EQUAL(freed_count, 0);
	side_close(&s);
	CU_ASSERT_EQUAL(freed_count, 2);
	stop();
}

static void so_many_questions_are_waited_for_and_no_more(void)
{
	struct outbox_side s;
	unsigned count = 0;

	start(SIZE_MAX);
	side_open(&s);
	for (; !outbox_is_full(&s.outbox); count++)
		add(&s, 'a', 1, 10);
	CU_ASSERT_TRUE(count > 1 && count < 1000);
	outbox_pump(&s.outbox);
	CU_ASSERT_FALSE(outbox_is_full(&s.outbox));
	CU_ASSERT_TRUE(outbox_is_empty(&s.outbox));
	side_close(&s);
	stop();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a long answer to a slow reader costs no memory",
		  long_answer_to_a_slow_reader_costs_no_memory },
		{ "giant messages stay below the limit too",
		  giant_messages_stay_below_the_limit_too },
		{ "a short answer passes a long one", short_answer_passes_a_long_one },
		{ "a connection that takes all lets others have a turn",
		  connection_that_takes_all_lets_others_have_a_turn },
		{ "the fullest connection goes when all hold too much",
		  fullest_connection_goes_when_all_hold_too_much },
		{ "what came and is no question yet is bounded, too",
		  what_came_and_is_no_question_yet_is_bounded_too },
		{ "who holds most goes, though another worker was last",
		  who_holds_most_goes_though_another_worker_was_last },
		{ "a connection that ends frees what it waits for",
		  connection_that_ends_frees_what_it_waits_for },
		{ "so many questions are waited for and no more",
		  so_many_questions_are_waited_for_and_no_more },
		CU_TEST_INFO_NULL,
	};

	return suite_run("resolver/outbox", tests);
}
