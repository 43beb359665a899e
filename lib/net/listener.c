#include "net/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/loop.h"
#include "net/ring.h"
#include "net/socket.h"
#include "net/sources.h"
#include "net/stream.h"
#include "net/tls.h"

enum { ACCEPTS_A_TURN = 64, BREATH_MS = 100, BACKLOG = 4096 };

struct connection {
	struct ring link; /* in `idle` or `busy` */
	struct listener *listener;
	struct stream *stream;
	struct source_count *source;
	int door_fd;
	void *own;
	uint64_t used_at;
	bool opened;
	bool opening; /* inside the owner's `opened` */
	bool doomed;  /* it was closed there */
	bool busy;
	bool kept;
	bool ended; /* by the peer, while it was busy */
};

/* One listening socket. */
struct listen_socket {
	struct ring link;
	struct listener *listener;
	int fd;
	struct tls *tls;
	struct watch *watch;
};

struct listener {
	struct loop *loop;
	struct listener_limits limits;
	struct listener_counts counts;
	const struct listener_calls *calls;
	void *arg;
	struct ring sockets;
	struct ring idle; /* connections, longest idle first */
	struct ring busy; /* busy or kept: not closed to make room */
	struct sources *sources;
	struct timer sweep;  /* of what is idle too long */
	struct timer breath; /* after which it accepts again */
};

/* Appends a connection to those of its kind. */
static void file(struct connection *c)
{
	c->used_at = loop_now(c->listener->loop);
	ring_append(c->busy || c->kept ? &c->listener->busy : &c->listener->idle,
		    &c->link);
}

static void touch(struct connection *c)
{
	ring_remove(&c->link);
	file(c);
}

static struct connection *longest_idle(const struct listener *l)
{
	struct ring *first = ring_first(&l->idle);

	return first ? RING_OWNER(first, struct connection, link) : NULL;
}

void connection_close(struct connection *c)
{
	struct listener *l = c->listener;

	if (c->opening) {
		c->doomed = true;
		return;
	}
	ring_remove(&c->link);
	sources_give(l->sources, c->source);
	stream_close(c->stream);
	l->counts.open--;
	free(c);
}

/* Closes a connection, and tells its owner. */
static void dismiss(struct connection *c, int reason)
{
	if (c->opened)
		c->listener->calls->closed(c->own, reason);
	connection_close(c);
}

static void on_sweep(void *arg)
{
	struct listener *l = arg;
	struct connection *oldest;
	uint64_t now = loop_now(l->loop);

	while ((oldest = longest_idle(l))) {
		if (oldest->used_at + l->limits.idle_ms > now)
			break;
		l->counts.timed_out++;
		dismiss(oldest, ERR_TIMEOUT);
	}
	if (oldest)
		timer_start_at(l->loop, &l->sweep, oldest->used_at + l->limits.idle_ms,
			       on_sweep, l);
}

static void on_opened(void *arg)
{
	struct connection *c = arg;

	touch(c);
	c->opening = true;
	c->own = c->listener->calls->opened(c->listener->arg, c);
	c->opening = false;
	c->opened = true;
	if (c->doomed)
		connection_close(c);
}

static size_t on_received(void *arg, const uint8_t *octets, size_t len)
{
	struct connection *c = arg;

	touch(c);
	return c->listener->calls->received(c->own, octets, len);
}

static void on_drained(void *arg)
{
	struct connection *c = arg;

	touch(c);
	if (c->listener->calls->drained)
		c->listener->calls->drained(c->own);
}

/* A client to which an answer is due still gets it. */
static bool on_ended(void *arg)
{
	struct connection *c = arg;

	c->ended = c->busy;
	return c->busy;
}

static void on_closed(void *arg, int reason)
{
	dismiss(arg, reason);
}

static const struct stream_calls stream_calls = {
	.opened = on_opened,
	.received = on_received,
	.drained = on_drained,
	.ended = on_ended,
	.closed = on_closed,
};

/* Closes the connection idle for longest. Returns whether there was one. */
static bool make_room(struct listener *l)
{
	struct connection *oldest = longest_idle(l);

	if (!oldest)
		return false;
	l->counts.made_room++;
	dismiss(oldest, ERR_LIMIT);
	return true;
}

static void admit(struct listen_socket *d, int fd, const struct addr *peer)
{
	struct listener *l = d->listener;
	struct connection *c;
	struct source_count *source = sources_take(l->sources, peer,
						   l->limits.per_source);

	if (!source) {
		l->counts.refused_source++;
		close(fd);
		return;
	}
	c = alloc(sizeof(*c));
	c->listener = l;
	c->source = source;
	c->door_fd = d->fd;
	file(c);
	l->counts.open++;
	l->counts.accepted++;
	if (l->limits.idle_ms && !timer_is_started(&l->sweep))
		timer_start(l->loop, &l->sweep, l->limits.idle_ms, on_sweep, l);
	c->stream = stream_accept(l->loop, fd, peer, d->tls, &stream_calls, c);
	if (!d->tls)
		on_opened(c);
}

static void want(struct listener *l, int wanted)
{
	for (struct ring *r = ring_first(&l->sockets); r; r = ring_next(&l->sockets, r))
		watch_want(RING_OWNER(r, struct listen_socket, link)->watch, wanted);
}

static void on_breath(void *arg)
{
	want(arg, LOOP_READ);
}

/*
 * Without descriptors accept() fails even if no client waits: room is made for one, and
 * the next turn shows whether there are more. If no connection of ours is idle, it
 * waits and tries again later. Returns a descriptor or -1.
 */
static int accept_in_need(struct listen_socket *d, struct sockaddr_storage *sa,
			  socklen_t *len)
{
	struct listener *l = d->listener;

	if (make_room(l))
		return accept4(d->fd, (struct sockaddr *)sa, len,
			       SOCK_NONBLOCK | SOCK_CLOEXEC);
	want(l, 0);
	timer_start(l->loop, &l->breath, BREATH_MS, on_breath, l);
	return -1;
}

/* Accepts one. Returns whether there may be more. */
static bool accept_one(struct listen_socket *d)
{
	struct listener *l = d->listener;
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	struct addr peer;
	bool more = true;
	int fd = accept4(d->fd, (struct sockaddr *)&sa, &len,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		fd = accept_in_need(d, &sa, &len);
		more = false;
	}
	if (fd < 0)
		return more && errno != EAGAIN;
	if (l->counts.open >= l->limits.total && !make_room(l)) {
		l->counts.refused_full++;
		close(fd);
		return more;
	}
	addr_from_sockaddr((struct sockaddr *)&sa, &peer);
	admit(d, fd, &peer);
	return more;
}

static void on_ready(void *arg, int ready)
{
	struct listen_socket *d = arg;

	(void)ready;
	for (int i = 0; i < ACCEPTS_A_TURN; i++)
		if (!accept_one(d))
			return;
}

struct listener *listener_new(struct loop *l, const struct listener_limits *limits,
			      const struct listener_calls *calls, void *arg)
{
	struct listener *n = alloc(sizeof(*n));

	n->loop = l;
	n->limits = *limits;
	n->calls = calls;
	n->arg = arg;
	n->sources = sources_new(limits->total);
	ring_init(&n->idle);
	ring_init(&n->busy);
	ring_init(&n->sockets);
	return n;
}

void listener_limit(struct listener *l, const struct listener_limits *limits)
{
	l->limits = *limits;
	timer_stop(&l->sweep);
	if (limits->idle_ms)
		on_sweep(l);
}

static void drop_listen_socket(struct listen_socket *d)
{
	ring_remove(&d->link);
	watch_stop(d->watch);
	tls_free(d->tls);
	free(d);
}

void listener_free(struct listener *l)
{
	struct ring *r;

	if (!l)
		return;
	while ((r = ring_first(&l->sockets)))
		drop_listen_socket(RING_OWNER(r, struct listen_socket, link));
	while ((r = ring_first(&l->idle)) || (r = ring_first(&l->busy)))
		connection_close(RING_OWNER(r, struct connection, link));
	timer_stop(&l->sweep);
	timer_stop(&l->breath);
	sources_free(l->sources);
	free(l);
}

static struct listen_socket *find_listen_socket(const struct listener *l, int fd)
{
	for (struct ring *r = ring_first(&l->sockets); r;
	     r = ring_next(&l->sockets, r)) {
		struct listen_socket *d = RING_OWNER(r, struct listen_socket, link);

		if (d->fd == fd)
			return d;
	}
	return NULL;
}

void listener_add(struct listener *l, int fd, struct tls *tls)
{
	struct listen_socket *d = find_listen_socket(l, fd);

	tls_ref(tls);
	if (d) {
		tls_free(d->tls);
		d->tls = tls;
		return;
	}
	d = alloc(sizeof(*d));
	d->listener = l;
	d->fd = fd;
	d->tls = tls;
	(void)socket_set(fd, IPPROTO_TCP, TCP_NODELAY,
			 1); /* accepted sockets inherit it */
	d->watch = watch_start(l->loop, fd, LOOP_READ, on_ready, d);
	ring_append(&l->sockets, &d->link);
}

void listener_remove(struct listener *l, int fd)
{
	struct listen_socket *d = find_listen_socket(l, fd);

	if (d)
		drop_listen_socket(d);
}

const struct listener_counts *listener_counts(const struct listener *l)
{
	return &l->counts;
}

struct stream *connection_stream(struct connection *c)
{
	return c->stream;
}

int connection_listen_socket(const struct connection *c)
{
	return c->door_fd;
}

/* What may be idle from now on counts from now on. */
static void file_anew(struct connection *c)
{
	struct listener *l = c->listener;

	touch(c);
	if (!c->busy && !c->kept && l->limits.idle_ms && !timer_is_started(&l->sweep))
		timer_start(l->loop, &l->sweep, l->limits.idle_ms, on_sweep, l);
}

void connection_busy(struct connection *c, bool busy)
{
	if (c->busy == busy)
		return;
	c->busy = busy;
	file_anew(c);
	if (!busy && c->ended)
		stream_finish(c->stream);
}

void connection_keep(struct connection *c, bool kept)
{
	if (c->kept == kept)
		return;
	c->kept = kept;
	file_anew(c);
}

int listener_socket(const struct addr *at)
{
	int fd = socket_open(at->family, SOCK_STREAM);

	if (fd < 0)
		return ERR_SYSTEM;
	if (socket_set(fd, SOL_SOCKET, SO_REUSEADDR, 1) || socket_bind(fd, at) ||
	    listen(fd, BACKLOG)) {
		int number = errno;

		close(fd);
		errno = number;
		return ERR_SYSTEM;
	}
	return fd;
}
