#include "net/stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/err.h"
#include "net/certificate.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls.h"
#include "tests/harness.h"
#include "tests/net/guard.h"

/* One end of a connection and all that happened to it. */
struct side {
	struct stream *stream;
	struct buffer got;
	size_t take_max; /* octets taken a call; 0: all */
	bool takes_nothing;
	bool leaves_one;    /* octet at each call */
	bool closes_inside; /* its own stream, in `received` */
	bool stays;         /* open for writing after the peer's end */
	int opened, drained, ended, closed;
	int reason;
};

static struct loop *loop;
static struct side client, server;
static struct tls *server_tls;
static int listening = -1;
static int accepted = -1; /* the server's socket, which stays its own */
static struct addr at;
static char dir[] = "/tmp/deputy-stream-XXXXXX";
static char chain_file[64], key_file[64];

static void on_opened(void *arg)
{
	((struct side *)arg)->opened++;
}

static size_t on_received(void *arg, const uint8_t *octets, size_t len)
{
	struct side *s = arg;

	if (s->takes_nothing)
		return 0;
	if (s->leaves_one)
		len--;
	if (s->take_max && len > s->take_max)
		len = s->take_max;
	buffer_put(&s->got, octets, len);
	if (s->closes_inside) {
		stream_close(s->stream);
		s->stream = NULL;
	}
	return len;
}

static void on_drained(void *arg)
{
	((struct side *)arg)->drained++;
}

static bool on_ended(void *arg)
{
	struct side *s = arg;

	s->ended++;
	return s->stays;
}

static void on_closed(void *arg, int reason)
{
	struct side *s = arg;

	s->closed++;
	s->reason = reason;
}

static const struct stream_calls calls = { on_opened, on_received, on_drained, on_ended,
					   on_closed };

static void accept_one(void *arg, int ready)
{
	int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)arg;
	(void)ready;
	if (fd >= 0)
		accepted = fd;
	if (fd >= 0 && !server.stream)
		server.stream = stream_accept(loop, fd, &at, server_tls, &calls,
					      &server);
}

static struct watch *acceptor;

static void begin(void)
{
	loop = loop_new();
	memset(&client, 0, sizeof(client));
	memset(&server, 0, sizeof(server));
	CU_ASSERT_EQUAL_FATAL(addr_parse_port("127.0.0.1", 0, &at), OK);
	listening = listener_socket(&at);
	CU_ASSERT_FATAL(listening >= 0);
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	getsockname(listening, (struct sockaddr *)&sa, &len);
	addr_from_sockaddr((struct sockaddr *)&sa, &at);
	acceptor = watch_start(loop, listening, LOOP_READ, accept_one, NULL);
}

static void finish(void)
{
	stream_close(client.stream);
	stream_close(server.stream);
	buffer_fini(&client.got);
	buffer_fini(&server.got);
	watch_stop(acceptor);
	close(listening);
	tls_free(server_tls);
	server_tls = NULL;
	loop_free(loop);
}

static void dial(struct tls *tls, const char *name)
{
	struct stream_target target = { .to = at, .tls = tls, .server_name = name };

	CU_ASSERT_EQUAL_FATAL(stream_connect(loop, &target, &calls, &client,
					     &client.stream),
			      OK);
}

/* Turns the loop until `*count` is `wanted`. */
static void until(const int *count, int wanted)
{
	TURN_UNTIL(loop, *count >= wanted);
	CU_ASSERT_EQUAL(*count, wanted);
}

static void until_got(const struct side *s, size_t len)
{
	TURN_UNTIL(loop, s->got.len >= len || s->closed);
	CU_ASSERT_EQUAL(s->got.len, len);
}

static void connect_both(struct tls *tls, const char *name)
{
	dial(tls, name);
	until(&client.opened, 1);
	TURN_UNTIL(loop, server.stream && stream_is_open(server.stream));
	CU_ASSERT_FATAL(server.stream && stream_is_open(server.stream));
}

static void octets_go_both_ways(void)
{
	begin();
	connect_both(NULL, NULL);
	CU_ASSERT_EQUAL(stream_write(client.stream, "ask", 3), OK);
	until_got(&server, 3);
	CU_ASSERT_EQUAL(stream_write(server.stream, "answer", 6), OK);
	until_got(&client, 6);
	CU_ASSERT_EQUAL(memcmp(client.got.octets, "answer", 6), 0);
	finish();
}

static void what_is_written_before_opening_is_sent_then(void)
{
	begin();
	dial(NULL, NULL);
	CU_ASSERT_EQUAL(stream_write(client.stream, "early", 5), OK);
	until_got(&server, 5);
	finish();
}

static void the_rest_of_what_is_not_taken_comes_again(void)
{
	begin();
	connect_both(NULL, NULL);
	server.take_max = 2;
	CU_ASSERT_EQUAL(stream_write(client.stream, "abcde", 5), OK);
	until_got(&server, 2);
	CU_ASSERT_EQUAL(stream_write(client.stream, "fg", 2), OK);
	until_got(&server, 4);
	server.take_max = 0;
	CU_ASSERT_EQUAL(stream_write(client.stream, "h", 1), OK);
	until_got(&server, 8);
	CU_ASSERT_EQUAL(memcmp(server.got.octets, "abcdefgh", 8), 0);
	finish();
}

static void untaken_octets_beyond_the_limit_end_the_stream(void)
{
	static const char lot[8192];

	begin();
	connect_both(NULL, NULL);
	server.takes_nothing = true;
	stream_limits(server.stream, 4096, 4096);
	CU_ASSERT_EQUAL(stream_write(client.stream, lot, sizeof(lot)), OK);
	CU_ASSERT_EQUAL(stream_write(client.stream, lot, sizeof(lot)), OK);
	until(&server.closed, 1);
	CU_ASSERT_EQUAL(server.reason, ERR_LIMIT);
	finish();
}

static void a_full_queue_takes_nothing_and_tells_when_drained(void)
{
	static const char lot[256 * 1024];
	size_t written = 0;
	int err = OK;

	begin();
	connect_both(NULL, NULL);
	stream_pause(server.stream, true);
	stream_limits(client.stream, 4096, sizeof(lot));
	while (written < 64 * sizeof(lot)) {
		err = stream_write(client.stream, lot, sizeof(lot));
		if (err)
			break;
		written += sizeof(lot);
	}
	CU_ASSERT_EQUAL(err, ERR_LIMIT);
	CU_ASSERT(stream_queued_len(client.stream) > 0);
	stream_pause(server.stream, false);
	until_got(&server, written);
	CU_ASSERT_EQUAL(stream_queued_len(client.stream), 0);
	CU_ASSERT_EQUAL(client.drained, 1);
	finish();
}

static void an_end_is_told_as_closed(void)
{
	begin();
	connect_both(NULL, NULL);
	stream_close(server.stream);
	server.stream = NULL;
	until(&client.closed, 1);
	CU_ASSERT_EQUAL(client.reason, ERR_CLOSED);
	CU_ASSERT_EQUAL(stream_write(client.stream, "x", 1), ERR_CLOSED);
	finish();
}

static void a_reset_is_told_as_refused(void)
{
	begin();
	connect_both(NULL, NULL);
	stream_abort(server.stream);
	server.stream = NULL;
	until(&client.closed, 1);
	CU_ASSERT_EQUAL(client.reason, ERR_REFUSED);
	finish();
}

static void no_listener_is_told_as_refused_after_connect_returned(void)
{
	begin();
	watch_stop(acceptor);
	acceptor = NULL;
	close(listening);
	listening = -1;
	dial(NULL, NULL);
	CU_ASSERT_EQUAL(client.closed, 0);
	until(&client.closed, 1);
	CU_ASSERT_EQUAL(client.reason, ERR_REFUSED);
	CU_ASSERT_STRING_EQUAL(stream_error(client.stream), "Connection refused");
	listening = dup(0);
	finish();
}

static void half_closed_streams_still_answer(void)
{
	begin();
	connect_both(NULL, NULL);
	server.stays = true;
	CU_ASSERT_EQUAL(stream_write(client.stream, "last", 4), OK);
	stream_finish(client.stream);
	CU_ASSERT_EQUAL(stream_write(client.stream, "no", 2), ERR_CLOSED);
	until(&server.ended, 1);
	CU_ASSERT_EQUAL(server.got.len, 4);
	CU_ASSERT_EQUAL(stream_write(server.stream, "word", 4), OK);
	until_got(&client, 4);
	stream_close(server.stream);
	server.stream = NULL;
	until(&client.closed, 1);
	CU_ASSERT_EQUAL(client.reason, ERR_CLOSED);
	finish();
}

static void closing_inside_a_call_is_the_last_thing(void)
{
	begin();
	connect_both(NULL, NULL);
	server.closes_inside = true;
	CU_ASSERT_EQUAL(stream_write(client.stream, "bye", 3), OK);
	until(&client.closed, 1);
	CU_ASSERT_EQUAL(server.got.len, 3);
	CU_ASSERT_EQUAL(server.closed, 0);
	finish();
}

static void an_idle_stream_times_out(void)
{
	begin();
	connect_both(NULL, NULL);
	stream_idle(server.stream, 5);
	until(&server.closed, 1);
	CU_ASSERT_EQUAL(server.reason, ERR_TIMEOUT);
	finish();
}

/*
 * The owner leaves an octet each time, so that reading goes in small steps and a turn
 * does not reach the end: all that was sent before the RST is read all the same.
 */
static void what_came_before_a_failed_write_is_read_first(void)
{
	static const char lot[150 * 1024];
	const struct linger reset = { .l_onoff = 1 };
	struct sockaddr_storage sa;
	int room = 212992;
	int there = 0;
	int peer;

	begin();
	CU_ASSERT_EQUAL(setsockopt(listening, SOL_SOCKET, SO_RCVBUF, &room,
				   sizeof(room)),
			0);
	peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL(setsockopt(peer, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)),
			0);
	CU_ASSERT_EQUAL_FATAL(connect(peer, (struct sockaddr *)&sa,
				      addr_to_sockaddr(&at, &sa)),
			      0);
	TURN_UNTIL(loop, server.stream);
	server.leaves_one = true;
	stream_limits(server.stream, 4 * sizeof(lot), 4096);
	CU_ASSERT_EQUAL(send(peer, lot, sizeof(lot), MSG_DONTWAIT), sizeof(lot));
	for (int i = 0; i < GUARD_MS && there < (int)sizeof(lot); i++) {
		CU_ASSERT_EQUAL(ioctl(accepted, FIONREAD, &there), 0);
		(void)usleep(there < (int)sizeof(lot) ? 1000 : 0);
	}
	CU_ASSERT_EQUAL(there, sizeof(lot));
	(void)setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(peer);
	CU_ASSERT_EQUAL(stream_write(server.stream, "x", 1), ERR_CLOSED);
	until(&server.closed, 1);
	CU_ASSERT_EQUAL(server.got.len, sizeof(lot) - 1);
	finish();
}

static void make_server_tls(const char *const *names, int days, uint32_t handshakes)
{
	CU_ASSERT_EQUAL_FATAL(certificate_make(names, days, chain_file, key_file), OK);
	CU_ASSERT_EQUAL_FATAL(tls_server_new(chain_file, key_file, handshakes,
					     &server_tls),
			      OK);
}

static const char *const names[] = { "pbx.example", "127.0.0.1", NULL };

static void tls_carries_octets_and_shows_a_good_certificate(void)
{
	static const char lot[300000];
	struct tls *tls;
	struct tls_certificate c;

	begin();
	make_server_tls(names, 20, 0);
	CU_ASSERT_EQUAL_FATAL(tls_client_new(chain_file, true, &tls), OK);
	connect_both(tls, "pbx.example");
	CU_ASSERT_EQUAL(stream_write(client.stream, lot, sizeof(lot)), OK);
	until_got(&server, sizeof(lot));
	CU_ASSERT_EQUAL(stream_write(server.stream, lot, sizeof(lot)), OK);
	until_got(&client, sizeof(lot));
	CU_ASSERT_FATAL(stream_certificate(client.stream, &c));
	CU_ASSERT(c.verified);
	CU_ASSERT(c.days_left == 19 || c.days_left == 20);
	CU_ASSERT_STRING_EQUAL(c.protocol, "TLSv1.3");
	CU_ASSERT_STRING_EQUAL(c.subject, "/CN=pbx.example");
	CU_ASSERT(stream_certificate_is_for(client.stream, "127.0.0.1"));
	CU_ASSERT_FALSE(stream_certificate_is_for(client.stream, "other.example"));
	CU_ASSERT_FALSE(stream_certificate(server.stream, &c));
	stream_close(server.stream);
	server.stream = NULL;
	until(&client.closed, 1);
	CU_ASSERT_EQUAL(client.reason, ERR_CLOSED);
	finish();
	tls_free(tls);
}

static void a_certificate_fault_is_kept_where_it_is_not_fatal(void)
{
	struct tls *tls;
	struct tls_certificate c;

	begin();
	make_server_tls(names, -3, 0);
	CU_ASSERT_EQUAL_FATAL(tls_client_new(chain_file, false, &tls), OK);
	connect_both(tls, "other.example");
	CU_ASSERT_FATAL(stream_certificate(client.stream, &c));
	CU_ASSERT_FALSE(c.verified);
	CU_ASSERT_PTR_NOT_NULL(c.fault);
	CU_ASSERT(c.days_left == -4 || c.days_left == -3);
	finish();
	tls_free(tls);
}

static void a_certificate_fault_ends_a_strict_handshake(void)
{
	struct tls *tls;

	begin();
	make_server_tls(names, 20, 0);
	CU_ASSERT_EQUAL_FATAL(tls_client_new(chain_file, true, &tls), OK);
	dial(tls, "other.example");
	until(&client.closed, 1);
	CU_ASSERT_EQUAL(client.reason, ERR_TLS);
	CU_ASSERT_PTR_NOT_NULL(strstr(stream_error(client.stream), "ostname mismatch"));
	finish();
	tls_free(tls);
}

static void a_plain_server_fails_the_handshake(void)
{
	struct tls *tls;

	begin();
	CU_ASSERT_EQUAL_FATAL(tls_client_new(NULL, false, &tls), OK);
	dial(tls, "pbx.example");
	TURN_UNTIL(loop, server.stream);
	CU_ASSERT_EQUAL(stream_write(server.stream, "SIP/2.0 400 No\r\n\r\n", 18), OK);
	until(&client.closed, 1);
	CU_ASSERT_EQUAL(client.reason, ERR_TLS);
	CU_ASSERT_STRING_EQUAL(stream_error(client.stream), "wrong version number");
	finish();
	tls_free(tls);
}

static void an_end_within_the_handshake_is_a_failure_of_tls(void)
{
	struct tls *tls;

	begin();
	CU_ASSERT_EQUAL_FATAL(tls_client_new(NULL, false, &tls), OK);
	dial(tls, NULL);
	server.closes_inside = true;
	until(&client.closed, 1);
	CU_ASSERT_EQUAL(client.reason, ERR_TLS);
	CU_ASSERT_STRING_EQUAL(stream_error(client.stream),
			       "closed during the handshake");
	finish();
	tls_free(tls);
}

static void a_silent_handshake_times_out(void)
{
	struct tls *tls;
	struct stream_target target = { .open_ms = 5 };

	begin();
	CU_ASSERT_EQUAL_FATAL(tls_client_new(NULL, false, &tls), OK);
	target.to = at;
	target.tls = tls;
	CU_ASSERT_EQUAL_FATAL(stream_connect(loop, &target, &calls, &client,
					     &client.stream),
			      OK);
	until(&client.closed, 1);
	CU_ASSERT_EQUAL(client.reason, ERR_TIMEOUT);
	finish();
	tls_free(tls);
}

static void alpn_is_agreed_on(void)
{
	static const char *const offers[] = { "h2", "sip", NULL };
	static const char *const knows[] = { "sip", NULL };
	struct tls *tls;
	struct tls_certificate c;

	begin();
	make_server_tls(names, 20, 0);
	CU_ASSERT_EQUAL_FATAL(tls_client_new(chain_file, true, &tls), OK);
	CU_ASSERT_EQUAL(tls_alpn(tls, offers), OK);
	CU_ASSERT_EQUAL(tls_alpn(server_tls, knows), OK);
	connect_both(tls, "pbx.example");
	CU_ASSERT_FATAL(stream_certificate(client.stream, &c));
	CU_ASSERT_STRING_EQUAL(c.alpn, "sip");
	finish();
	tls_free(tls);
}

/* A raw connection that sends nothing holds the only handshake until it goes. */
static void handshakes_beyond_the_limit_wait_for_their_turn(void)
{
	struct sockaddr_storage sa;
	struct side blocker = { 0 };
	struct tls *tls;
	int mute;

	begin();
	make_server_tls(names, 20, 1);
	mute = socket(AF_INET, SOCK_STREAM, 0);
	CU_ASSERT_EQUAL(connect(mute, (struct sockaddr *)&sa,
				addr_to_sockaddr(&at, &sa)),
			0);
	TURN_UNTIL(loop, server.stream);
	blocker.stream = server.stream;
	server.stream = NULL;
	CU_ASSERT_EQUAL_FATAL(tls_client_new(chain_file, true, &tls), OK);
	dial(tls, "pbx.example");
	TURN_UNTIL(loop, server.stream);
	for (int i = 0; i < 20; i++)
		loop_turn(loop, false);
	CU_ASSERT_EQUAL(client.opened, 0);
	stream_close(blocker.stream);
	until(&client.opened, 1);
	close(mute);
	finish();
	tls_free(tls);
}

static void bad_files_make_no_tls(void)
{
	struct tls *tls = NULL;

	CU_ASSERT_EQUAL(tls_client_new("/nowhere/ca.pem", true, &tls), ERR_TLS);
	CU_ASSERT_EQUAL(tls_server_new("/nowhere/c.pem", "/nowhere/k.pem", 0, &tls),
			ERR_TLS);
	CU_ASSERT_STRING_NOT_EQUAL(tls_error(), "");
	CU_ASSERT_PTR_NULL(tls);
}

int main(void)
{
	int failed;
	static CU_TestInfo tests[] = {
		{ "octets go both ways", octets_go_both_ways },
		{ "what is written before opening is sent then",
		  what_is_written_before_opening_is_sent_then },
		{ "the rest of what is not taken comes again",
		  the_rest_of_what_is_not_taken_comes_again },
		{ "untaken octets beyond the limit end the stream",
		  untaken_octets_beyond_the_limit_end_the_stream },
		{ "a full queue takes nothing and tells when drained",
		  a_full_queue_takes_nothing_and_tells_when_drained },
		{ "an end is told as closed", an_end_is_told_as_closed },
		{ "a reset is told as refused", a_reset_is_told_as_refused },
		{ "no listener is told as refused, later",
		  no_listener_is_told_as_refused_after_connect_returned },
		{ "half closed streams still answer",
		  half_closed_streams_still_answer },
		{ "closing inside a call is the last thing",
		  closing_inside_a_call_is_the_last_thing },
		{ "what came before a failed write is read first",
		  what_came_before_a_failed_write_is_read_first },
		{ "an idle stream times out", an_idle_stream_times_out },
		{ "TLS carries octets and shows a good certificate",
		  tls_carries_octets_and_shows_a_good_certificate },
		{ "a certificate fault is kept where it is not fatal",
		  a_certificate_fault_is_kept_where_it_is_not_fatal },
		{ "a certificate fault ends a strict handshake",
		  a_certificate_fault_ends_a_strict_handshake },
		{ "a plain server fails the handshake",
		  a_plain_server_fails_the_handshake },
		{ "an end within the handshake is a failure of TLS",
		  an_end_within_the_handshake_is_a_failure_of_tls },
		{ "a silent handshake times out", a_silent_handshake_times_out },
		{ "ALPN is agreed on", alpn_is_agreed_on },
		{ "handshakes beyond the limit wait for their turn",
		  handshakes_beyond_the_limit_wait_for_their_turn },
		{ "bad files make no TLS", bad_files_make_no_tls },
		CU_TEST_INFO_NULL,
	};

	if (!mkdtemp(dir))
		return 2;
	(void)snprintf(chain_file, sizeof(chain_file), "%s/chain.pem", dir);
	(void)snprintf(key_file, sizeof(key_file), "%s/key.pem", dir);
	failed = suite_run("net/stream", tests);
	(void)unlink(chain_file);
	(void)unlink(key_file);
	(void)rmdir(dir);
	return failed;
}
