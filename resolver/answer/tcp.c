#include "resolver/answer/tcp.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/process/heartbeat.h"
#include "base/rcu.h"
#include "net/loop.h"
#include "net/stream.h"
#include "resolver/answer/cookie_jar.h"
#include "resolver/answer/query.h"
#include "resolver/live/publish.h"

enum {
	FRAME_HEAD_LEN = 2, /* RFC 1035 4.2.2 */
	OUT_LEN = 4 * (QUERY_MAX_LEN + FRAME_HEAD_LEN),
	QUEUED_MAX = 256 * 1024, /* unsent octets beyond which no query is read */
	UNTAKEN_MAX = 2 * (QUERY_MAX_LEN + FRAME_HEAD_LEN),
	UNSENT_MAX = QUEUED_MAX + OUT_LEN,
	CACHE_LEN = 16 << 20,
	PENDING_MAX = 200, /* of one connection */
	ASKING_MS = 2000
};

/* A query of a connection that waits for the world. */
struct tcp_pending {
	LIST_ENTRY(tcp_pending) entry;
	struct tcp_client *client; /* NULL: closed meanwhile */
};

/* One connection of ours. */
struct tcp_client {
	LIST_ENTRY(tcp_client) entry;
	struct tcp_worker *worker;
	struct connection *connection;
	LIST_HEAD(pending_list, tcp_pending) pendings;
	unsigned pending_count;
	bool held; /* it is not read */
};

LIST_HEAD(tcp_clients, tcp_client);

struct tcp_worker {
	struct worker worker;
	const struct publisher *publisher;
	const struct cookie_jar *jar;
	pthread_t thread;
	struct loop *loop;
	struct listener *listener;
	struct listener_limits limits;
	int *fds; /* the thread's */
	size_t fd_count;
	struct tcp_clients clients;
	struct timer asking, grace;
	uint32_t grace_ms;
	bool ending;
	bool asks_no_more; /* who is connected still had time to ask */
	struct heartbeat heartbeat;
	uint32_t open_count;           /* written by the thread, read by any */
	struct recursion_client *made; /* the main thread's, until it is the worker's */
	struct recursion_client *recursion; /* NULL: none yet */
	struct watch *link;
	struct timer late;
	struct query query;
	uint8_t *out; /* answers of one read, framed */
	size_t out_len;
};

static void note_open(struct tcp_worker *w, uint32_t open_count)
{
	__atomic_store_n(&w->open_count, open_count, __ATOMIC_RELAXED);
}

/* Nobody is left who waits for an answer: the time of grace is over. */
static void end_if_idle(const struct tcp_worker *w)
{
	bool waits = w->recursion && recursion_client_waiter_count(w->recursion);

	if (w->ending && (LIST_EMPTY(&w->clients) || (w->asks_no_more && !waits)))
		loop_stop(w->loop);
}

static void *client_opened(void *arg, struct connection *c)
{
	struct tcp_client *t = alloc(sizeof(*t));

	t->worker = arg;
	t->connection = c;
	LIST_INIT(&t->pendings);
	LIST_INSERT_HEAD(&t->worker->clients, t, entry);
	stream_limits(connection_stream(c), UNTAKEN_MAX, UNSENT_MAX);
	note_open(t->worker, t->worker->open_count + 1);
	return t;
}

static void client_closed(void *own, int reason)
{
	struct tcp_client *t = own;
	struct tcp_pending *p;

	(void)reason;
	while ((p = LIST_FIRST(&t->pendings))) {
		LIST_REMOVE(p, entry);
		p->client = NULL;
	}
	note_open(t->worker, t->worker->open_count - 1);
	LIST_REMOVE(t, entry);
	end_if_idle(t->worker);
	free(t);
}

/* Sends what was answered so far. */
static int send_answers(struct tcp_client *t)
{
	struct tcp_worker *w = t->worker;
	int err = OK;

	if (w->out_len)
		err = stream_write(connection_stream(t->connection), w->out,
				   w->out_len);
	w->out_len = 0;
	return err;
}

/*
 * Too much is unsent: the peer asks but does not take. It is asked for no more until it
 * has taken all, and is given up when it takes nothing for as long as others may idle.
 */
static void hold_back(struct tcp_client *t)
{
	struct stream *s = connection_stream(t->connection);

	t->held = true;
	connection_busy(t->connection, true);
	stream_idle(s, t->worker->limits.idle_ms);
	stream_pause(s, true);
}

static void client_drained(void *own)
{
	struct tcp_client *t = own;
	struct stream *s = connection_stream(t->connection);

	t->held = false;
	connection_busy(t->connection, t->pending_count > 0);
	stream_idle(s, 0);
	stream_pause(s, false);
}

static void put_frame(struct tcp_worker *w, size_t len)
{
	uint8_t *head = w->out + w->out_len;

	if (len == 0)
		return;
	head[0] = (uint8_t)(len >> 8);
	head[1] = (uint8_t)len;
	w->out_len += FRAME_HEAD_LEN + len;
}

static size_t answer_here(struct tcp_worker *w)
{
	return query_answer(&w->query, w->out + w->out_len + FRAME_HEAD_LEN,
			    QUERY_MAX_LEN);
}

/* It is answered later, behind others (RFC 7766 6.2.1.1). Returns whether it can be. */
static bool put_aside(struct tcp_client *t, unsigned rounds)
{
	struct tcp_worker *w = t->worker;
	const struct recursion_client_query query = { w->query.packet, w->query.len,
						      &w->query.client.addr };
	struct tcp_pending *p;

	if (t->pending_count == PENDING_MAX || rounds > WAITER_ROUNDS_MAX)
		return false;
	p = alloc(sizeof(*p));
	if (recursion_client_wait(w->recursion, w->query.later, &query, rounds, p)) {
		free(p);
		return false;
	}
	p->client = t;
	LIST_INSERT_HEAD(&t->pendings, p, entry);
	t->pending_count++;
	connection_busy(t->connection, true);
	return true;
}

/* Puts the answer to one query behind the others. */
static void answer_one(struct tcp_client *t, const uint8_t *packet, size_t len,
		       unsigned rounds)
{
	struct tcp_worker *w = t->worker;
	size_t out_len;

	w->query.packet = packet;
	w->query.len = len;
	w->query.rounds = rounds;
	w->query.hurried = false;
	out_len = answer_here(w);
	if (w->query.later) {
		if (put_aside(t, rounds + 1))
			return;
		w->query.hurried = true;
		out_len = answer_here(w);
	}
	put_frame(w, out_len);
}

/* Begins a turn: what is asked of the world is sent when the loop is idle. */
static void turn(struct tcp_worker *w)
{
	const struct world *world;

	w->worker.now = publisher_now(w->publisher);
	w->worker.now_s = (uint32_t)time(NULL);
	w->worker.keys = cookie_jar_now(w->jar);
	world = w->worker.now->world;
	if (w->recursion)
		recursion_client_turn(w->recursion, loop_now(w->loop), world->zones,
				      world->rebind, world->foreign);
}

static void resume(void *arg, struct waiter *waiter)
{
	struct tcp_worker *w = arg;
	struct tcp_pending *p = waiter->own;
	struct tcp_client *t = p->client;

	if (t) {
		struct stream *s = connection_stream(t->connection);
		int err;

		LIST_REMOVE(p, entry);
		free(p);
		t->pending_count--;
		w->query.client.addr = *stream_remote(s);
		answer_one(t, waiter->packet, waiter->len, waiter->rounds);
		err = send_answers(t);
		if (err == ERR_LIMIT || stream_queued_len(s) > QUEUED_MAX)
			hold_back(t);
		else
			connection_busy(t->connection, t->held || t->pending_count > 0);
	} else {
		free(p);
	}
	free(waiter);
}

static size_t client_received(void *own, const uint8_t *octets, size_t len)
{
	struct tcp_client *t = own;
	struct tcp_worker *w = t->worker;
	struct stream *s = connection_stream(t->connection);
	size_t at = 0;

	turn(w);
	w->query.client.addr = *stream_remote(s);
	while (len - at >= FRAME_HEAD_LEN) {
		size_t frame_len = (size_t)(octets[at] << 8 | octets[at + 1]);

		if (len - at - FRAME_HEAD_LEN < frame_len)
			break;
		answer_one(t, octets + at + FRAME_HEAD_LEN, frame_len, 0);
		at += FRAME_HEAD_LEN + frame_len;
		if (OUT_LEN - w->out_len >= QUERY_MAX_LEN + FRAME_HEAD_LEN)
			continue;
		if (send_answers(t) || stream_queued_len(s) > QUEUED_MAX)
			break;
	}
	if (send_answers(t) == OK && stream_queued_len(s) > QUEUED_MAX)
		hold_back(t);
	return at;
}

static void watch_outside(struct tcp_worker *w);

static void on_late(void *arg)
{
	struct tcp_worker *w = arg;

	turn(w);
	recursion_client_expire(w->recursion);
	watch_outside(w);
}

/* Before each wait: sends what was asked, and knows until when it may be answered. */
static void watch_outside(struct tcp_worker *w)
{
	int wait_ms;

	recursion_client_flush(w->recursion);
	if (recursion_client_fd(w->recursion) < 0) {
		watch_stop(w->link);
		w->link = NULL;
	}
	wait_ms = recursion_client_wait_ms(w->recursion);
	if (wait_ms < 0)
		timer_stop(&w->late);
	else
		timer_start(w->loop, &w->late, (uint64_t)wait_ms, on_late, w);
}

static void on_idle(void *arg)
{
	struct tcp_worker *w = arg;

	if (w->recursion)
		watch_outside(w);
	if (w->asks_no_more)
		end_if_idle(w);
}

static void on_link(void *arg, int ready)
{
	struct tcp_worker *w = arg;

	(void)ready;
	turn(w);
	recursion_client_receive(w->recursion);
	watch_outside(w);
}

static const struct listener_calls calls = {
	.opened = client_opened,
	.received = client_received,
	.drained = client_drained,
	.closed = client_closed,
};

static void before_wait(void *arg)
{
	(void)arg;
	rcu_sleep();
}

static void after_wait(void *arg)
{
	(void)arg;
	rcu_wake();
}

static void *run(void *arg)
{
	struct tcp_worker *w = arg;

	rcu_join();
	loop_run(w->loop);
	rcu_leave();
	return NULL;
}

struct tcp_worker *tcp_worker_start(const struct publisher *publisher,
				    const struct cookie_jar *jar, bool recurses,
				    const struct listener_limits *limits)
{
	struct tcp_worker *w = alloc(sizeof(*w));
	int err;

	w->publisher = publisher;
	w->jar = jar;
	w->worker.keys = cookie_jar_now(jar);
	w->query.worker = &w->worker;
	w->query.client.via = TRANSPORT_TCP;
	w->limits = *limits;
	w->out = alloc(OUT_LEN);
	LIST_INIT(&w->clients);
	if (recurses)
		w->made = w->recursion = w->worker.recursion =
			recursion_client_new(CACHE_LEN, resume, w);
	w->loop = loop_new();
	loop_around_wait(w->loop, before_wait, after_wait, w);
	loop_on_idle(w->loop, on_idle, w);
	w->listener = listener_new(w->loop, limits, &calls, w);
	err = pthread_create(&w->thread, NULL, run, w);
	assert(err == 0);
	return w;
}

/* A link on its way to the thread. */
struct link_handover {
	struct tcp_worker *worker;
	int fd;
};

static void take_link(void *arg)
{
	struct link_handover *h = arg;
	struct tcp_worker *w = h->worker;

	w->worker.recursion = w->recursion = w->made;
	watch_stop(w->link);
	recursion_client_link(w->recursion, h->fd);
	w->link = watch_start(w->loop, h->fd, LOOP_READ, on_link, w);
	free(h);
}

void tcp_worker_link(struct tcp_worker *w, int fd)
{
	struct link_handover *h = alloc(sizeof(*h));

	h->worker = w;
	h->fd = fd;
	if (w->made == NULL)
		w->made = recursion_client_new(CACHE_LEN, resume, w);
	loop_post(w->loop, take_link, h);
}

/* A list of sockets on its way to the thread. */
struct tcp_handover {
	struct tcp_worker *worker;
	size_t count;
	int fds[];
};

static bool names(const int *fds, size_t count, int fd)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] == fd)
			return true;
	return false;
}

static void take_sockets(void *arg)
{
	struct tcp_handover *h = arg;
	struct tcp_worker *w = h->worker;

	for (size_t i = 0; i < w->fd_count; i++) {
		if (names(h->fds, h->count, w->fds[i]))
			continue;
		listener_remove(w->listener, w->fds[i]);
		close(w->fds[i]);
	}
	for (size_t i = 0; i < h->count; i++)
		if (!names(w->fds, w->fd_count, h->fds[i]))
			listener_add(w->listener, h->fds[i], NULL);
	free(w->fds);
	w->fds = alloc_copy(h->fds, h->count * sizeof(*h->fds));
	w->fd_count = h->count;
	free(h);
}

void tcp_worker_use(struct tcp_worker *w, const int *fds, size_t count)
{
	struct tcp_handover *h = alloc(sizeof(*h) + count * sizeof(*fds));

	h->worker = w;
	h->count = count;
	if (count)
		memcpy(h->fds, fds, count * sizeof(*fds));
	loop_post(w->loop, take_sockets, h);
}

/* Limits on their way to the thread. */
struct change {
	struct tcp_worker *worker;
	struct listener_limits limits;
};

static void take_limits(void *arg)
{
	struct change *c = arg;

	c->worker->limits = c->limits;
	listener_limit(c->worker->listener, &c->limits);
	free(c);
}

void tcp_worker_limit(struct tcp_worker *w, const struct listener_limits *limits)
{
	struct change *c = alloc(sizeof(*c));

	*c = (struct change){ w, *limits };
	loop_post(w->loop, take_limits, c);
}

static void show_heartbeat(void *arg)
{
	struct tcp_worker *w = arg;

	heartbeat_see(&w->heartbeat);
}

bool tcp_worker_turns(struct tcp_worker *w)
{
	if (!heartbeat_ask(&w->heartbeat))
		return false;
	loop_post(w->loop, show_heartbeat, w);
	return true;
}

static void end_asking(void *arg)
{
	struct tcp_worker *w = arg;

	w->asks_no_more = true;
	end_if_idle(w);
}

static void end_thread(void *arg)
{
	struct tcp_worker *w = arg;

	turn(w);
	if (w->recursion)
		recursion_client_give_up(w->recursion);
	loop_stop(w->loop);
}

static void begin_end(void *arg)
{
	struct tcp_worker *w = arg;

	for (size_t i = 0; i < w->fd_count; i++)
		listener_remove(w->listener, w->fds[i]);
	timer_start(w->loop, &w->asking, ASKING_MS, end_asking, w);
	timer_start(w->loop, &w->grace, w->grace_ms, end_thread, w);
	w->ending = true;
	end_if_idle(w);
}

void tcp_worker_drain(struct tcp_worker *w, uint32_t grace_ms)
{
	w->grace_ms = grace_ms;
	loop_post(w->loop, begin_end, w);
}

void tcp_worker_stop(struct tcp_worker *w)
{
	(void)pthread_join(w->thread, NULL);
}

void tcp_worker_free(struct tcp_worker *w)
{
	struct tcp_client *t;

	if (w == NULL)
		return;
	listener_free(w->listener);
	while ((t = LIST_FIRST(&w->clients))) {
		LIST_REMOVE(t, entry);
		free(t);
	}
	watch_stop(w->link);
	timer_stop(&w->late);
	timer_stop(&w->asking);
	timer_stop(&w->grace);
	recursion_client_free(w->made);
	loop_free(w->loop);
	for (size_t i = 0; i < w->fd_count; i++)
		close(w->fds[i]);
	free(w->fds);
	free(w->out);
	free(w);
}

const struct counts *tcp_worker_counts(const struct tcp_worker *w)
{
	return &w->worker.counts;
}

uint32_t tcp_worker_open_count(const struct tcp_worker *w)
{
	return __atomic_load_n(&w->open_count, __ATOMIC_RELAXED);
}

const struct recursion_client *tcp_worker_outside(const struct tcp_worker *w)
{
	return w->made;
}
