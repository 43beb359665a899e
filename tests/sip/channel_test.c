/* The probing side against the serving side, over every transport, in one loop. */
#include "sip/channel.h"

#include <stdio.h>
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
#include "net/udp.h"
#include "sip/options.h"
#include "sip/reply.h"
#include "sip/response.h"
#include "sip/server.h"
#include "tests/harness.h"
#include "tests/net/guard.h"

static struct loop *loop;
static struct sip_server *server;
static struct sip_channel *channel;
static struct tls *server_tls, *client_tls;
static struct addr at;
static char dir[] = "/tmp/deputy-channel-XXXXXX";
static char chain_file[64], key_file[64];

static struct {
	int opened, received, pongs, garbage, failed, closed, requests, flows_closed;
	int reason;
	uint64_t quoted_branch;
	struct sip_reply reply;
	bool closes_in_received;
	bool mute;
} seen;

static void on_opened(void *arg)
{
	(void)arg;
	seen.opened++;
}

static void on_received(void *arg, const void *octets, size_t len)
{
	(void)arg;
	seen.received++;
	CU_ASSERT_EQUAL(sip_reply_read(octets, len, &seen.reply), OK);
	if (seen.closes_in_received) {
		sip_channel_close(channel);
		channel = NULL;
	}
}

static void on_pong(void *arg)
{
	(void)arg;
	seen.pongs++;
}

static void on_garbage(void *arg, const void *octets, size_t len)
{
	(void)arg;
	(void)octets;
	(void)len;
	seen.garbage++;
}

static void on_failed(void *arg, const struct udp_error *e)
{
	uint64_t branch;

	(void)arg;
	seen.failed++;
	seen.reason = e->err;
	if (sip_quoted_branch(e->quoted, e->quoted_len, &branch) == OK)
		seen.quoted_branch = branch;
}

static void on_closed(void *arg, int reason)
{
	(void)arg;
	seen.closed++;
	seen.reason = reason;
}

static const struct sip_channel_calls channel_calls = {
	on_opened, on_received, on_pong, on_garbage, on_failed, on_closed,
};

static void on_request(void *arg, const struct sip_message *m,
		       const struct sip_remote *from)
{
	struct sip_response r = {
		.status = 200, .reason = "OK", .to_tag = "t", .from = &from->addr
	};
	struct buffer out = { 0 };

	(void)arg;
	seen.requests++;
	if (seen.mute)
		return;
	sip_response_write(m, &r, &out);
	CU_ASSERT_EQUAL(sip_server_send(server, from, out.octets, out.len), OK);
	buffer_fini(&out);
}

static void on_flow_closed(void *arg, uint64_t flow, int reason)
{
	(void)arg;
	(void)flow;
	(void)reason;
	seen.flows_closed++;
}

static const struct sip_server_calls server_calls = { .received = on_request,
						      .flow_closed = on_flow_closed };

/* A port that is free for now on both transports: another program's queries over UDP
 * may have the one that is free over TCP. */
static void find_port(void)
{
	bool is_free = false;

	while (!is_free) {
		struct sockaddr_storage sa;
		socklen_t len = sizeof(sa);
		int udp = socket_open(AF_INET, SOCK_DGRAM);
		int fd;

		CU_ASSERT_EQUAL(addr_parse_port("127.0.0.1", 0, &at), OK);
		fd = listener_socket(&at);
		CU_ASSERT_FATAL(fd >= 0 && udp >= 0);
		getsockname(fd, (struct sockaddr *)&sa, &len);
		addr_from_sockaddr((struct sockaddr *)&sa, &at);
		is_free = socket_bind(udp, &at) == OK;
		close(udp);
		close(fd);
	}
}

static void open_server(enum transport transport)
{
	static const struct sip_server_limits limits = { 0 };

	server = sip_server_new(loop, &limits, &server_calls, NULL);
	CU_ASSERT_EQUAL_FATAL(sip_server_listen(server, transport, &at, server_tls),
			      OK);
}

static void open_channel(enum transport transport)
{
	struct sip_channel_target t = { .transport = transport,
					.to = at,
					.tls = client_tls,
					.server_name = "pbx.example" };

	CU_ASSERT_EQUAL_FATAL(sip_channel_open(loop, &t, &channel_calls, NULL,
					       &channel),
			      OK);
	CU_ASSERT_EQUAL(seen.opened, 0);
}

static void begin(enum transport transport)
{
	static const char *const names[] = { "pbx.example", NULL };

	memset(&seen, 0, sizeof(seen));
	loop = loop_new();
	if (transport == TRANSPORT_TLS) {
		CU_ASSERT_EQUAL_FATAL(certificate_make(names, 9, chain_file, key_file),
				      OK);
		CU_ASSERT_EQUAL_FATAL(tls_server_new(chain_file, key_file, 0,
						     &server_tls),
				      OK);
		CU_ASSERT_EQUAL_FATAL(tls_client_new(chain_file, false, &client_tls),
				      OK);
	}
	find_port();
}

static void finish(void)
{
	sip_channel_close(channel);
	sip_server_free(server);
	tls_free(server_tls);
	tls_free(client_tls);
	channel = NULL;
	server = NULL;
	server_tls = client_tls = NULL;
	loop_free(loop);
}

static void until(const int *count, int wanted)
{
	TURN_UNTIL(loop, *count >= wanted);
	CU_ASSERT_EQUAL(*count, wanted);
}

static void send_probe(enum transport transport, uint64_t branch)
{
	char out[SIP_OPTIONS_MAX];
	struct sip_options o = {
		.transport = transport, .to = at, .branch = branch, .call = 1, .cseq = 1
	};
	size_t len;

	sip_channel_local(channel, &o.from);
	len = sip_options_write(&o, out, sizeof(out));
	CU_ASSERT(len > 0);
	CU_ASSERT_EQUAL(sip_channel_send(channel, out, len), OK);
}

static void probe_over(enum transport transport)
{
	struct addr local;

	begin(transport);
	open_server(transport);
	open_channel(transport);
	until(&seen.opened, 1);
	sip_channel_local(channel, &local);
	for (uint64_t branch = 1; branch <= 20; branch++)
		send_probe(transport, branch);
	until(&seen.received, 20);
	CU_ASSERT_EQUAL(seen.reply.status, 200);
	CU_ASSERT(seen.reply.has_branch);
	CU_ASSERT_EQUAL(seen.reply.branch, 20);
	CU_ASSERT_EQUAL(seen.reply.rport, local.port);
	CU_ASSERT_EQUAL(seen.requests, 20);
	CU_ASSERT_EQUAL(seen.garbage + seen.failed + seen.closed, 0);
	if (transport == TRANSPORT_TLS) {
		struct tls_certificate c;

		CU_ASSERT(stream_certificate(sip_channel_stream(channel), &c));
		CU_ASSERT(c.verified);
	}
	finish();
}

static void probes_are_answered_over_udp(void)
{
	probe_over(TRANSPORT_UDP);
}

static void probes_are_answered_over_tcp(void)
{
	probe_over(TRANSPORT_TCP);
}

static void probes_are_answered_over_tls(void)
{
	probe_over(TRANSPORT_TLS);
}

static void a_ping_is_ponged(void)
{
	begin(TRANSPORT_TCP);
	open_server(TRANSPORT_TCP);
	open_channel(TRANSPORT_TCP);
	until(&seen.opened, 1);
	for (int i = 1; i <= 3; i++) {
		CU_ASSERT_EQUAL(sip_channel_ping(channel), OK);
		until(&seen.pongs, i);
	}
	send_probe(TRANSPORT_TCP, 1);
	until(&seen.received, 1);
	finish();
}

static void the_end_of_a_server_is_told_at_once(void)
{
	begin(TRANSPORT_TCP);
	open_server(TRANSPORT_TCP);
	open_channel(TRANSPORT_TCP);
	until(&seen.opened, 1);
	send_probe(TRANSPORT_TCP, 1);
	until(&seen.received, 1);
	sip_server_free(server);
	server = NULL;
	until(&seen.closed, 1);
	CU_ASSERT_EQUAL(seen.reason, ERR_CLOSED);
	CU_ASSERT_EQUAL(sip_channel_send(channel, "x", 1), ERR_CLOSED);
	finish();
}

static void no_server_is_refused_over_tcp(void)
{
	begin(TRANSPORT_TCP);
	open_channel(TRANSPORT_TCP);
	until(&seen.closed, 1);
	CU_ASSERT_EQUAL(seen.reason, ERR_REFUSED);
	finish();
}

static void a_connection_with_ourselves_is_refused(void)
{
	struct sip_channel_target self = { .transport = TRANSPORT_TCP };

	begin(TRANSPORT_TCP); /* a port that nobody listens at */
	self.to = self.from = at;
	CU_ASSERT_EQUAL_FATAL(sip_channel_open(loop, &self, &channel_calls, NULL,
					       &channel),
			      OK);
	until(&seen.closed, 1);
	CU_ASSERT_EQUAL(seen.reason, ERR_REFUSED);
	CU_ASSERT_EQUAL(seen.opened, 0);
	finish();
}

static void no_server_is_refused_over_udp_again_and_again(void)
{
	begin(TRANSPORT_UDP);
	open_channel(TRANSPORT_UDP);
	until(&seen.opened, 1);
	for (int i = 1; i <= 3; i++) {
		send_probe(TRANSPORT_UDP, (uint64_t)i);
		until(&seen.failed, i);
		CU_ASSERT_EQUAL(seen.reason, ERR_REFUSED);
		CU_ASSERT_EQUAL(seen.quoted_branch, (uint64_t)i);
	}
	open_server(TRANSPORT_UDP);
	send_probe(TRANSPORT_UDP, 1);
	until(&seen.received, 1);
	finish();
}

static void a_channel_may_be_closed_inside_its_call(void)
{
	for (int t = 0; t < TRANSPORT_TLS; t++) {
		begin((enum transport)t);
		open_server((enum transport)t);
		open_channel((enum transport)t);
		until(&seen.opened, 1);
		seen.closes_in_received = true;
		send_probe((enum transport)t, 1);
		send_probe((enum transport)t, 2);
		until(&seen.received, 1);
		for (int i = 0; i < 10; i++)
			loop_turn(loop, false);
		CU_ASSERT_EQUAL(seen.received, 1);
		CU_ASSERT_EQUAL(seen.closed, 0);
		finish();
	}
}

static size_t answer_nonsense(void *own, const uint8_t *octets, size_t len)
{
	(void)octets;
	CU_ASSERT_EQUAL(stream_write(connection_stream(own), "\x01\x02garbage\r\n", 11),
			OK);
	return len;
}

static void *keep(void *arg, struct connection *c)
{
	(void)arg;
	return c;
}

static void forget(void *own, int reason)
{
	(void)own;
	(void)reason;
}

static void garbage_on_a_stream_is_told_and_ends_it(void)
{
	static const struct listener_calls calls = { .opened = keep,
						     .received = answer_nonsense,
						     .closed = forget };
	static const struct listener_limits limits = { .total = 2 };
	struct listener *l;
	int fd;

	begin(TRANSPORT_TCP);
	l = listener_new(loop, &limits, &calls, NULL);
	fd = listener_socket(&at);
	listener_add(l, fd, NULL);
	open_channel(TRANSPORT_TCP);
	until(&seen.opened, 1);
	send_probe(TRANSPORT_TCP, 1);
	until(&seen.closed, 1);
	CU_ASSERT_EQUAL(seen.garbage, 1);
	CU_ASSERT_EQUAL(seen.reason, ERR_MALFORMED);
	listener_free(l);
	close(fd);
	finish();
}

static void on_datagram(void *arg, const struct addr *from, const uint8_t *octets,
			size_t len)
{
	(void)octets;
	(void)len;
	CU_ASSERT_EQUAL(udp_send(*(struct udp **)arg, from, "\x80nonsense", 9), OK);
	CU_ASSERT_EQUAL(udp_send(*(struct udp **)arg, from, "\r\n", 2), OK);
	CU_ASSERT_EQUAL(udp_send(*(struct udp **)arg, from, "", 0), OK);
}

static void garbage_over_udp_is_told_and_the_channel_stays(void)
{
	static const struct udp_calls calls = { .received = on_datagram };
	struct udp *udp;

	begin(TRANSPORT_UDP);
	CU_ASSERT_EQUAL_FATAL(udp_open(loop, &at, NULL, &calls, &udp, &udp), OK);
	open_channel(TRANSPORT_UDP);
	until(&seen.opened, 1);
	send_probe(TRANSPORT_UDP, 1);
	until(&seen.garbage, 1);
	send_probe(TRANSPORT_UDP, 2);
	until(&seen.garbage, 2);
	CU_ASSERT_EQUAL(seen.closed + seen.received, 0);
	udp_close(udp);
	finish();
}

static void a_broken_request_is_answered_and_the_flow_goes_on(void)
{
	static const char broken[] =
		"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKx\r\n"
		"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\n"
		"CSeq: 1 OPTIONS\r\nRequire: teleport\r\nContent-Length: 0\r\n\r\n";

	begin(TRANSPORT_TCP);
	open_server(TRANSPORT_TCP);
	open_channel(TRANSPORT_TCP);
	until(&seen.opened, 1);
	CU_ASSERT_EQUAL(sip_channel_send(channel, broken, sizeof(broken) - 1), OK);
	until(&seen.received, 1);
	CU_ASSERT_EQUAL(seen.reply.status, 420);
	CU_ASSERT_EQUAL(seen.requests, 0);
	send_probe(TRANSPORT_TCP, 1);
	until(&seen.received, 2);
	CU_ASSERT_EQUAL(seen.reply.status, 200);
	sip_channel_close(channel);
	channel = NULL;
	until(&seen.flows_closed, 1);
	finish();
}

int main(void)
{
	int failed;
	static CU_TestInfo tests[] = {
		{ "probes are answered over UDP", probes_are_answered_over_udp },
		{ "probes are answered over TCP", probes_are_answered_over_tcp },
		{ "probes are answered over TLS", probes_are_answered_over_tls },
		{ "a ping is ponged", a_ping_is_ponged },
		{ "the end of a server is told at once",
		  the_end_of_a_server_is_told_at_once },
		{ "no server is refused over TCP", no_server_is_refused_over_tcp },
		{ "a connection with ourselves is refused",
		  a_connection_with_ourselves_is_refused },
		{ "no server is refused over UDP, again and again",
		  no_server_is_refused_over_udp_again_and_again },
		{ "a channel may be closed inside its call",
		  a_channel_may_be_closed_inside_its_call },
		{ "garbage on a stream is told and ends it",
		  garbage_on_a_stream_is_told_and_ends_it },
		{ "garbage over UDP is told and the channel stays",
		  garbage_over_udp_is_told_and_the_channel_stays },
		{ "a broken request is answered and the flow goes on",
		  a_broken_request_is_answered_and_the_flow_goes_on },
		CU_TEST_INFO_NULL,
	};

	if (!mkdtemp(dir))
		return 2;
	(void)snprintf(chain_file, sizeof(chain_file), "%s/chain.pem", dir);
	(void)snprintf(key_file, sizeof(key_file), "%s/key.pem", dir);
	failed = suite_run("sip/channel", tests);
	(void)unlink(chain_file);
	(void)unlink(key_file);
	(void)rmdir(dir);
	return failed;
}
