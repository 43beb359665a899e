#include "net/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "net/loop.h"
#include "net/socket.h"
#include "net/stream.h"
#include "tests/harness.h"
#include "tests/net/guard.h"

enum { CLIENTS_MAX = 16 };

static struct loop *loop;
static struct listener *listener;
static struct addr at;
static int door;
static int clients[CLIENTS_MAX];
static struct connection *connections[CLIENTS_MAX]; /* in the order of opening */
static int reasons[CLIENTS_MAX];
static int opened, received, closed;
static bool closes_in_opened;

static void *on_opened(void *arg, struct connection *c)
{
	(void)arg;
	connections[opened] = c;
	if (closes_in_opened)
		connection_close(c);
	return &connections[opened++];
}

static size_t on_received(void *own, const uint8_t *octets, size_t len)
{
	struct connection *c = *(struct connection **)own;

	received++;
	CU_ASSERT_EQUAL(stream_write(connection_stream(c), octets, len), OK);
	return len;
}

static void on_closed(void *own, int reason)
{
	reasons[(struct connection **)own - connections] = reason;
	closed++;
}

static const struct listener_calls calls = { .opened = on_opened,
					     .received = on_received,
					     .closed = on_closed };

static void begin(struct listener_limits limits)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	opened = received = closed = 0;
	closes_in_opened = false;
	memset(reasons, 0, sizeof(reasons));
	loop = loop_new();
	listener = listener_new(loop, &limits, &calls, NULL);
	CU_ASSERT_EQUAL(addr_parse_port("127.0.0.1", 0, &at), OK);
	door = listener_socket(&at);
	CU_ASSERT_FATAL(door >= 0);
	getsockname(door, (struct sockaddr *)&sa, &len);
	addr_from_sockaddr((struct sockaddr *)&sa, &at);
	listener_add(listener, door, NULL);
	for (int i = 0; i < CLIENTS_MAX; i++)
		clients[i] = -1;
}

static void finish(void)
{
	for (int i = 0; i < CLIENTS_MAX; i++)
		if (clients[i] >= 0)
			close(clients[i]);
	listener_free(listener);
	close(door);
	loop_free(loop);
}

static void turn(const int *count, int wanted)
{
	TURN_UNTIL(loop, *count >= wanted);
	CU_ASSERT_EQUAL(*count, wanted);
}

static void turn_some(void)
{
	for (int i = 0; i < 10; i++)
		loop_turn(loop, false);
}

/* Client number i, from 127.0.0.SOURCE. */
static void dial(int i, int source)
{
	struct addr from = { .octets = { 127, 0, 0, (uint8_t)source },
			     .family = AF_INET };

	clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL(socket_bind(clients[i], &from), OK);
	CU_ASSERT_EQUAL(socket_connect(clients[i], &at), OK);
}

static bool is_closed(int i)
{
	char octet;

	return recv(clients[i], &octet, 1, MSG_DONTWAIT | MSG_PEEK) == 0 ||
	       errno == ECONNRESET;
}

static void connections_are_served(void)
{
	char octets[4];

	begin((struct listener_limits){ .total = 4 });
	dial(0, 1);
	turn(&opened, 1);
	CU_ASSERT_EQUAL(send(clients[0], "ping", 4, 0), 4);
	turn(&received, 1);
	CU_ASSERT_EQUAL(recv(clients[0], octets, 4, 0), 4);
	close(clients[0]);
	clients[0] = -1;
	turn(&closed, 1);
	CU_ASSERT_EQUAL(reasons[0], ERR_CLOSED);
	CU_ASSERT_EQUAL(listener_counts(listener)->open, 0);
	finish();
}

static void the_longest_idle_makes_room(void)
{
	begin((struct listener_limits){ .total = 3 });
	for (int i = 0; i < 3; i++)
		dial(i, 1);
	turn(&opened, 3);
	/* The first speaks: the second is the longest idle now. */
	CU_ASSERT_EQUAL(send(clients[0], "x", 1, 0), 1);
	turn(&received, 1);
	dial(3, 1);
	turn(&opened, 4);
	CU_ASSERT_EQUAL(closed, 1);
	CU_ASSERT_EQUAL(reasons[1], ERR_LIMIT);
	CU_ASSERT(is_closed(1));
	CU_ASSERT_EQUAL(listener_counts(listener)->open, 3);
	CU_ASSERT_EQUAL(listener_counts(listener)->made_room, 1);
	finish();
}

static void busy_connections_stay_and_the_new_one_goes(void)
{
	begin((struct listener_limits){ .total = 2 });
	dial(0, 1);
	dial(1, 1);
	turn(&opened, 2);
	connection_busy(connections[0], true);
	connection_busy(connections[1], true);
	dial(2, 1);
	turn_some();
	CU_ASSERT_EQUAL(opened, 2);
	CU_ASSERT(is_closed(2));
	CU_ASSERT_EQUAL(listener_counts(listener)->refused_full, 1);
	connection_busy(connections[1], false);
	dial(3, 1);
	turn(&opened, 3);
	CU_ASSERT_EQUAL(reasons[1], ERR_LIMIT);
	finish();
}

static void kept_connections_stay_until_their_peer_goes(void)
{
	const struct listener_limits hasty = { .total = 2, .idle_ms = 5 };

	begin((struct listener_limits){ .total = 2 });
	dial(0, 1);
	dial(1, 1);
	turn(&opened, 2);
	connection_keep(connections[0], true);
	connection_keep(connections[1], true);
	listener_limit(listener, &hasty);
	dial(2, 1);
	TURN_UNTIL(loop, listener_counts(listener)->refused_full == 1);
	CU_ASSERT_EQUAL(listener_counts(listener)->timed_out, 0);
	close(clients[0]);
	clients[0] = -1;
	turn(&closed, 1);
	CU_ASSERT_EQUAL(reasons[0], ERR_CLOSED);
	connection_keep(connections[1], false);
	turn(&closed, 2);
	CU_ASSERT_EQUAL(reasons[1], ERR_TIMEOUT);
	finish();
}

static void one_source_cannot_take_all(void)
{
	begin((struct listener_limits){ .total = 10, .per_source = 2 });
	for (int i = 0; i < 4; i++)
		dial(i, 1);
	dial(4, 2);
	turn(&opened, 3);
	turn_some();
	CU_ASSERT_EQUAL(listener_counts(listener)->refused_source, 2);
	connection_close(connections[0]);
	dial(5, 1);
	turn(&opened, 4);
	CU_ASSERT_EQUAL(listener_counts(listener)->open, 3);
	finish();
}

static void idle_connections_time_out(void)
{
	begin((struct listener_limits){ .total = 10, .idle_ms = 5 });
	dial(0, 1);
	dial(1, 1);
	turn(&opened, 2);
	connection_busy(connections[1], true);
	turn(&closed, 1);
	CU_ASSERT_EQUAL(reasons[0], ERR_TIMEOUT);
	CU_ASSERT_EQUAL(listener_counts(listener)->timed_out, 1);
	connection_busy(connections[1], false);
	turn(&closed, 2);
	CU_ASSERT_EQUAL(reasons[1], ERR_TIMEOUT);
	finish();
}

static void new_limits_apply_to_open_connections(void)
{
	const struct listener_limits fewer = { .total = 1, .idle_ms = 5 };

	begin((struct listener_limits){ .total = 10 });
	dial(0, 1);
	dial(1, 1);
	turn(&opened, 2);
	listener_limit(listener, &fewer);
	turn(&closed, 2);
	CU_ASSERT_EQUAL(listener_counts(listener)->timed_out, 2);
	finish();
}

static void a_connection_may_be_closed_as_it_opens(void)
{
	begin((struct listener_limits){ .total = 10 });
	closes_in_opened = true;
	dial(0, 1);
	turn(&opened, 1);
	CU_ASSERT_EQUAL(listener_counts(listener)->open, 0);
	CU_ASSERT_EQUAL(closed, 0);
	finish();
}

static void without_descriptors_the_longest_idle_goes(void)
{
	struct rlimit was;
	struct rlimit few;

	begin((struct listener_limits){ .total = 10 });
	dial(0, 1);
	turn(&opened, 1);
	dial(1, 1);
	CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	few.rlim_cur = (rlim_t)clients[1] + 1; /* all numbers are taken */
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &few), 0);
	turn(&opened, 2);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &was), 0);
	CU_ASSERT_EQUAL(reasons[0], ERR_LIMIT);
	CU_ASSERT_EQUAL(closed, 1);
	finish();
}

static void a_removed_socket_accepts_no_more(void)
{
	begin((struct listener_limits){ .total = 10 });
	listener_remove(listener, door);
	dial(0, 1);
	turn_some();
	CU_ASSERT_EQUAL(opened, 0);
	listener_add(listener, door, NULL);
	turn(&opened, 1);
	finish();
}

static void a_client_that_ends_first_still_gets_its_answer(void)
{
	char got[8];

	begin((struct listener_limits){ .total = 4 });
	dial(0, 1);
	turn(&opened, 1);
	connection_busy(connections[0], true);
	CU_ASSERT_EQUAL(shutdown(clients[0], SHUT_WR), 0);
	turn_some();
	CU_ASSERT_EQUAL(closed, 0);
	CU_ASSERT_EQUAL(stream_write(connection_stream(connections[0]), "late", 4), OK);
	connection_busy(connections[0], false);
	CU_ASSERT_EQUAL(closed, 0); /* not inside the owner's call */
	turn(&closed, 1);
	CU_ASSERT_EQUAL(reasons[0], ERR_CLOSED);
	CU_ASSERT_EQUAL(recv(clients[0], got, sizeof(got), MSG_WAITALL), 4);
	CU_ASSERT_EQUAL(recv(clients[0], got, sizeof(got), 0), 0);
	CU_ASSERT_EQUAL(listener_counts(listener)->open, 0);
	finish();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "connections are served", connections_are_served },
		{ "the longest idle makes room", the_longest_idle_makes_room },
		{ "busy connections stay and the new one goes",
		  busy_connections_stay_and_the_new_one_goes },
		{ "kept connections stay until their peer goes",
		  kept_connections_stay_until_their_peer_goes },
		{ "one source cannot take all", one_source_cannot_take_all },
		{ "idle connections time out", idle_connections_time_out },
		{ "new limits apply to open connections",
		  new_limits_apply_to_open_connections },
		{ "a connection may be closed as it opens",
		  a_connection_may_be_closed_as_it_opens },
		{ "without descriptors the longest idle goes",
		  without_descriptors_the_longest_idle_goes },
		{ "a client that ends first still gets its answer",
		  a_client_that_ends_first_still_gets_its_answer },
		{ "a removed socket accepts no more",
		  a_removed_socket_accepts_no_more },
		CU_TEST_INFO_NULL,
	};

	return suite_run("net/listener", tests);
}
