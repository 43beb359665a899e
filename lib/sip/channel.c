#include "sip/channel.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/udp.h"
#include "sip/frame.h"
#include "sip/transport.h"

struct sip_channel {
	struct loop *loop;
	enum transport transport;
	const struct sip_channel_calls *calls;
	void *arg;
	struct udp *udp; /* or */
	struct stream *stream;
	struct sip_framer framer;
	struct timer opening; /* UDP: reports in the next turn that it is open */
	unsigned depth;       /* of calls under way */
	bool open;
	bool freed; /* inside a call: freed after it */
};

static void enter(struct sip_channel *c)
{
	c->depth++;
}

static void leave(struct sip_channel *c)
{
	if (--c->depth == 0 && c->freed)
		free(c);
}

static void on_udp_opened(void *arg)
{
	struct sip_channel *c = arg;

	enter(c);
	c->open = true;
	c->calls->opened(c->arg);
	leave(c);
}

/* Octets of line ends that stand before anything else. */
static size_t crlf_len(const uint8_t *octets, size_t len)
{
	size_t n = 0;

	while (n < len && (octets[n] == '\r' || octets[n] == '\n'))
		n++;
	return n;
}

static void on_datagram(void *arg, const struct addr *from, const uint8_t *octets,
			size_t len)
{
	struct sip_channel *c = arg;
	size_t at = crlf_len(octets, len);

	(void)from;
	enter(c);
	if (at == len)
		;
	else if (octets[at] >= '!' && octets[at] <= '~')
		c->calls->received(c->arg, octets, len);
	else if (c->calls->garbage)
		c->calls->garbage(c->arg, octets, len);
	leave(c);
}

static void on_udp_failed(void *arg, const struct udp_error *e)
{
	struct sip_channel *c = arg;

	enter(c);
	if (c->calls->failed)
		c->calls->failed(c->arg, e);
	leave(c);
}

static void on_opened(void *arg)
{
	struct sip_channel *c = arg;

	enter(c);
	c->open = true;
	c->calls->opened(c->arg);
	leave(c);
}

static void fail_framing(struct sip_channel *c, const uint8_t *octets, size_t len)
{
	c->open = false;
	if (c->calls->garbage)
		c->calls->garbage(c->arg, octets, len);
	if (c->freed)
		return;
	stream_close(c->stream);
	c->stream = NULL;
	c->calls->closed(c->arg, ERR_MALFORMED);
}

/* Handles one frame. Returns whether there may be another. */
static bool take_frame(struct sip_channel *c, const uint8_t *octets, size_t len,
		       size_t *taken)
{
	switch (sip_frame_next(&c->framer, octets, len, taken)) {
	case SIP_FRAME_MESSAGE:
		c->calls->received(c->arg, octets, *taken);
		return true;
	case SIP_FRAME_PONG:
		if (c->calls->pong)
			c->calls->pong(c->arg);
		return true;
	case SIP_FRAME_BAD:
		fail_framing(c, octets, len);
		return false;
	case SIP_FRAME_MORE:
		return false;
	default:
		return true;
	}
}

static size_t on_received(void *arg, const uint8_t *octets, size_t len)
{
	struct sip_channel *c = arg;
	size_t at = 0;
	size_t taken = 0;

	enter(c);
	while (!c->freed && at < len && take_frame(c, octets + at, len - at, &taken))
		at += taken;
	leave(c);
	return at;
}

static void on_closed(void *arg, int reason)
{
	struct sip_channel *c = arg;

	enter(c);
	c->open = false;
	c->calls->closed(c->arg, reason);
	leave(c);
}

static const struct udp_calls udp_calls = { on_datagram, on_udp_failed };

static const struct stream_calls stream_calls = {
	.opened = on_opened,
	.received = on_received,
	.closed = on_closed,
};

static int open_udp(struct sip_channel *c, const struct sip_channel_target *t)
{
	int err = udp_open(c->loop, &t->from, &t->to, &udp_calls, c, &c->udp);

	if (!err)
		timer_start(c->loop, &c->opening, 0, on_udp_opened, c);
	return err;
}

static int open_stream(struct sip_channel *c, const struct sip_channel_target *t)
{
	struct stream_target target = {
		.to = t->to,
		.from = t->from,
		.tls = sip_transports[t->transport].is_secure ? t->tls : NULL,
		.server_name = t->server_name,
		.open_ms = t->open_ms,
		.user_timeout_ms = t->user_timeout_ms,
	};

	return stream_connect(c->loop, &target, &stream_calls, c, &c->stream);
}

int sip_channel_open(struct loop *l, const struct sip_channel_target *target,
		     const struct sip_channel_calls *calls, void *arg,
		     struct sip_channel **out)
{
	struct sip_channel *c = alloc(sizeof(*c));
	int err;

	c->loop = l;
	c->transport = target->transport;
	c->calls = calls;
	c->arg = arg;
	c->framer.pings = true;
	err = sip_transports[c->transport].is_reliable ? open_stream(c, target)
						       : open_udp(c, target);
	if (err) {
		free(c);
		return err;
	}
	*out = c;
	return OK;
}

void sip_channel_close(struct sip_channel *c)
{
	if (!c || c->freed)
		return;
	timer_stop(&c->opening);
	udp_close(c->udp);
	stream_close(c->stream);
	c->udp = NULL;
	c->stream = NULL;
	c->open = false;
	if (c->depth)
		c->freed = true;
	else
		free(c);
}

int sip_channel_send(struct sip_channel *c, const void *octets, size_t len)
{
	if (c->udp)
		return udp_send(c->udp, NULL, octets, len);
	return c->stream ? stream_write(c->stream, octets, len) : ERR_CLOSED;
}

int sip_channel_ping(struct sip_channel *c)
{
	return c->udp ? OK : sip_channel_send(c, "\r\n\r\n", 4);
}

void sip_channel_renew(struct sip_channel *c, bool always)
{
	if (c->udp)
		udp_renew(c->udp, always);
}

void sip_channel_local(const struct sip_channel *c, struct addr *out)
{
	*out = (struct addr){ 0 };
	if (c->udp)
		udp_local(c->udp, out);
	else if (c->stream)
		stream_local(c->stream, out);
}

struct stream *sip_channel_stream(struct sip_channel *c)
{
	return c->stream;
}
