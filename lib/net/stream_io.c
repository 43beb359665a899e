#include "net/stream_body.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/err.h"
#include "net/scratch.h"
#include "net/socket.h"

enum {
	READ_STEP = 16 * 1024 + 256, /* holds the largest TLS record */
	READS_A_TURN = 4
};

/* Sends what is queued as far as the socket takes it. Returns 0 or the reason. */
static int send_some(struct stream *s, const uint8_t *octets, size_t len, size_t *sent)
{
	ssize_t n;

	if (s->session)
		return tls_session_write(s->session, octets, len, sent);
	n = send(s->fd, octets, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	*sent = n > 0 ? (size_t)n : 0;
	return n < 0 ? socket_reason(errno) : OK;
}

/* A write failed. What the remote side has sent before is read first; then the stream
 * ends. */
static void note_write_error(struct stream *s, int err)
{
	s->number = errno;
	s->write_err = err;
	buffer_fini(&s->out);
	s->out_at = 0;
	stream_kick(s);
}

void stream_flush(struct stream *s)
{
	while (s->out.len > s->out_at) {
		size_t sent;
		int err = send_some(s, s->out.octets + s->out_at,
				    s->out.len - s->out_at, &sent);

		if (err == ERR_AGAIN)
			return;
		if (err) {
			note_write_error(s, err);
			return;
		}
		s->out_at += sent;
		s->used_at = loop_now(s->loop);
	}
	buffer_fini(&s->out);
	s->out_at = 0;
	if (s->finishing && !s->finished) {
		s->finished = true;
		if (s->session)
			tls_session_finish(s->session);
		(void)shutdown(s->fd, SHUT_WR);
		if (s->peer_ended)
			stream_kick(s);
	}
}

/* Passes on what was received; keeps what is not taken. */
static void deliver(struct stream *s, const uint8_t *fresh, size_t len)
{
	size_t taken;

	s->used_at = loop_now(s->loop);
	if (s->in.len) {
		taken = s->calls->received(s->arg, s->in.octets, s->in.len);
		if (s->freed)
			return;
		buffer_drop(&s->in, taken < s->in.len ? taken : s->in.len);
		if (s->in.len == 0)
			buffer_fini(&s->in);
		return;
	}
	taken = s->calls->received(s->arg, fresh, len);
	if (!s->freed && taken < len)
		buffer_put(&s->in, fresh + taken, len - taken);
}

/*
 * Reads once, after the octets that are kept, if there are any.
 *
 * last  whether there is no more for now
 *
 * Returns 0 or the reason.
 */
static int read_once(struct stream *s, size_t *len, bool *last)
{
	uint8_t *room = loop_scratch(s->loop);
	size_t cap = SCRATCH_LEN;

	*len = 0;
	*last = false;
	if (s->in.len >= s->read_max)
		return ERR_LIMIT;
	if (s->in.len) {
		room = buffer_reserve(&s->in, READ_STEP);
		cap = READ_STEP;
	}
	if (s->session) {
		int err = tls_session_read(s->session, room, cap, len);

		if (err)
			return err;
	} else {
		ssize_t n = recv(s->fd, room, cap, MSG_DONTWAIT);
		if (n < 0)
			return socket_reason(errno);
		*len = (size_t)n;
		*last = *len < cap;
	}
	if (s->in.len)
		s->in.len += *len;
	return OK;
}

static void peer_ended(struct stream *s)
{
	bool stays;

	s->peer_ended = true;
	stays = s->calls->ended && s->calls->ended(s->arg);
	if (stays || s->freed || s->state == STREAM_ENDED)
		return;
	if (s->out.len > s->out_at)
		s->ends_when_drained = true;
	else
		stream_end(s, ERR_CLOSED, 0);
}

static bool may_read(const struct stream *s)
{
	return !s->freed && s->state == STREAM_OPEN && !s->paused && !s->peer_ended;
}

bool stream_read_all(struct stream *s)
{
	bool last = false;

	for (int i = 0; i < READS_A_TURN && !last && may_read(s); i++) {
		size_t len;
		int err = read_once(s, &len, &last);

		if (err == ERR_AGAIN)
			return false;
		if (err) {
			stream_end(s, err, errno);
			return false;
		}
		if (len == 0) {
			peer_ended(s);
			return false;
		}
		deliver(s, loop_scratch(s->loop), len);
		last = last && s->in.len < s->read_max;
	}
	return !last && may_read(s);
}

void stream_write_all(struct stream *s)
{
	if (s->out.len == s->out_at)
		return;
	stream_flush(s);
	if (s->out.len > s->out_at || s->write_err)
		return;
	if (s->ends_when_drained)
		stream_end(s, ERR_CLOSED, 0);
	else if (s->calls->drained)
		s->calls->drained(s->arg);
}

void stream_catch_up(struct stream *s)
{
	if (may_read(s) && s->in.len)
		deliver(s, NULL, 0);
	if (may_read(s) && s->write_err && stream_read_all(s))
		stream_kick(s);
	else if (!s->freed && s->state == STREAM_OPEN && s->write_err)
		stream_end(s, s->write_err, s->number);
	else if (!s->freed && s->state == STREAM_OPEN && s->finished && s->peer_ended)
		stream_end(s, ERR_CLOSED, 0);
}

int stream_write(struct stream *s, const void *octets, size_t len)
{
	size_t sent = 0;

	if (s->state == STREAM_ENDED || s->finishing || s->write_err)
		return ERR_CLOSED;
	if (stream_queued_len(s) + len > s->write_max)
		return ERR_LIMIT;
	if (s->state == STREAM_OPEN && s->out.len == s->out_at && len) {
		int err = send_some(s, octets, len, &sent);

		if (err && err != ERR_AGAIN) {
			note_write_error(s, err);
			return ERR_CLOSED;
		}
		s->used_at = loop_now(s->loop);
	}
	if (sent == len)
		return OK;
	if (s->out_at) {
		buffer_drop(&s->out, s->out_at);
		s->out_at = 0;
	}
	buffer_put(&s->out, (const uint8_t *)octets + sent, len - sent);
	stream_set_watch(s);
	return OK;
}

size_t stream_queued_len(const struct stream *s)
{
	return s->out.len - s->out_at;
}
