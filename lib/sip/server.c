#include "sip/server.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "net/listener.h"
#include "net/stream.h"
#include "net/udp.h"
#include "sip/check.h"
#include "sip/frame.h"
#include "sip/grammar.h"
#include "sip/response.h"
#include "sip/transport.h"

enum { FLOWS_PRESET = 10000 };

/* One connection. Its number in `flows` and a count that grows make the flow's name. */
struct flow {
	struct sip_server *server;
	struct connection *connection; /* NULL: free */
	uint32_t next_free;            /* number + 1 */
	struct sip_framer framer;
	struct sip_remote peer;
};

struct server_socket {
	struct sip_server *server;
	struct udp *udp; /* or */
	int fd;
	uint32_t number;
};

struct sip_server {
	struct loop *loop;
	struct sip_server_limits limits;
	const struct sip_server_calls *calls;
	void *arg;
	struct listener *plain, *secure; /* NULL until needed */
	struct server_socket **sockets;
	uint32_t door_count;
	struct flow **flows;
	uint32_t flow_count;
	uint32_t free_flow; /* number + 1 */
	uint64_t serial;    /* of the flow opened last */
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
		buffer_put(&line, "\r\n", sizeof("\r\n"));
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
	struct sip_remote peer = { .transport = TRANSPORT_UDP,
				   .addr = *from,
				   .socket = d->number };

	if (len == 4 && memcmp(octets, "\r\n\r\n", 4) == 0)
		(void)udp_send(d->udp, from, "\r\n", 2);
	else
		handle(d->server, &peer, octets, len);
}

static const struct udp_calls udp_calls = { .received = on_datagram };

static uint32_t take_flow(struct sip_server *s)
{
	uint32_t i = s->free_flow;

	if (i) {
		s->free_flow = s->flows[i - 1]->next_free;
		return i - 1;
	}
	s->flows = alloc_resize(s->flows, s->flow_count + 1, sizeof(struct flow *));
	s->flows[s->flow_count] = alloc(sizeof(**s->flows));
	return s->flow_count++;
}

static void *open_flow(struct sip_server *s, struct connection *c,
		       enum transport transport)
{
	uint32_t i = take_flow(s);
	struct flow *f = s->flows[i];

	*f = (struct flow){
		.server = s,
		.connection = c,
		.peer = { .transport = transport,
			  .addr = *stream_remote(connection_stream(c)),
			  .flow = ++s->serial << 32 | i },
	};
	return f;
}

static void *on_plain(void *arg, struct connection *c)
{
	return open_flow(arg, c, TRANSPORT_TCP);
}

static void *on_secure(void *arg, struct connection *c)
{
	return open_flow(arg, c, TRANSPORT_TLS);
}

static void close_flow(struct flow *f, int reason)
{
	struct sip_server *s = f->server;

	f->connection = NULL;
	f->next_free = s->free_flow;
	s->free_flow = (uint32_t)f->peer.flow + 1;
	if (s->calls->flow_closed)
		s->calls->flow_closed(s->arg, f->peer.flow, reason);
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
		return f->connection == c;
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

static const struct listener_calls plain_calls = { .opened = on_plain,
						   .received = on_received,
						   .closed = on_closed };
static const struct listener_calls secure_calls = { .opened = on_secure,
						    .received = on_received,
						    .closed = on_closed };

struct sip_server *sip_server_new(struct loop *l,
				  const struct sip_server_limits *limits,
				  const struct sip_server_calls *calls, void *arg)
{
	struct sip_server *s = alloc(sizeof(*s));

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
	if (!s)
		return;
	listener_free(s->plain);
	listener_free(s->secure);
	for (uint32_t i = 0; i < s->door_count; i++) {
		udp_close(s->sockets[i]->udp);
		if (s->sockets[i]->fd >= 0)
			close(s->sockets[i]->fd);
		free(s->sockets[i]);
	}
	for (uint32_t i = 0; i < s->flow_count; i++)
		free(s->flows[i]);
	free(s->sockets);
	free(s->flows);
	buffer_fini(&s->out);
	free(s);
}

static int open_socket(struct server_socket *d, const struct addr *at, struct tls *tls)
{
	struct sip_server *s = d->server;
	struct listener_limits limits = { .total = s->limits.flows,
					  .per_source = s->limits.flows_per_source,
					  .idle_ms = s->limits.idle_ms };
	struct listener **l = tls ? &s->secure : &s->plain;

	d->fd = listener_socket(at);
	if (d->fd < 0)
		return ERR_SYSTEM;
	if (!*l)
		*l = listener_new(s->loop, &limits, tls ? &secure_calls : &plain_calls,
				  s);
	listener_add(*l, d->fd, tls);
	return OK;
}

int sip_server_listen(struct sip_server *s, enum transport transport,
		      const struct addr *at, struct tls *tls)
{
	struct server_socket *d = alloc(sizeof(*d));
	int err;

	d->server = s;
	d->fd = -1;
	d->number = s->door_count;
	if (!sip_transports[transport].is_reliable)
		err = udp_open(s->loop, at, NULL, &udp_calls, d, &d->udp);
	else
		err = open_socket(d, at,
				  sip_transports[transport].is_secure ? tls : NULL);
	if (err) {
		free(d);
		return err;
	}
	s->sockets = alloc_resize(s->sockets, s->door_count + 1,
				  sizeof(struct server_socket *));
	s->sockets[s->door_count++] = d;
	return OK;
}

int sip_server_send(struct sip_server *s, const struct sip_remote *to,
		    const void *octets, size_t len)
{
	uint32_t i = (uint32_t)to->flow;

	if (!sip_transports[to->transport].is_reliable)
		return udp_send(s->sockets[to->socket]->udp, &to->addr, octets, len);
	if (i >= s->flow_count || s->flows[i]->peer.flow != to->flow ||
	    !s->flows[i]->connection)
		return ERR_CLOSED;
	return stream_write(connection_stream(s->flows[i]->connection), octets, len);
}
