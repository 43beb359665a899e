#include "net/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/loop.h"
#include "net/socket.h"
#include "net/sources.h"
#include "net/stream.h"

enum { ACCEPTS_A_TURN = 64, BREATH_MS = 100, BACKLOG = 4096 };

struct connection {
	TAILQ_ENTRY(connection) entry;
	struct listener *listener;
	struct stream *stream;
	struct source *source;
	void *own;
	uint64_t used_at;
	bool opened;
	bool opening; /* inside the owner's `opened` */
	bool doomed;  /* closed there */
	bool busy;
};

/* One listening socket. */
struct door {
	LIST_ENTRY(door) entry;
	struct listener *listener;
	int fd;
	struct tls *tls;
	struct watch *watch;
};

TAILQ_HEAD(connections, connection);
LIST_HEAD(doors, door);

struct listener {
	struct loop *loop;
	struct listener_limits limits;
	struct listener_counts counts;
	const struct listener_calls *calls;
	void *arg;
	struct doors doors;
	struct connections idle; /* longest idle first */
	struct connections busy;
	struct sources *sources;
	struct timer sweep;  /* of what is idle too long */
	struct timer breath; /* after which accepting goes on */
};

static struct connections *list_of(struct connection *c)
{
	return c->busy ? &c->listener->busy : &c->listener->idle;
}

static void touch(struct connection *c)
{
	struct connections *list = list_of(c);

	c->used_at = loop_now(c->listener->loop);
	TAILQ_REMOVE(list, c, entry);
	TAILQ_INSERT_TAIL(list, c, entry);
}

void connection_close(struct connection *c)
{
	struct listener *l = c->listener;

	if (c->opening) {
		c->doomed = true;
		return;
	}
	TAILQ_REMOVE(list_of(c), c, entry);
	sources_give(l->sources, c->source);
	stream_close(c->stream);
	l->counts.open--;
	free(c);
}

/* Closes one with a word to its owner. */
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

	while ((oldest = TAILQ_FIRST(&l->idle))) {
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

/* Who is owed an answer still gets it. */
static bool on_ended(void *arg)
{
	const struct connection *c = arg;

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

/* Closes the longest idle. Returns whether there was one. */
static bool make_room(struct listener *l)
{
	struct connection *oldest = TAILQ_FIRST(&l->idle);

	if (!oldest)
		return false;
	l->counts.made_room++;
	dismiss(oldest, ERR_LIMIT);
	return true;
}

static void admit(struct door *d, int fd, const struct addr *peer)
{
	struct listener *l = d->listener;
	struct connection *c;
	struct source *source = sources_take(l->sources, peer, l->limits.per_source);

	if (!source) {
		l->counts.refused_source++;
		close(fd);
		return;
	}
	c = alloc(sizeof(*c));
	c->listener = l;
	c->source = source;
	c->used_at = loop_now(l->loop);
	TAILQ_INSERT_TAIL(&l->idle, c, entry);
	l->counts.open++;
	l->counts.accepted++;
	if (l->limits.idle_ms && !timer_is_started(&l->sweep))
		timer_start(l->loop, &l->sweep, l->limits.idle_ms, on_sweep, l);
	c->stream = stream_accept(l->loop, fd, peer, d->tls, &stream_calls, c);
	if (!d->tls)
		on_opened(c);
}

static void on_breath(void *arg)
{
	struct listener *l = arg;
	struct door *d;

	LIST_FOREACH(d, &l->doors, entry)
		watch_want(d->watch, LOOP_READ);
}

/* No descriptors are left, and no connection of ours is idle: wait for better times. */
static void pause_accepting(struct listener *l)
{
	struct door *d;

	LIST_FOREACH(d, &l->doors, entry)
		watch_want(d->watch, 0);
	timer_start(l->loop, &l->breath, BREATH_MS, on_breath, l);
}

static void on_ready(void *arg, int ready)
{
	struct door *d = arg;
	struct listener *l = d->listener;
	int turns = ACCEPTS_A_TURN;

	(void)ready;
	for (int i = 0; i < turns; i++) {
		struct sockaddr_storage sa;
		socklen_t len = sizeof(sa);
		struct addr peer;
		int fd = accept4(d->fd, (struct sockaddr *)&sa, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		/* Without descriptors this is said even where nobody waits: so make
		 * room for one, and see in the next turn whether there are more. */
		if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
			if (turns < ACCEPTS_A_TURN || !make_room(l)) {
				pause_accepting(l);
				return;
			}
			i = 0;
			turns = 2; /* this one, and no other */
			continue;
		}
		if (fd < 0 && errno == EAGAIN)
			return;
		if (fd < 0)
			continue;
		if (l->counts.open >= l->limits.total && !make_room(l)) {
			l->counts.refused_full++;
			close(fd);
			continue;
		}
		addr_from_sockaddr((struct sockaddr *)&sa, &peer);
		admit(d, fd, &peer);
	}
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
	TAILQ_INIT(&n->idle);
	TAILQ_INIT(&n->busy);
	LIST_INIT(&n->doors);
	return n;
}

static void drop_door(struct door *d)
{
	LIST_REMOVE(d, entry);
	watch_stop(d->watch);
	free(d);
}

void listener_free(struct listener *l)
{
	struct connection *c;
	struct door *d;

	if (!l)
		return;
	while ((d = LIST_FIRST(&l->doors)))
		drop_door(d);
	while ((c = TAILQ_FIRST(&l->idle)) || (c = TAILQ_FIRST(&l->busy)))
		connection_close(c);
	timer_stop(&l->sweep);
	timer_stop(&l->breath);
	sources_free(l->sources);
	free(l);
}

void listener_add(struct listener *l, int fd, struct tls *tls)
{
	struct door *d = alloc(sizeof(*d));

	d->listener = l;
	d->fd = fd;
	d->tls = tls;
	d->watch = watch_start(l->loop, fd, LOOP_READ, on_ready, d);
	LIST_INSERT_HEAD(&l->doors, d, entry);
}

void listener_remove(struct listener *l, int fd)
{
	struct door *d;

	LIST_FOREACH(d, &l->doors, entry) {
		if (d->fd == fd) {
			drop_door(d);
			return;
		}
	}
}

const struct listener_counts *listener_counts(const struct listener *l)
{
	return &l->counts;
}

struct stream *connection_stream(struct connection *c)
{
	return c->stream;
}

void connection_busy(struct connection *c, bool busy)
{
	if (c->busy == busy)
		return;
	TAILQ_REMOVE(list_of(c), c, entry);
	c->busy = busy;
	TAILQ_INSERT_TAIL(list_of(c), c, entry);
	c->used_at = loop_now(c->listener->loop);
	if (!busy && c->listener->limits.idle_ms &&
	    !timer_is_started(&c->listener->sweep))
		timer_start(c->listener->loop, &c->listener->sweep,
			    c->listener->limits.idle_ms, on_sweep, c->listener);
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
