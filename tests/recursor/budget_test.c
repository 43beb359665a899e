#include "recursor/budget.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unbound-event.h>
#include <unistd.h>

#include "net/loop.h"
#include "recursor/events.h"
#include "tests/harness.h"

static int is_sent(int fd)
{
	return send(fd, "x", 1, 0) == 1;
}

static void no_more_is_sent_than_the_budget_allows(void)
{
	struct iovec part = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	const struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct budget *b = budget_new(4);
	struct budget *was = budget_charge(b);
	int pair[2];
	int fd;

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	CU_ASSERT_TRUE(is_sent(pair[0]));
	CU_ASSERT_EQUAL(sendto(pair[0], "x", 1, 0, NULL, 0), 1);
	CU_ASSERT_EQUAL(writev(pair[0], &part, 1), 1);
	CU_ASSERT_EQUAL(sendmsg(pair[0], &message, 0), 1);
	CU_ASSERT_FALSE(budget_was_short(b));
	CU_ASSERT_FALSE(is_sent(pair[0]));
	CU_ASSERT_EQUAL(errno, ENETUNREACH);
	CU_ASSERT_EQUAL(writev(pair[0], &part, 1), -1);
	CU_ASSERT_EQUAL(sendmsg(pair[0], &message, 0), -1);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	CU_ASSERT_EQUAL(connect(fd, (struct sockaddr *)&in, sizeof(in)), -1);
	CU_ASSERT_EQUAL(errno, ENETUNREACH);
	CU_ASSERT_TRUE(budget_was_short(b));
	CU_ASSERT_EQUAL(budget_spent(b), 4);
	budget_return(was);
	CU_ASSERT_TRUE(is_sent(pair[0])); /* charged to nobody */
	CU_ASSERT_EQUAL(budget_spent(b), 4);
	budget_unref(b);
	close(fd);
	close(pair[0]);
	close(pair[1]);
}

/* An event that sends, and adds itself again as long as that works. */
struct sender {
	struct ub_event *event;
	int fd;
	unsigned calls;
	struct timeval soon;
};

static void on_sender(int fd, short bits, void *arg)
{
	struct sender *s = arg;

	(void)fd;
	(void)bits;
	s->calls++;
	if (is_sent(s->fd))
		s->event->vmt->add(s->event, &s->soon);
}

static void what_follows_from_an_event_is_charged_to_the_query_that_added_it(void)
{
	struct loop *l = loop_new();
	struct ub_event_base *base = events_new(l);
	struct budget *b = budget_new(5);
	struct budget *was;
	struct sender s = { .soon = { 0, 1 } };
	int pair[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	s.fd = pair[0];
	s.event = base->vmt->new_event(base, -1, UB_EV_TIMEOUT, on_sender, &s);
	was = budget_charge(b);
	s.event->vmt->add(s.event, &s.soon);
	budget_return(was);
	CU_ASSERT_PTR_NULL(budget_charged());
	for (int i = 0; i < 100 && !budget_was_short(b); i++)
		loop_turn(l, true);
	CU_ASSERT_EQUAL(s.calls, 6);
	CU_ASSERT_EQUAL(budget_spent(b), 5);
	CU_ASSERT_PTR_NULL(budget_charged());
	budget_unref(b);
	s.event->vmt->free(s.event);
	events_free(base);
	loop_free(l);
	close(pair[0]);
	close(pair[1]);
}

/* Whom so many events, added in one course, belong to. */
static unsigned events_of(const struct budget *b, struct budget *course, unsigned count)
{
	struct budget *was = budget_charge(course);
	unsigned n = 0;

	while (count--)
		n += budget_of_event() == b;
	budget_return(was);
	return n;
}

static void queries_that_continue_together_are_charged_themselves(void)
{
	struct budget *first = budget_new(100);
	struct budget *second = budget_new(100);
	struct budget *third = budget_new(100);
	struct budget *over = budget_new(100);
	struct budget *empty = budget_new(0);

	budget_close(over);
	CU_ASSERT_EQUAL(events_of(first, first, 8), 8);
	CU_ASSERT_EQUAL(events_of(first, first, 38), 18);
	CU_ASSERT_EQUAL(events_of(second, first, 38), 10);
	CU_ASSERT_EQUAL(events_of(third, first, 38), 10);
	CU_ASSERT_EQUAL(events_of(over, first, 38), 0);
	CU_ASSERT_EQUAL(events_of(empty, first, 38), 0);
	CU_ASSERT_PTR_NULL(budget_charged());
	CU_ASSERT_PTR_NULL(budget_of_event());
	budget_unref(first);
	budget_unref(second);
	budget_unref(third);
	budget_unref(over);
	budget_unref(empty);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "no more is sent than the budget allows",
		  no_more_is_sent_than_the_budget_allows },
		{ "what follows from an event is charged to the query that added it",
		  what_follows_from_an_event_is_charged_to_the_query_that_added_it },
		{ "queries that continue together are charged themselves",
		  queries_that_continue_together_are_charged_themselves },
		CU_TEST_INFO_NULL,
	};

	return suite_run("recursor/budget", tests);
}
