#include "sip/server.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/hash_index.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/ring.h"
#include "net/stream.h"
#include "net/udp.h"
#include "sip/check.h"
#include "sip/frame.h"
#include "sip/grammar.h"
#include "sip/response.h"
#include "sip/transport.h"

enum { FLOWS_PRESET = 10000 };

/* One connection. */
struct flow {
	struct hash_entry entry; /* by its number */
	struct sip_server *server;
	struct connection *connection; /* NULL: it is in `gone` */
	struct ring link;
	struct sip_framer framer;
	struct sip_remote peer;
};

struct server_socket {
	struct sip_server *server;
	enum transport transport;
	uint32_t number;
	struct udp *udp; /* or */
	int fd;
};

struct sip_server {
	struct loop *loop;
	struct sip_server_limits limits;
	const struct sip_server_calls *calls;
	void *arg;
	struct listener *listener; /* of all stream sockets; NULL until needed */
	struct server_socket **sockets;
	uint32_t door_count;
	struct hash_index flows;
	uint64_t serial;  /* of the flow opened last */
	struct ring gone; /* flows that may be inside a call: freed in the next turn */
	struct timer sweep;
	bool draining;
	struct timer drained;
	struct buffer out;
	struct sip_message message;
};

static void refuse(struct sip_server *s, const struct sip_check *v,
		   const struct sip_remote *from)
{
	struct sip_response r = { .status = v->status,
				  .reason = v->reason,
				  .to_tag = "refused",
				  .from = &from->addr };
	struct buffer line = { 0 };
	struct text rest = v->unsupported;
	struct text tag = sip_take(&rest, OCTET_TOKEN);

	if (text_len(&tag)) {
		buffer_put_text(&line, "Unsupported: ");
		buffer_put(&line, tag.at, text_len(&tag));
		buffer_put(&line, "\r\n", sizeof("\r\n")); /* and its NUL */
		r.fields = (const char *)line.octets;
	}
	s->out.len = 0;
	sip_response_write(&s->message, &r, &s->out);
	(void)sip_server_send(s, from, s->out.octets, s->out.len);
	buffer_fini(&line);
}

static void handle(struct sip_server *s, const struct sip_remote *from,
		   const uint8_t *octets, size_t len)
{
	struct sip_check v;

	if (sip_message_read(&s->message, octets, len))
		return;
	v = sip_check(&s->message, s->limits.extensions);
	if (v.action == SIP_ACTION_ACCEPT)
		s->calls->received(s->arg, &s->message, from);
	else if (v.action == SIP_ACTION_ANSWER)
		refuse(s, &v, from);
}

static void on_datagram(void *arg, const struct addr *from, const uint8_t *octets,
			size_t len)
{
	struct server_socket *d = arg;
	struct sip_remote peer = { .transport = d->transport,
				   .addr = *from,
				   .socket = d->number };

	if (len == 4 && memcmp(octets, "\r\n\r\n", 4) == 0)
		(void)udp_send(d->udp, from, "\r\n", 2);
	else
		handle(d->server, &peer, octets, len);
}

static const struct udp_calls udp_calls = { .received = on_datagram };

static const struct server_socket *door_of(const struct sip_server *s, int fd)
{
	uint32_t i = 0;

	while (s->sockets[i]->fd != fd)
		i++;
	return s->sockets[i];
}

static void *on_opened(void *arg, struct connection *c)
{
	struct sip_server *s = arg;
	const struct server_socket *d = door_of(s, connection_listen_socket(c));
	struct flow *f = alloc(sizeof(*f));

	f->server = s;
	f->connection = c;
	f->peer.transport = d->transport;
	f->peer.addr = *stream_remote(connection_stream(c));
	f->peer.socket = d->number;
	f->peer.flow = ++s->serial;
	hash_index_put(&s->flows, &f->entry, f->peer.flow);
	return f;
}

static void on_drained(void *arg)
{
	struct sip_server *s = arg;

	if (s->calls->drained)
		s->calls->drained(s->arg);
}

static void report_drained(struct sip_server *s)
{
	if (s->draining && s->flows.count == 0)
		timer_start(s->loop, &s->drained, 0, on_drained, s);
}

static void free_gone(void *arg)
{
	struct sip_server *s = arg;
	struct ring *r;

	while ((r = ring_first(&s->gone))) {
		ring_remove(r);
		free(RING_OWNER(r, struct flow, link));
	}
}

static void drop_flow(struct flow *f)
{
	struct sip_server *s = f->server;

	hash_index_remove(&s->flows, &f->entry);
	f->connection = NULL;
	ring_append(&s->gone, &f->link);
	timer_start(s->loop, &s->sweep, 0, free_gone, s);
	report_drained(s);
}

static void close_flow(struct flow *f, int reason)
{
	struct sip_server *s = f->server;
	uint64_t number = f->peer.flow;

	drop_flow(f);
	if (s->calls->flow_closed)
		s->calls->flow_closed(s->arg, number, reason);
}

static void on_closed(void *own, int reason)
{
	close_flow(own, reason);
}

/* Handles one frame. Returns whether there may be another. */
static bool take_frame(struct flow *f, const uint8_t *octets, size_t len, size_t *taken)
{
	struct connection *c = f->connection;

	switch (sip_frame_next(&f->framer, octets, len, taken)) {
	case SIP_FRAME_MESSAGE:
		handle(f->server, &f->peer, octets, *taken);
		return f->connection;
	case SIP_FRAME_PING:
		(void)stream_write(connection_stream(c), "\r\n", 2);
		return true;
	case SIP_FRAME_BAD:
		close_flow(f, ERR_MALFORMED);
		connection_close(c);
		return false;
	case SIP_FRAME_MORE:
		return false;
	default:
		return true;
	}
}

static size_t on_received(void *own, const uint8_t *octets, size_t len)
{
	struct flow *f = own;
	size_t at = 0;
	size_t taken = 0;

	while (at < len && take_frame(f, octets + at, len - at, &taken))
		at += taken;
	return at;
}

static const struct listener_calls listener_calls = { .opened = on_opened,
						      .received = on_received,
						      .closed = on_closed };

struct sip_server *sip_server_new(struct loop *l,
				  const struct sip_server_limits *limits,
				  const struct sip_server_calls *calls, void *arg)
{
	struct sip_server *s = alloc(sizeof(*s));

	ring_init(&s->gone);
	s->loop = l;
	s->limits = *limits;
	if (s->limits.flows == 0)
		s->limits.flows = FLOWS_PRESET;
	s->calls = calls;
	s->arg = arg;
	return s;
}

void sip_server_free(struct sip_server *s)
{
	struct hash_entry *e;

	if (!s)
		return;
	listener_free(s->listener);
	while ((e = hash_index_any(&s->flows))) {
		hash_index_remove(&s->flows, e);
		free(HASH_OWNER(e, struct flow, entry));
	}
	for (uint32_t i = 0; i < s->door_count; i++) {
		udp_close(s->sockets[i]->udp);
		if (s->sockets[i]->fd >= 0)
			close(s->sockets[i]->fd);
		free(s->sockets[i]);
	}
	free_gone(s);
	timer_stop(&s->sweep);
	timer_stop(&s->drained);
	hash_index_fini(&s->flows);
	free(s->sockets);
	buffer_fini(&s->out);
	free(s);
}

static struct server_socket *add_socket(struct sip_server *s, enum transport transport)
{
	struct server_socket *d = alloc(sizeof(*d));

	d->server = s;
	d->transport = transport;
	d->number = s->door_count;
	d->fd = -1;
	s->sockets = alloc_resize(s->sockets, s->door_count + 1,
				  sizeof(struct server_socket *));
	s->sockets[s->door_count++] = d;
	return d;
}

static struct listener *listener_of(struct sip_server *s)
{
	const struct listener_limits limits = { .total = s->limits.flows,
						.per_source =
							s->limits.flows_per_source,
						.idle_ms = s->limits.idle_ms };

	if (!s->listener)
		s->listener = listener_new(s->loop, &limits, &listener_calls, s);
	return s->listener;
}

void sip_server_adopt(struct sip_server *s, enum transport transport, int fd,
		      struct tls *tls)
{
	struct server_socket *d = add_socket(s, transport);

	if (!sip_transports[transport].is_reliable) {
		d->udp = udp_adopt(s->loop, fd, &udp_calls, d);
		return;
	}
	d->fd = fd;
	listener_add(listener_of(s), fd,
		     sip_transports[transport].is_secure ? tls : NULL);
}

int sip_server_listen(struct sip_server *s, enum transport transport,
		      const struct addr *at, struct tls *tls)
{
	struct server_socket *d;
	int err;

	if (sip_transports[transport].is_reliable) {
		int fd = listener_socket(at);

		if (fd < 0)
			return ERR_SYSTEM;
		sip_server_adopt(s, transport, fd, tls);
		return OK;
	}
	d = add_socket(s, transport);
	err = udp_open(s->loop, at, NULL, &udp_calls, d, &d->udp);
	if (err) {
		s->door_count--;
		free(d);
	}
	return err;
}

void sip_server_tls(struct sip_server *s, struct tls *tls)
{
	for (uint32_t i = 0; i < s->door_count; i++)
		if (sip_transports[s->sockets[i]->transport].is_secure)
			listener_add(s->listener, s->sockets[i]->fd, tls);
}

void sip_server_drain(struct sip_server *s)
{
	s->draining = true;
	for (uint32_t i = 0; i < s->door_count; i++) {
		if (s->sockets[i]->udp)
			udp_pause(s->sockets[i]->udp);
		else
			listener_remove(s->listener, s->sockets[i]->fd);
	}
	report_drained(s);
}

static struct flow *find_flow(const struct sip_server *s, uint64_t number)
{
	struct hash_entry *e = hash_index_find(&s->flows, number);

	return e ? HASH_OWNER(e, struct flow, entry) : NULL;
}

int sip_server_send(struct sip_server *s, const struct sip_remote *to,
		    const void *octets, size_t len)
{
	const struct flow *f;

	if (!sip_transports[to->transport].is_reliable)
		return udp_send(s->sockets[to->socket]->udp, &to->addr, octets, len);
	f = find_flow(s, to->flow);
	return f ? stream_write(connection_stream(f->connection), octets, len)
		 : ERR_CLOSED;
}

void sip_server_keep(struct sip_server *s, uint64_t flow, bool kept)
{
	const struct flow *f = find_flow(s, flow);

	if (f)
		connection_keep(f->connection, kept);
}

void sip_server_close(struct sip_server *s, uint64_t flow)
{
	struct flow *f = find_flow(s, flow);
	struct connection *c;

	if (!f)
		return;
	c = f->connection;
	drop_flow(f);
	connection_close(c);
}

struct stream *sip_server_stream(struct sip_server *s, uint64_t flow)
{
	const struct flow *f = find_flow(s, flow);

	return f ? connection_stream(f->connection) : NULL;
}
