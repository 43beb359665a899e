#include "net/stream_body.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/socket.h"

enum { READ_PRESET = 64 * 1024, WRITE_PRESET = 1024 * 1024 };

static void on_ready(void *arg, int ready);
static void on_kick(void *arg);

static void release(struct stream *s)
{
	buffer_fini(&s->in);
	buffer_fini(&s->out);
	tls_session_free(s->session);
	tls_free(s->tls);
	free(s->server_name);
	free(s->error);
	free(s);
}

static void enter(struct stream *s)
{
	s->depth++;
}

static void leave(struct stream *s)
{
	if (--s->depth == 0 && s->freed)
		release(s);
}

void stream_set_watch(struct stream *s)
{
	int wanted = 0;

	if (s->state == STREAM_ENDED || !s->watch)
		return;
	if (s->state == STREAM_CONNECTING)
		wanted = LOOP_WRITE;
	else if (s->state == STREAM_SHAKING && s->session)
		wanted = tls_session_wants_write(s->session) ? LOOP_WRITE : LOOP_READ;
	else if (s->state == STREAM_OPEN) {
		if (!s->paused && !s->peer_ended)
			wanted |= LOOP_READ;
		if (s->out.len > s->out_at ||
		    (s->session && tls_session_wants_write(s->session)))
			wanted |= LOOP_WRITE;
	}
	watch_want(s->watch, wanted);
}

enum stream_event {
	EVENT_JOINED,     /* connected, without TLS */
	EVENT_TAKEN,      /* accepted, without TLS: open at once */
	EVENT_TURN_HELD,  /* connected, and the handshake may begin */
	EVENT_TURN_WAITS, /* connected or accepted; others do their handshake */
	EVENT_TURN_CAME,  /* the handshake may begin, not inside this call */
	EVENT_SHAKEN,
	EVENT_FAILED, /* or ended by the peer: `reason` */
	EVENT_SHUT,   /* by its owner */
	STREAM_EVENTS
};

typedef void stream_action_fn(struct stream *s);

static stream_action_fn begin_shake, note_open, stay, kick_shake, report_closed,
	report_opened, shut;

/* clang-format off */
static const struct {
	enum stream_state next;
	stream_action_fn *act;
} steps[STREAM_STATES][STREAM_EVENTS] = {
	[STREAM_CONNECTING] = {
		[EVENT_JOINED]     = { STREAM_OPEN,    report_opened },
		[EVENT_TAKEN]      = { STREAM_OPEN,    note_open },
		[EVENT_TURN_HELD]  = { STREAM_SHAKING, begin_shake },
		[EVENT_TURN_WAITS] = { STREAM_WAITING, stay },
		[EVENT_TURN_CAME]  = { STREAM_SHAKING, kick_shake },
		[EVENT_FAILED]     = { STREAM_ENDED,   report_closed },
		[EVENT_SHUT]       = { STREAM_ENDED,   shut },
	},
	[STREAM_WAITING] = {
		[EVENT_TURN_CAME]  = { STREAM_SHAKING, kick_shake },
		[EVENT_FAILED]     = { STREAM_ENDED,   report_closed },
		[EVENT_SHUT]       = { STREAM_ENDED,   shut },
	},
	[STREAM_SHAKING] = {
		[EVENT_SHAKEN]     = { STREAM_OPEN,    report_opened },
		[EVENT_FAILED]     = { STREAM_ENDED,   report_closed },
		[EVENT_SHUT]       = { STREAM_ENDED,   shut },
	},
	[STREAM_OPEN] = {
		[EVENT_FAILED]     = { STREAM_ENDED,   report_closed },
		[EVENT_SHUT]       = { STREAM_ENDED,   shut },
	},
};
/* clang-format on */

static void step(struct stream *s, enum stream_event event)
{
	enum stream_state was = s->state;

	if (!steps[was][event].act)
		return;
	s->state = steps[was][event].next;
	steps[was][event].act(s);
}

static void stay(struct stream *s)
{
	(void)s;
}

/* Frees the socket and all that waits for it. */
static void shut(struct stream *s)
{
	timer_stop(&s->deadline);
	timer_stop(&s->kick);
	watch_stop(s->watch);
	s->watch = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	if (s->tls)
		tls_turn_give(s->tls, &s->turn);
}

static void report_closed(struct stream *s)
{
	shut(s);
	s->calls->closed(s->arg, s->reason);
}

void stream_end(struct stream *s, int reason, int number)
{
	const char *why = reason == ERR_TLS ? tls_error() : err_text(reason);

	if (s->state == STREAM_ENDED)
		return;
	s->reason = reason;
	s->number = reason == ERR_REFUSED || reason == ERR_SYSTEM ? number : 0;
	s->error = alloc_text(s->number ? strerror(s->number) : why);
	step(s, EVENT_FAILED);
}

void stream_kick(struct stream *s)
{
	timer_start(s->loop, &s->kick, 0, on_kick, s);
}

static void kick_shake(struct stream *s)
{
	stream_kick(s);
}

static void on_idle(void *arg)
{
	struct stream *s = arg;

	if (loop_now(s->loop) < s->used_at + s->idle_ms) {
		timer_start_at(s->loop, &s->deadline, s->used_at + s->idle_ms, on_idle,
			       s);
		return;
	}
	enter(s);
	stream_end(s, ERR_TIMEOUT, 0);
	leave(s);
}

static void note_open(struct stream *s)
{
	s->used_at = loop_now(s->loop);
}

static void report_opened(struct stream *s)
{
	timer_stop(&s->deadline);
	note_open(s);
	stream_idle(s, s->idle_ms);
	if (s->tls)
		tls_turn_give(s->tls, &s->turn);
	if (s->calls->opened)
		s->calls->opened(s->arg);
	if (!s->freed && s->state == STREAM_OPEN)
		stream_flush(s);
}

static void shake(struct stream *s)
{
	int err = tls_session_shake(s->session);

	if (err == OK)
		step(s, EVENT_SHAKEN);
	else if (err != ERR_AGAIN)
		stream_end(s, err, errno);
}

static void begin_shake(struct stream *s)
{
	s->session = tls_session_new(s->tls, s->fd, s->server_name);
	if (s->session)
		shake(s);
	else
		stream_end(s, ERR_TLS, 0);
}

static void turn_came(void *arg)
{
	step(arg, EVENT_TURN_CAME);
}

/* Where nobody listens, a port of our own host that the kernel chose for us may be the
 * very port that we connect to (RFC 9293 section 3.5). */
static bool met_itself(const struct stream *s)
{
	struct addr local;

	socket_local(s->fd, &local);
	return addr_equal_port(&local, &s->peer);
}

/* The socket is connected. */
static void connected(struct stream *s)
{
	if (met_itself(s)) {
		stream_end(s, ERR_REFUSED, ECONNREFUSED);
		return;
	}
	(void)socket_set(s->fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (!s->tls)
		step(s, EVENT_JOINED);
	else if (tls_turn_take(s->tls, &s->turn, turn_came, s))
		step(s, EVENT_TURN_HELD);
	else
		step(s, EVENT_TURN_WAITS);
}

/*
 * What ended a connection from afar. An ICMP "prohibited" comes with the errno of a
 * rule of our own kernel, which tells its own when a call is made.
 */
static int from_afar(int number)
{
	return number == EACCES || number == EPERM ? EHOSTUNREACH : number;
}

static void connect_ended(struct stream *s)
{
	int number = s->number;
	socklen_t len = sizeof(number);

	if (!number) {
		if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &number, &len))
			number = errno;
		number = from_afar(number);
	}
	if (number)
		stream_end(s, socket_reason(number), number);
	else
		connected(s);
}

static void on_ready(void *arg, int ready)
{
	struct stream *s = arg;

	enter(s);
	if (s->state == STREAM_CONNECTING)
		connect_ended(s);
	else if (s->state == STREAM_SHAKING)
		shake(s);
	else if (s->state == STREAM_OPEN) {
		if ((ready & LOOP_READ) || s->session)
			(void)stream_read_all(s);
		if (!s->freed && s->state == STREAM_OPEN && (ready & LOOP_WRITE))
			stream_write_all(s);
	}
	if (!s->freed)
		stream_set_watch(s);
	leave(s);
}

static void on_kick(void *arg)
{
	struct stream *s = arg;

	enter(s);
	if (s->state == STREAM_CONNECTING)
		connect_ended(s);
	else if (s->state == STREAM_SHAKING && !s->session)
		begin_shake(s);
	else if (s->state == STREAM_OPEN)
		stream_catch_up(s);
	if (!s->freed)
		stream_set_watch(s);
	leave(s);
}

static void on_open_limit(void *arg)
{
	struct stream *s = arg;

	enter(s);
	stream_end(s, ERR_TIMEOUT, 0);
	leave(s);
}

static struct stream *new_stream(struct loop *l, const struct addr *peer,
				 struct tls *tls, const struct stream_calls *calls,
				 void *arg)
{
	struct stream *s = alloc(sizeof(*s));

	s->loop = l;
	s->fd = -1;
	s->peer = *peer;
	s->tls = tls_ref(tls);
	s->calls = calls;
	s->arg = arg;
	s->read_max = READ_PRESET;
	s->write_max = WRITE_PRESET;
	return s;
}

static int prepare(const struct stream *s, const struct stream_target *target)
{
	(void)socket_set(s->fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (target->user_timeout_ms && socket_set(s->fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
						  (int)target->user_timeout_ms))
		return ERR_SYSTEM;
	if (target->from.family && target->from.port == 0)
		(void)socket_set(s->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	return target->from.family ? socket_bind(s->fd, &target->from) : OK;
}

int stream_connect(struct loop *l, const struct stream_target *target,
		   const struct stream_calls *calls, void *arg, struct stream **out)
{
	struct stream *s = new_stream(l, &target->to, target->tls, calls, arg);
	int err;

	s->fd = socket_open(target->to.family, SOCK_STREAM);
	if (s->fd < 0 || prepare(s, target)) {
		int number = errno;

		if (s->fd >= 0)
			close(s->fd);
		release(s);
		errno = number;
		return ERR_SYSTEM;
	}
	if (target->server_name)
		s->server_name = alloc_text(target->server_name);
	err = socket_connect(s->fd, &target->to);
	s->watch = watch_start(l, s->fd, err == ERR_AGAIN ? LOOP_WRITE : 0, on_ready,
			       s);
	if (err != ERR_AGAIN) {
		s->number = err ? errno : 0;
		stream_kick(s);
	}
	if (target->open_ms)
		timer_start(l, &s->deadline, target->open_ms, on_open_limit, s);
	*out = s;
	return OK;
}

struct stream *stream_accept(struct loop *l, int fd, const struct addr *peer,
			     struct tls *tls, const struct stream_calls *calls,
			     void *arg)
{
	struct stream *s = new_stream(l, peer, tls, calls, arg);

	s->fd = fd;
	if (!tls)
		step(s, EVENT_TAKEN);
	else if (tls_turn_take(tls, &s->turn, turn_came, s))
		step(s, EVENT_TURN_CAME);
	else
		step(s, EVENT_TURN_WAITS);
	s->watch = watch_start(l, fd, 0, on_ready, s);
	stream_set_watch(s);
	return s;
}

void stream_finish(struct stream *s)
{
	s->finishing = true;
	if (s->state == STREAM_OPEN && s->out.len == s->out_at)
		stream_flush(s);
}

void stream_close(struct stream *s)
{
	if (!s || s->freed)
		return;
	if (s->state == STREAM_OPEN && s->session && !s->finished)
		tls_session_finish(s->session);
	step(s, EVENT_SHUT);
	if (s->depth)
		s->freed = true;
	else
		release(s);
}

void stream_abort(struct stream *s)
{
	struct linger now = { .l_onoff = 1 };

	if (s->fd >= 0)
		(void)setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	s->finished = true;
	stream_close(s);
}

void stream_pause(struct stream *s, bool paused)
{
	s->paused = paused;
	if (!paused && s->state == STREAM_OPEN && s->in.len)
		stream_kick(s);
	stream_set_watch(s);
}

void stream_idle(struct stream *s, uint32_t idle_ms)
{
	s->idle_ms = idle_ms;
	if (s->state != STREAM_OPEN)
		return;
	if (idle_ms)
		timer_start_at(s->loop, &s->deadline, s->used_at + idle_ms, on_idle, s);
	else
		timer_stop(&s->deadline);
}

void stream_limits(struct stream *s, size_t read_max, size_t write_max)
{
	s->read_max = read_max;
	s->write_max = write_max;
}

bool stream_is_open(const struct stream *s)
{
	return s->state == STREAM_OPEN;
}

const struct addr *stream_remote(const struct stream *s)
{
	return &s->peer;
}

void stream_local(const struct stream *s, struct addr *out)
{
	*out = (struct addr){ 0 };
	if (s->fd >= 0)
		socket_local(s->fd, out);
}

int stream_errno(const struct stream *s)
{
	return s->number;
}

const char *stream_error(const struct stream *s)
{
	return s->error ? s->error : "";
}

bool stream_certificate(struct stream *s, struct tls_certificate *out)
{
	return s->session && tls_session_certificate(s->session, out);
}

bool stream_certificate_is_for(struct stream *s, const char *name)
{
	return s->session && tls_session_is_for(s->session, name);
}

bool stream_certificate_name(struct stream *s, unsigned n, struct tls_name *out)
{
	return s->session && tls_session_name(s->session, n, out);
}
