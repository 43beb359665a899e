#include "resolver/answer/rerun.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "resolver/answer/query.h"
#include "resolver/recursion/client.h"
#include "tests/harness.h"

static const uint8_t giant[PARKED_LEN_MAX + 1];

static struct addr client(uint8_t last)
{
	return (struct addr){ .family = AF_INET, .octets = { 10, 0, 0, last } };
}

static int add(struct parking *p, struct parked_queue *queue, const char *packet,
	       struct parked_of_stream *stream)
{
	struct addr from = client(1);
	const struct parked_query q = { (const uint8_t *)packet, strlen(packet), &from,
					1 };
	const struct way_back back = { .stream = stream, .fd = 7 };

	return parked_add(p, queue, &q, &back);
}

static void expect_next(struct parked_queue *queue, const char *packet)
{
	struct parked *one = parked_take(queue);
	struct query q = { 0 };

	if (one == NULL) {
		CU_FAIL("nothing is parked");
		return;
	}
	parked_read(one, &q);
	CU_ASSERT_EQUAL(q.len, strlen(packet));
	CU_ASSERT_EQUAL(memcmp(q.packet, packet, q.len), 0);
	CU_ASSERT_EQUAL(q.rounds, 1);
	CU_ASSERT_EQUAL(one->back.fd, 7);
	free(one);
}

static void query_comes_back_as_it_was_in_the_order_of_parking(void)
{
	struct parking *p = parking_new();
	struct parked_queue queue = TAILQ_HEAD_INITIALIZER(queue);

	CU_ASSERT_EQUAL(add(p, &queue, "one", NULL), OK);
	CU_ASSERT_EQUAL(add(p, &queue, "three", NULL), OK);
	CU_ASSERT_EQUAL(parking_count(p), 2);
	expect_next(&queue, "one");
	expect_next(&queue, "three");
	CU_ASSERT_PTR_NULL(parked_take(&queue));
	CU_ASSERT_EQUAL(parking_count(p), 0);
	parking_free(p);
}

static void connection_that_ends_takes_its_own_with_it(void)
{
	struct parking *p = parking_new();
	struct parked_queue first = TAILQ_HEAD_INITIALIZER(first);
	struct parked_queue second = TAILQ_HEAD_INITIALIZER(second);
	struct parked_of_stream a, b;
	struct parked *left;

	parked_of_stream_init(&a, NULL);
	parked_of_stream_init(&b, &b);
	CU_ASSERT_EQUAL(add(p, &first, "a1", &a), OK);
	CU_ASSERT_EQUAL(add(p, &first, "b1", &b), OK);
	CU_ASSERT_EQUAL(add(p, &second, "a2", &a), OK);
	CU_ASSERT_EQUAL(a.count, 2);
	parked_of_stream_fini(&a);
	CU_ASSERT_EQUAL(a.count, 0);
	CU_ASSERT_EQUAL(parking_count(p), 1);
	CU_ASSERT_PTR_NULL(parked_take(&second));
	left = parked_take(&first);
	CU_ASSERT_TRUE(left && left->back.stream->connection == &b);
	CU_ASSERT_EQUAL(b.count, 0);
	free(left);
	parked_of_stream_fini(&b);
	parking_free(p);
}

static void one_connection_parks_so_many_and_no_more(void)
{
	struct parking *p = parking_new();
	struct parked_queue queue = TAILQ_HEAD_INITIALIZER(queue);
	struct parked_of_stream s;

	parked_of_stream_init(&s, NULL);
	for (int i = 0; i < PARKED_OF_STREAM_MAX; i++)
		CU_ASSERT_EQUAL(add(p, &queue, "q", &s), OK);
	CU_ASSERT_EQUAL(add(p, &queue, "q", &s), ERR_LIMIT);
	CU_ASSERT_EQUAL(add(p, &queue, "q", NULL), OK);
	free(parked_take(&queue));
	CU_ASSERT_EQUAL(add(p, &queue, "q", &s), OK);
	parked_of_stream_fini(&s);
	free(parked_take(&queue));
	parking_free(p);
}

static void one_client_leaves_room_for_the_next(void)
{
	struct parking *p = parking_new();
	struct parked_queue queue = TAILQ_HEAD_INITIALIZER(queue);
	struct addr next = client(2);
	const struct parked_query q = { giant, 1, &next, 1 };
	const struct way_back back = { .fd = -1 };
	struct parked *one;
	size_t taken = 0;

	while (add(p, &queue, "q", NULL) == OK)
		taken++;
	CU_ASSERT_TRUE(taken > 0 && taken < PARKED_MAX / 2);
	CU_ASSERT_EQUAL(parked_add(p, &queue, &q, &back), OK);
	while ((one = parked_take(&queue)))
		free(one);
	parking_free(p);
}

static void giant_or_endless_query_is_not_parked(void)
{
	struct parking *p = parking_new();
	struct parked_queue queue = TAILQ_HEAD_INITIALIZER(queue);
	struct addr from = client(1);
	struct parked_query q = { giant, sizeof(giant), &from, 1 };
	const struct way_back back = { .fd = -1 };

	CU_ASSERT_EQUAL(parked_add(p, &queue, &q, &back), ERR_LIMIT);
	q.len--;
	q.rounds = WAITER_ROUNDS_MAX + 1;
	CU_ASSERT_EQUAL(parked_add(p, &queue, &q, &back), ERR_LIMIT);
	q.rounds--;
	CU_ASSERT_EQUAL(parked_add(p, &queue, &q, &back), OK);
	free(parked_take(&queue));
	parking_free(p);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a query comes back as it was, in the order of parking",
		  query_comes_back_as_it_was_in_the_order_of_parking },
		{ "a connection that ends takes its own with it",
		  connection_that_ends_takes_its_own_with_it },
		{ "one connection parks so many and no more",
		  one_connection_parks_so_many_and_no_more },
		{ "one client leaves room for the next",
		  one_client_leaves_room_for_the_next },
		{ "a giant or endless query is not parked",
		  giant_or_endless_query_is_not_parked },
		CU_TEST_INFO_NULL,
	};

	return suite_run("resolver/parked", tests);
}
