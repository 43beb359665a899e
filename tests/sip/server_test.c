/* The serving side's sockets and flows, with raw clients in the same loop. */
#include "sip/server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/err.h"
#include "net/certificate.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/socket.h"
#include "net/stream.h"
#include "net/tls.h"
#include "sip/channel.h"
#include "sip/response.h"
#include "tests/harness.h"
#include "tests/net/guard.h"

enum { CLIENTS = 4 };

static const char request[] =
	"OPTIONS sip:us SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKx\r\n"
	"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\n"
	"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

static struct loop *loop;
static struct sip_server *server;
static struct addr places[2];
static int clients[CLIENTS];

static struct {
	int requests, flows_closed, drained, opened, answers;
	int reason;
	struct sip_remote from;
	bool closes;
	uint64_t closed;
} seen;

static void on_request(void *arg, const struct sip_message *m,
		       const struct sip_remote *from)
{
	struct sip_response r = {
		.status = 200, .reason = "OK", .to_tag = "t", .from = &from->addr
	};
	struct buffer out = { 0 };

	(void)arg;
	seen.requests++;
	seen.from = *from;
	if (seen.closes) {
		sip_server_close(server, from->flow);
		CU_ASSERT_EQUAL(sip_server_send(server, from, "x", 1), ERR_CLOSED);
		return;
	}
	sip_response_write(m, &r, &out);
	CU_ASSERT_EQUAL(sip_server_send(server, from, out.octets, out.len), OK);
	buffer_fini(&out);
}

static void on_flow_closed(void *arg, uint64_t flow, int reason)
{
	(void)arg;
	seen.flows_closed++;
	seen.closed = flow;
	seen.reason = reason;
}

static void on_drained(void *arg)
{
	(void)arg;
	seen.drained++;
}

static const struct sip_server_calls calls = { on_request, on_flow_closed, on_drained };

static void begin(uint32_t flows)
{
	const struct sip_server_limits limits = { .flows = flows };

	memset(&seen, 0, sizeof(seen));
	loop = loop_new();
	server = sip_server_new(loop, &limits, &calls, NULL);
	for (int i = 0; i < CLIENTS; i++)
		clients[i] = -1;
}

static void finish(void)
{
	for (int i = 0; i < CLIENTS; i++)
		if (clients[i] >= 0)
			close(clients[i]);
	sip_server_free(server);
	loop_free(loop);
}

static void place_of(int fd, struct addr *out)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	CU_ASSERT_EQUAL(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	addr_from_sockaddr((struct sockaddr *)&sa, out);
}

/* What the keeper hands over: a socket bound to a port of 127.0.0.1. */
static int handed(enum transport transport, struct addr *at)
{
	int fd;

	CU_ASSERT_EQUAL(addr_parse_port("127.0.0.1", 0, at), OK);
	if (transport == TRANSPORT_UDP) {
		fd = socket_open(AF_INET, SOCK_DGRAM);
		CU_ASSERT_EQUAL(socket_bind(fd, at), OK);
	} else {
		fd = listener_socket(at);
	}
	CU_ASSERT_FATAL(fd >= 0);
	place_of(fd, at);
	return fd;
}

static void adopt(enum transport transport, int place, struct tls *tls)
{
	sip_server_adopt(server, transport, handed(transport, &places[place]), tls);
}

static void dial(int i, int type, int place)
{
	clients[i] = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL(socket_connect(clients[i], &places[place]), OK);
}

static void ask(int i)
{
	CU_ASSERT_EQUAL(send(clients[i], request, sizeof(request) - 1, 0),
			sizeof(request) - 1);
}

/* Asks by one client and waits until the server has seen it. */
static uint64_t flow_of(int i)
{
	int before = seen.requests;

	ask(i);
	TURN_UNTIL(loop, seen.requests > before);
	return seen.from.flow;
}

static bool is_answered(int i)
{
	char got[512];

	return recv(clients[i], got, sizeof(got), MSG_DONTWAIT) > 0 &&
	       memcmp(got, "SIP/2.0 200", 11) == 0;
}

static bool is_closed(int i)
{
	char got[512];

	while (recv(clients[i], got, sizeof(got), MSG_DONTWAIT) > 0)
		;
	return recv(clients[i], got, 1, MSG_DONTWAIT) == 0;
}

static void handed_sockets_of_every_kind_are_served(void)
{
	begin(0);
	adopt(TRANSPORT_UDP, 0, NULL);
	adopt(TRANSPORT_TCP, 1, NULL);
	dial(0, SOCK_DGRAM, 0);
	CU_ASSERT_EQUAL(flow_of(0), 0);
	CU_ASSERT_EQUAL(seen.from.transport, TRANSPORT_UDP);
	CU_ASSERT_EQUAL(seen.from.socket, 0);
	TURN_UNTIL(loop, is_answered(0));
	dial(1, SOCK_STREAM, 1);
	CU_ASSERT(flow_of(1) > 0);
	CU_ASSERT_EQUAL(seen.from.transport, TRANSPORT_TCP);
	CU_ASSERT_EQUAL(seen.from.socket, 1);
	TURN_UNTIL(loop, is_answered(1));
	finish();
}

/* Ends the connection of one client, and waits for the news. */
static void hang_up(int i)
{
	int before = seen.flows_closed;

	close(clients[i]);
	clients[i] = -1;
	TURN_UNTIL(loop, seen.flows_closed > before);
}

static void a_flows_number_is_never_used_again(void)
{
	uint64_t first;

	begin(0);
	adopt(TRANSPORT_TCP, 0, NULL);
	dial(0, SOCK_STREAM, 0);
	first = flow_of(0);
	CU_ASSERT_EQUAL(flow_of(0), first);
	hang_up(0);
	CU_ASSERT_EQUAL(seen.closed, first);
	for (int i = 0; i < 3; i++) {
		dial(0, SOCK_STREAM, 0);
		CU_ASSERT(flow_of(0) > first);
		hang_up(0);
	}
	finish();
}

static void the_number_of_an_ended_flow_finds_nothing(void)
{
	struct sip_remote was;

	begin(0);
	adopt(TRANSPORT_TCP, 0, NULL);
	dial(0, SOCK_STREAM, 0);
	(void)flow_of(0);
	was = seen.from;
	hang_up(0);
	dial(1, SOCK_STREAM, 0);
	(void)flow_of(1);
	CU_ASSERT_EQUAL(sip_server_send(server, &was, "x", 1), ERR_CLOSED);
	CU_ASSERT_PTR_NULL(sip_server_stream(server, was.flow));
	sip_server_keep(server, was.flow, true);
	sip_server_close(server, was.flow);
	CU_ASSERT(flow_of(1) > was.flow);
	finish();
}

static void nothing_is_handled_after_a_flow_was_closed(void)
{
	char twice[2 * sizeof(request)];

	begin(0);
	adopt(TRANSPORT_TCP, 0, NULL);
	dial(0, SOCK_STREAM, 0);
	(void)snprintf(twice, sizeof(twice), "%s%s", request, request);
	seen.closes = true;
	CU_ASSERT_EQUAL(send(clients[0], twice, strlen(twice), 0),
			(ssize_t)strlen(twice));
	TURN_UNTIL(loop, is_closed(0));
	CU_ASSERT_EQUAL(seen.requests, 1);
	CU_ASSERT_EQUAL(seen.flows_closed, 0); /* its owner knows */
	finish();
}

static void bad_framing_closes_the_flow_with_its_reason(void)
{
	begin(0);
	adopt(TRANSPORT_TCP, 0, NULL);
	dial(0, SOCK_STREAM, 0);
	CU_ASSERT_EQUAL(send(clients[0], "\x16\x03nonsense\r\n\r\n", 14, 0), 14);
	TURN_UNTIL(loop, seen.flows_closed == 1);
	CU_ASSERT_EQUAL(seen.reason, ERR_MALFORMED);
	CU_ASSERT_EQUAL(seen.requests, 0);
	finish();
}

static void one_limit_counts_for_all_sockets(void)
{
	uint64_t oldest;

	begin(2);
	adopt(TRANSPORT_TCP, 0, NULL);
	adopt(TRANSPORT_TCP, 1, NULL);
	dial(0, SOCK_STREAM, 0);
	oldest = flow_of(0);
	dial(1, SOCK_STREAM, 1);
	(void)flow_of(1);
	dial(2, SOCK_STREAM, 0);
	(void)flow_of(2);
	CU_ASSERT_EQUAL(seen.flows_closed, 1);
	CU_ASSERT_EQUAL(seen.closed, oldest);
	CU_ASSERT_EQUAL(seen.reason, ERR_LIMIT);
	finish();
}

static void a_kept_flow_makes_no_room(void)
{
	uint64_t kept;
	uint64_t other;

	begin(2);
	adopt(TRANSPORT_TCP, 0, NULL);
	dial(0, SOCK_STREAM, 0);
	kept = flow_of(0);
	sip_server_keep(server, kept, true);
	dial(1, SOCK_STREAM, 0);
	other = flow_of(1);
	dial(2, SOCK_STREAM, 0);
	(void)flow_of(2);
	CU_ASSERT_EQUAL(seen.closed, other);
	CU_ASSERT_EQUAL(flow_of(0), kept);
	sip_server_keep(server, kept, false);
	(void)flow_of(2);
	dial(3, SOCK_STREAM, 0);
	(void)flow_of(3);
	CU_ASSERT_EQUAL(seen.closed, kept);
	finish();
}

static void draining_leaves_new_ones_to_others_and_tells_the_end(void)
{
	char got[sizeof(request)];
	int other;

	begin(0);
	adopt(TRANSPORT_TCP, 0, NULL);
	other = handed(TRANSPORT_UDP, &places[1]);
	sip_server_adopt(server, TRANSPORT_UDP, dup(other), NULL);
	dial(0, SOCK_STREAM, 0);
	(void)flow_of(0);
	sip_server_drain(server);
	dial(1, SOCK_STREAM, 0);
	ask(1);
	dial(2, SOCK_DGRAM, 1);
	ask(2);
	CU_ASSERT(flow_of(0) > 0); /* goes on */
	for (int i = 0; i < 5; i++)
		loop_turn(loop, false);
	CU_ASSERT_EQUAL(seen.requests, 2);
	CU_ASSERT_EQUAL(seen.drained, 0);
	CU_ASSERT_EQUAL(recv(other, got, sizeof(got), MSG_DONTWAIT),
			sizeof(request) - 1);
	sip_server_close(server, seen.from.flow);
	CU_ASSERT_EQUAL(seen.drained, 0); /* not inside the call */
	TURN_UNTIL(loop, seen.drained == 1);
	close(other);
	finish();
}

static void an_empty_server_is_drained_at_once(void)
{
	begin(0);
	sip_server_drain(server);
	TURN_UNTIL(loop, seen.drained == 1);
	finish();
}

static void on_channel_opened(void *arg)
{
	(void)arg;
	seen.opened++;
}

static void on_answer(void *arg, const void *octets, size_t len)
{
	(void)arg;
	(void)octets;
	(void)len;
	seen.answers++;
}

static void on_channel_closed(void *arg, int reason)
{
	(void)arg;
	(void)reason;
	CU_FAIL("closed");
}

static const struct sip_channel_calls channel_calls = { .opened = on_channel_opened,
							.received = on_answer,
							.closed = on_channel_closed };

static struct sip_channel *secure_client(struct tls *tls)
{
	const struct sip_channel_target target = { .transport = TRANSPORT_TLS,
						   .to = places[0],
						   .tls = tls };
	struct sip_channel *c;
	int before = seen.opened;

	CU_ASSERT_EQUAL_FATAL(sip_channel_open(loop, &target, &channel_calls, NULL, &c),
			      OK);
	TURN_UNTIL(loop, seen.opened > before);
	return c;
}

static const char *subject_seen(struct sip_channel *c)
{
	static struct tls_certificate shown;

	CU_ASSERT_FATAL(stream_certificate(sip_channel_stream(c), &shown));
	return shown.subject;
}

static struct tls *server_tls(const char *name, const char *chain, const char *key)
{
	const char *const names[] = { name, NULL };
	struct tls *tls;

	CU_ASSERT_EQUAL_FATAL(certificate_make(names, 9, chain, key), OK);
	CU_ASSERT_EQUAL_FATAL(tls_server_new(chain, key, 0, &tls), OK);
	return tls;
}

static void a_new_certificate_leaves_flows_alone(void)
{
	char dir[] = "/tmp/deputy-server-XXXXXX";
	char chain[64];
	char key[64];
	struct tls *tls;
	struct tls *client;
	struct sip_channel *old;
	struct sip_channel *fresh;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	(void)snprintf(chain, sizeof(chain), "%s/c", dir);
	(void)snprintf(key, sizeof(key), "%s/k", dir);
	begin(0);
	CU_ASSERT_EQUAL(tls_client_new(NULL, false, &client), OK);
	tls = server_tls("old.example", chain, key);
	adopt(TRANSPORT_TLS, 0, tls);
	tls_free(tls);
	old = secure_client(client);
	CU_ASSERT_STRING_EQUAL(subject_seen(old), "/CN=old.example");
	tls = server_tls("new.example", chain, key);
	sip_server_tls(server, tls);
	tls_free(tls);
	fresh = secure_client(client);
	CU_ASSERT_STRING_EQUAL(subject_seen(fresh), "/CN=new.example");
	CU_ASSERT_EQUAL(sip_channel_send(old, request, sizeof(request) - 1), OK);
	TURN_UNTIL(loop, seen.answers == 1);
	CU_ASSERT_EQUAL(seen.from.transport, TRANSPORT_TLS);
	CU_ASSERT_PTR_NOT_NULL(sip_server_stream(server, seen.from.flow));
	sip_channel_close(old);
	sip_channel_close(fresh);
	tls_free(client);
	(void)unlink(chain);
	(void)unlink(key);
	(void)rmdir(dir);
	finish();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "handed sockets of every kind are served",
		  handed_sockets_of_every_kind_are_served },
		{ "a flow's number is never used again",
		  a_flows_number_is_never_used_again },
		{ "the number of an ended flow finds nothing",
		  the_number_of_an_ended_flow_finds_nothing },
		{ "nothing is handled after a flow was closed",
		  nothing_is_handled_after_a_flow_was_closed },
		{ "bad framing closes the flow with its reason",
		  bad_framing_closes_the_flow_with_its_reason },
		{ "one limit counts for all sockets",
		  one_limit_counts_for_all_sockets },
		{ "a kept flow makes no room", a_kept_flow_makes_no_room },
		{ "draining leaves new ones to others and tells the end",
		  draining_leaves_new_ones_to_others_and_tells_the_end },
		{ "an empty server is drained at once",
		  an_empty_server_is_drained_at_once },
		{ "a new certificate leaves flows alone",
		  a_new_certificate_leaves_flows_alone },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/server", tests);
}
