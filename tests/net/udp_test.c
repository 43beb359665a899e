#include "net/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "net/batch.h"
#include "net/loop.h"
#include "net/socket.h"
#include "tests/harness.h"
#include "tests/net/guard.h"

struct end {
	struct udp *udp;
	struct addr at, from;
	int received, failed;
	size_t len;
	uint8_t octets[64];
	struct udp_error error;
	int answers; /* sent for each datagram */
	bool closes_inside;
};

static struct loop *loop;

static void on_received(void *arg, const struct addr *from, const uint8_t *octets,
			size_t len)
{
	struct end *e = arg;

	e->received++;
	e->from = *from;
	e->len = len;
	memcpy(e->octets, octets, len < sizeof(e->octets) ? len : sizeof(e->octets));
	for (int i = 0; i < e->answers; i++)
		CU_ASSERT_EQUAL(udp_send(e->udp, from, octets, len), OK);
	if (e->closes_inside)
		udp_close(e->udp);
}

static void on_failed(void *arg, const struct udp_error *error)
{
	struct end *e = arg;

	e->failed++;
	e->error = *error;
	if (e->closes_inside)
		udp_close(e->udp);
}

static const struct udp_calls calls = { on_received, on_failed };

static void open_end(struct end *e, const char *text, const struct addr *peer)
{
	CU_ASSERT_EQUAL_FATAL(addr_parse_port(text, 0, &e->at), OK);
	CU_ASSERT_EQUAL_FATAL(udp_open(loop, &e->at, peer, &calls, e, &e->udp), OK);
	udp_local(e->udp, &e->at);
}

static void until(const int *count, int wanted)
{
	TURN_UNTIL(loop, *count >= wanted);
	CU_ASSERT_EQUAL(*count, wanted);
}

static void datagrams_come_and_go(const char *address)
{
	struct end server = { .answers = 1 };
	struct end client = { 0 };

	loop = loop_new();
	open_end(&server, address, NULL);
	open_end(&client, address, &server.at);
	CU_ASSERT_EQUAL(udp_send(client.udp, NULL, "hello", 5), OK);
	until(&client.received, 1);
	CU_ASSERT_EQUAL(client.len, 5);
	CU_ASSERT(addr_equal_port(&client.from, &server.at));
	CU_ASSERT(addr_equal_port(&server.from, &client.at));
	udp_close(client.udp);
	udp_close(server.udp);
	loop_free(loop);
}

static void datagrams_come_and_go_over_ipv4(void)
{
	datagrams_come_and_go("127.0.0.1");
}

static void datagrams_come_and_go_over_ipv6(void)
{
	int fd = socket_open(AF_INET6, SOCK_DGRAM);
	struct addr at;
	bool possible = fd >= 0 && addr_parse_port("::1", 0, &at) == OK &&
			socket_bind(fd, &at) == OK;

	if (fd >= 0)
		close(fd);
	if (possible)
		datagrams_come_and_go("::1");
	else
		skip("this machine has no IPv6 loopback");
}

static void a_socket_is_not_connected_with_itself(void)
{
	struct end end = { 0 };
	struct udp *itself;

	loop = loop_new();
	open_end(&end, "127.0.0.1", NULL);
	udp_close(end.udp); /* its port is free now */
	CU_ASSERT_EQUAL(udp_open(loop, &end.at, &end.at, &calls, &end, &itself),
			ERR_SYSTEM);
	CU_ASSERT_EQUAL(errno, EADDRINUSE);
	loop_free(loop);
}

static void answers_of_a_batch_all_go_out(void)
{
	struct end server = { .answers = 40 };
	struct end client = { 0 };

	loop = loop_new();
	open_end(&server, "127.0.0.1", NULL);
	open_end(&client, "127.0.0.1", &server.at);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(udp_send(client.udp, NULL, "x", 1), OK);
	until(&client.received, 120);
	udp_close(client.udp);
	udp_close(server.udp);
	loop_free(loop);
}

static void a_closed_port_is_told_with_its_address(void)
{
	struct end server = { 0 };
	struct end client = { 0 };

	loop = loop_new();
	open_end(&server, "127.0.0.1", NULL);
	open_end(&client, "127.0.0.1", &server.at);
	udp_close(server.udp);
	for (int round = 1; round <= 3; round++) {
		CU_ASSERT_EQUAL(udp_send(client.udp, NULL, "x", 1), OK);
		until(&client.failed, round);
		CU_ASSERT_EQUAL(client.error.err, ERR_REFUSED);
		CU_ASSERT(client.error.from_icmp);
		CU_ASSERT(addr_equal_port(&client.error.to, &server.at));
	}
	udp_close(client.udp);
	loop_free(loop);
}

static void an_open_socket_tells_which_destination_refused(void)
{
	struct end gone = { 0 };
	struct end there = { .answers = 1 };
	struct end client = { 0 };

	loop = loop_new();
	open_end(&gone, "127.0.0.1", NULL);
	open_end(&there, "127.0.0.1", NULL);
	open_end(&client, "127.0.0.1", NULL);
	udp_close(gone.udp);
	CU_ASSERT_EQUAL(udp_send(client.udp, &gone.at, "x", 1), OK);
	CU_ASSERT_EQUAL(udp_send(client.udp, &there.at, "y", 1), OK);
	until(&client.failed, 1);
	until(&client.received, 1);
	CU_ASSERT(addr_equal_port(&client.error.to, &gone.at));
	CU_ASSERT(addr_equal_port(&client.from, &there.at));
	udp_close(client.udp);
	udp_close(there.udp);
	loop_free(loop);
}

static void a_socket_may_be_closed_inside_its_calls(void)
{
	struct end server = { .closes_inside = true };
	struct end client = { .closes_inside = true };

	loop = loop_new();
	open_end(&server, "127.0.0.1", NULL);
	open_end(&client, "127.0.0.1", &server.at);
	CU_ASSERT_EQUAL(udp_send(client.udp, NULL, "x", 1), OK);
	CU_ASSERT_EQUAL(udp_send(client.udp, NULL, "y", 1), OK);
	until(&server.received, 1);
	CU_ASSERT_EQUAL(udp_send(client.udp, NULL, "z", 1), OK);
	until(&client.failed, 1);
	loop_turn(loop, false);
	CU_ASSERT_EQUAL(server.received, 1);
	loop_free(loop);
}

static void what_our_kernel_refuses_leaves_the_socket_good(void)
{
	struct end client = { 0 };
	struct addr to;

	loop = loop_new();
	CU_ASSERT_EQUAL(addr_parse_port("127.0.0.1", 9, &to), OK);
	open_end(&client, "127.0.0.1", &to);
	/* More than fits a datagram: the kernel refuses, and the socket stays. */
	static const uint8_t lot[70000];
	CU_ASSERT_EQUAL(udp_send(client.udp, NULL, lot, sizeof(lot)), ERR_SYSTEM);
	CU_ASSERT_EQUAL(udp_send(client.udp, NULL, "x", 1), OK);
	udp_close(client.udp);
	loop_free(loop);
}

enum { ASKED = 3 };

static const char *const asked[ASKED] = { "127.0.0.1", "127.0.0.2", "127.0.0.3" };

/* Sends "ask" from a new socket connected to address number i. Returns the socket. */
static int ask(int i, uint16_t port)
{
	int fd = socket_open(AF_INET, SOCK_DGRAM);
	struct addr to;

	CU_ASSERT_EQUAL(addr_parse_port(asked[i], port, &to), OK);
	CU_ASSERT_EQUAL(socket_connect(fd, &to), OK);
	CU_ASSERT_EQUAL(send(fd, "ask", 3, 0), 3);
	return fd;
}

/* Answers all but the second. */
static void answer_batch(struct batch *b)
{
	struct batch_item *items = batch_items(b);

	for (size_t i = 0; i < ASKED; i++) {
		struct addr expected;
		struct addr seen;

		CU_ASSERT_EQUAL(addr_parse(asked[i], &expected), OK);
		batch_local(b, i, &seen);
		CU_ASSERT(addr_equal(&seen, &expected));
		CU_ASSERT_EQUAL(items[i].in_len, 3);
		CU_ASSERT_FALSE(items[i].in_cut);
		if (i == 1)
			continue;
		memcpy(items[i].out, "reply", 5);
		items[i].out_len = 5;
	}
}

/* A batch on a wildcard socket answers from the address that was asked. */
static void a_batch_answers_from_the_address_asked(void)
{
	struct batch *b = batch_new(512, 512, true);
	struct addr at;
	int fd = socket_open(AF_INET, SOCK_DGRAM);
	int clients[ASKED];

	CU_ASSERT_EQUAL(addr_parse_port("0.0.0.0", 0, &at), OK);
	CU_ASSERT_EQUAL_FATAL(socket_bind(fd, &at), OK);
	CU_ASSERT_EQUAL_FATAL(batch_prepare(b, fd), OK);
	socket_local(fd, &at);
	CU_ASSERT_EQUAL(batch_receive(b, fd, MSG_DONTWAIT), ERR_AGAIN);
	for (int i = 0; i < ASKED; i++)
		clients[i] = ask(i, at.port);
	CU_ASSERT_EQUAL_FATAL(batch_receive(b, fd, MSG_WAITFORONE), ASKED);
	answer_batch(b);
	CU_ASSERT_EQUAL(batch_send(b, fd), 0);
	for (int i = 0; i < ASKED; i++) {
		char octets[8];

		/* Connected: only an answer from the address asked arrives. */
		CU_ASSERT_EQUAL(recv(clients[i], octets, sizeof(octets), MSG_DONTWAIT),
				i == 1 ? -1 : 5);
		close(clients[i]);
	}
	close(fd);
	batch_free(b);
}

static void a_batch_tells_what_was_cut(void)
{
	struct batch *b = batch_new(4, 4, false);
	struct addr at;
	struct addr peer;
	int fd = socket_open(AF_INET, SOCK_DGRAM);
	int client = socket_open(AF_INET, SOCK_DGRAM);

	CU_ASSERT_EQUAL(addr_parse_port("127.0.0.1", 0, &at), OK);
	CU_ASSERT_EQUAL_FATAL(socket_bind(fd, &at), OK);
	CU_ASSERT_EQUAL(batch_prepare(b, fd), OK);
	socket_local(fd, &at);
	CU_ASSERT_EQUAL(socket_connect(client, &at), OK);
	CU_ASSERT_EQUAL(send(client, "12345", 5, 0), 5);
	CU_ASSERT_EQUAL(send(client, "1234", 4, 0), 4);
	CU_ASSERT_EQUAL_FATAL(batch_receive(b, fd, MSG_DONTWAIT), 2);
	CU_ASSERT(batch_items(b)[0].in_cut);
	CU_ASSERT_FALSE(batch_items(b)[1].in_cut);
	batch_source(b, 0, &peer);
	socket_local(client, &at);
	CU_ASSERT(addr_equal_port(&peer, &at));
	CU_ASSERT_EQUAL(batch_send(b, fd), 0);
	close(fd);
	close(client);
	batch_free(b);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "datagrams come and go over IPv4", datagrams_come_and_go_over_ipv4 },
		{ "datagrams come and go over IPv6", datagrams_come_and_go_over_ipv6 },
		{ "a socket is not connected with itself",
		  a_socket_is_not_connected_with_itself },
		{ "answers of a batch all go out", answers_of_a_batch_all_go_out },
		{ "a closed port is told with its address",
		  a_closed_port_is_told_with_its_address },
		{ "an open socket tells which destination refused",
		  an_open_socket_tells_which_destination_refused },
		{ "a socket may be closed inside its calls",
		  a_socket_may_be_closed_inside_its_calls },
		{ "what our kernel refuses leaves the socket good",
		  what_our_kernel_refuses_leaves_the_socket_good },
		{ "a batch answers from the address asked",
		  a_batch_answers_from_the_address_asked },
		{ "a batch tells what was cut", a_batch_tells_what_was_cut },
		CU_TEST_INFO_NULL,
	};

	return suite_run("net/udp", tests);
}
