#include "tests/health/responder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/buffer.h"
#include "net/loop.h"

enum { CONNECTIONS = 8, MESSAGE_MAX = 4096 };

struct link {
	struct responder *responder;
	int fd;
	struct watch *watch;
};

struct responder {
	struct loop *loop;
	uint16_t port, status;
	uint64_t count;
	struct link udp, listener, links[CONNECTIONS];
};

/* The request's own headers make a good answer: Via, From, To, Call-ID, CSeq. */
static void answer(struct responder *r, const char *in, size_t len, struct buffer *out)
{
	const char *line = memchr(in, '\n', len);

	if (!line || len < 8 || memcmp(in, "OPTIONS ", 8) != 0)
		return;
	r->count++;
	buffer_printf(out, "SIP/2.0 %u Whatever\r\n", (unsigned)r->status);
	buffer_put(out, line + 1, len - (size_t)(line + 1 - in));
}

static void on_datagram(void *arg, int ready)
{
	struct link *k = arg;
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	char in[MESSAGE_MAX];
	struct buffer out = { 0 };
	ssize_t got = recvfrom(k->fd, in, sizeof(in), 0, (struct sockaddr *)&from,
			       &from_len);

	(void)ready;
	if (got > 0)
		answer(k->responder, in, (size_t)got, &out);
	if (out.len)
		(void)!sendto(k->fd, out.octets, out.len, 0, (struct sockaddr *)&from,
			      from_len);
	buffer_fini(&out);
}

static void link_close(struct link *k, bool reset)
{
	struct linger now = { 1, 0 };

	if (!k->watch)
		return;
	watch_stop(k->watch);
	if (reset)
		(void)setsockopt(k->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(k->fd);
	k->watch = NULL;
}

static void on_stream(void *arg, int ready)
{
	struct link *k = arg;
	char in[MESSAGE_MAX];
	struct buffer out = { 0 };
	ssize_t got = recv(k->fd, in, sizeof(in), 0);

	(void)ready;
	if (got <= 0) {
		link_close(k, false);
		return;
	}
	answer(k->responder, in, (size_t)got, &out);
	if (out.len)
		(void)!send(k->fd, out.octets, out.len, MSG_NOSIGNAL);
	buffer_fini(&out);
}

static void link_open(struct responder *r, struct link *k, int fd, watch_fn *fn)
{
	k->responder = r;
	k->fd = fd;
	k->watch = watch_start(r->loop, fd, LOOP_READ, fn, k);
}

static void on_connection(void *arg, int ready)
{
	struct link *k = arg;
	int fd = accept4(k->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)ready;
	for (size_t i = 0; fd >= 0 && i < CONNECTIONS; i++)
		if (!k->responder->links[i].watch) {
			link_open(k->responder, &k->responder->links[i], fd, on_stream);
			return;
		}
	if (fd >= 0)
		close(fd);
}

static int bound(int type, uint16_t *port)
{
	struct addr at = { .family = AF_INET,
			   .octets = { 127, 0, 0, 1 },
			   .port = *port };
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(&at, &sa);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&sa, len) ||
	    (type == SOCK_STREAM && listen(fd, CONNECTIONS)) ||
	    getsockname(fd, (struct sockaddr *)&sa, &len)) {
		close(fd);
		return -1;
	}
	addr_from_sockaddr((struct sockaddr *)&sa, &at);
	*port = at.port;
	return fd;
}

struct responder *responder_new(struct loop *l, uint16_t status)
{
	for (int probes = 0; probes < 50; probes++) {
		uint16_t port = 0;
		int tcp = bound(SOCK_STREAM, &port);
		int udp = tcp < 0 ? -1 : bound(SOCK_DGRAM, &port);
		struct responder *r;

		if (udp < 0) {
			if (tcp >= 0)
				close(tcp);
			continue;
		}
		r = alloc(sizeof(*r));
		r->loop = l;
		r->port = port;
		r->status = status;
		link_open(r, &r->udp, udp, on_datagram);
		link_open(r, &r->listener, tcp, on_connection);
		return r;
	}
	return NULL;
}

uint16_t responder_port(const struct responder *r)
{
	return r->port;
}

void responder_status(struct responder *r, uint16_t status)
{
	r->status = status;
}

uint64_t responder_count(const struct responder *r)
{
	return r->count;
}

void responder_free(struct responder *r)
{
	if (!r)
		return;
	link_close(&r->udp, false);
	link_close(&r->listener, false);
	for (size_t i = 0; i < CONNECTIONS; i++)
		link_close(&r->links[i], true);
	free(r);
}
