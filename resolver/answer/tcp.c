#include "resolver/answer/tcp.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/process/heartbeat.h"
#include "base/process/thread.h"
#include "base/rcu.h"
#include "dns/frame.h"
#include "net/loop.h"
#include "net/stream.h"
#include "resolver/answer/cookie_jar.h"
#include "resolver/answer/outbox.h"
#include "resolver/answer/query.h"
#include "resolver/answer/rerun.h"
#include "resolver/live/publish.h"

enum {
	UNSENT_MAX = 64 << 20, /* octets of all connections of the process */
	CACHE_LEN = 16 << 20,
	ASKING_MS = 2000
};

/* One connection of ours. */
struct tcp_client {
	LIST_ENTRY(tcp_client) entry;
	struct tcp_worker *worker;
	struct connection *connection;
	struct parked_of_stream parked;
	struct way_back back; /* to it */
	struct outbox outbox;
};

/* A query of a connection whose answer is to be made. */
struct tcp_asked {
	struct message_source source;
	struct tcp_client *client;
	const uint8_t *packet; /* behind it, or where it arrived */
	size_t len;
};

/* A parked query whose answer has arrived. */
struct answered {
	struct message_source source;
	size_t len;
	uint8_t message[];
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
	bool asks_no_more; /* connected clients have had their time for more queries */
	struct heartbeat heartbeat;
	uint32_t open_count;           /* written by the thread, read by any */
	struct recursion_client *made; /* the main thread's, until it is the worker's */
	struct recursion_client *recursion; /* NULL: none yet */
	struct watch *link;
	struct timer late;
	struct query query;
	struct outboxes *outboxes;
	uint8_t late_out[QUERY_MAX_LEN]; /* an answer that was waited for */
};

static void note_open(struct tcp_worker *w, uint32_t open_count)
{
	__atomic_store_n(&w->open_count, open_count, __ATOMIC_RELAXED);
}

/* No query waits for an answer any more: the grace period is over. */
static void end_if_idle(const struct tcp_worker *w)
{
	bool waits = (w->recursion && recursion_client_waiter_count(w->recursion)) ||
		     outboxes_source_count(w->outboxes);

	if (w->ending && (LIST_EMPTY(&w->clients) || (w->asks_no_more && !waits)))
		loop_stop(w->loop);
}

static void *client_opened(void *arg, struct connection *c)
{
	struct tcp_client *t = alloc(sizeof(*t));

	t->worker = arg;
	t->connection = c;
	parked_of_stream_init(&t->parked, t);
	t->back.stream = &t->parked;
	LIST_INSERT_HEAD(&t->worker->clients, t, entry);
	outbox_init(&t->outbox, t->worker->outboxes, connection_stream(c), t);
	note_open(t->worker, t->worker->open_count + 1);
	return t;
}

static void client_closed(void *own, int reason)
{
	struct tcp_client *t = own;

	(void)reason;
	outbox_fini(&t->outbox);
	parked_of_stream_fini(&t->parked);
	note_open(t->worker, t->worker->open_count - 1);
	LIST_REMOVE(t, entry);
	end_if_idle(t->worker);
	free(t);
}

/* Begins a turn; its queries to deputy-recursor are sent when the loop is idle. */
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

/* The client whose queries are answered. */
static void set_client(struct tcp_client *t)
{
	t->worker->query.client.addr = *stream_remote(connection_stream(t->connection));
}

/* Answers it, or parks it (RFC 7766 6.2.1.1): one message or none. */
static size_t asked_next(struct message_source *source, uint8_t *out, size_t room,
			 bool *last)
{
	const struct tcp_asked *a = (const struct tcp_asked *)(const void *)source;
	struct tcp_client *t = a->client;
	struct query *q = &t->worker->query;

	q->packet = a->packet;
	q->len = a->len;
	q->rounds = 0;
	*last = true;
	return parked_answer(q, &t->back, out, room);
}

/* Others may have asked since. */
static size_t copied_next(struct message_source *source, uint8_t *out, size_t room,
			  bool *last)
{
	set_client(((const struct tcp_asked *)(const void *)source)->client);
	return asked_next(source, out, room, last);
}

static void source_free(struct message_source *source)
{
	free(source);
}

static void source_keep(struct message_source *source)
{
	(void)source; /* it ends with the call that asks */
}

static void ask(struct tcp_client *t, const uint8_t *packet, size_t len)
{
	static const struct message_source_kind kept = { asked_next, source_keep };
	static const struct message_source_kind copied = { copied_next, source_free };
	struct tcp_asked now = { { .kind = &kept }, t, packet, len };
	struct tcp_asked *a;

	if (outbox_make(&t->outbox, &now.source))
		return;
	a = alloc(sizeof(*a) + len);
	a->source.kind = &copied;
	a->source.held_len = sizeof(*a) + len;
	a->client = t;
	a->packet = memcpy(a + 1, packet, len);
	a->len = len;
	outbox_add(&t->outbox, &a->source);
}

/*
 * Makes as many messages as the client takes. While too much waits for it, no more
 * queries are read; the connection is closed if it takes nothing for the idle time.
 */
static void go_on(struct tcp_client *t)
{
	struct stream *s = connection_stream(t->connection);
	bool waits;

	outbox_pump(&t->outbox);
	waits = !outbox_is_empty(&t->outbox);
	connection_busy(t->connection, waits || t->parked.count > 0);
	stream_idle(s, waits ? t->worker->limits.idle_ms : 0);
	stream_pause(s, outbox_is_full(&t->outbox));
}

static void client_more(void *own)
{
	struct tcp_client *t = own;

	turn(t->worker);
	go_on(t);
}

static void client_crowded(void *own)
{
	struct tcp_client *t = own;
	struct connection *c = t->connection;

	count_add(&t->worker->worker.counts, COUNT_UNTAKEN, 1);
	client_closed(t, ERR_LIMIT);
	connection_close(c);
}

static size_t answered_next(struct message_source *source, uint8_t *out, size_t room,
			    bool *last)
{
	const struct answered *a = (const struct answered *)(const void *)source;

	assert(a->len <= room);
	memcpy(out, a->message, a->len);
	*last = true;
	return a->len;
}

/* An answer that has just arrived may have been evicted when the query gets its turn,
 * so it is written now. */
static void resume(void *arg, struct parked *p)
{
	static const struct message_source_kind kind = { answered_next, source_free };
	struct tcp_worker *w = arg;
	struct tcp_client *t = p->back.stream->connection;
	size_t len;

	parked_read(p, &w->query);
	set_client(t);
	len = parked_answer(&w->query, &t->back, w->late_out, sizeof(w->late_out));
	free(p);
	if (len) {
		struct answered *a = alloc(sizeof(*a) + len);

		a->source.kind = &kind;
		a->source.held_len = sizeof(*a) + len;
		a->len = len;
		memcpy(a->message, w->late_out, len);
		outbox_add(&t->outbox, &a->source);
	}
	go_on(t);
}

static size_t client_received(void *own, const uint8_t *octets, size_t len)
{
	struct tcp_client *t = own;
	struct frame frame;
	size_t frame_len;
	size_t at = 0;

	turn(t->worker);
	set_client(t);
	while ((frame_len = frame_read(octets + at, len - at, &frame))) {
		if (outbox_is_full(&t->outbox)) {
			outbox_pump(&t->outbox); /* of this client alone */
			if (outbox_is_full(&t->outbox))
				break;
		}
		ask(t, frame.message, frame.len);
		at += frame_len;
	}
	outbox_untaken(&t->outbox, len - at);
	go_on(t);
	return at;
}

static void watch_recursion(struct tcp_worker *w);

static void on_late(void *arg)
{
	struct tcp_worker *w = arg;

	turn(w);
	recursion_client_expire(w->recursion);
	watch_recursion(w);
}

/* Before each wait: sends queries to deputy-recursor, and sets the timer for their
 * timeout. */
static void watch_recursion(struct tcp_worker *w)
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
		watch_recursion(w);
	if (w->asks_no_more)
		end_if_idle(w);
}

static void on_link(void *arg, int ready)
{
	struct tcp_worker *w = arg;

	(void)ready;
	turn(w);
	recursion_client_receive(w->recursion);
	watch_recursion(w);
}

static const struct listener_calls calls = {
	.opened = client_opened,
	.received = client_received,
	.drained = client_more,
	.closed = client_closed,
};

static const struct outbox_calls outbox_calls = { client_more, client_crowded };

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

	w->publisher = publisher;
	w->jar = jar;
	w->worker.keys = cookie_jar_now(jar);
	w->query.worker = &w->worker;
	w->query.client.via = TRANSPORT_TCP;
	w->limits = *limits;
	LIST_INIT(&w->clients);
	if (recurses)
		w->made = w->recursion = w->worker.recursion =
			recursion_client_new(CACHE_LEN, resume, w);
	w->loop = loop_new();
	loop_around_wait(w->loop, before_wait, after_wait, w);
	loop_on_idle(w->loop, on_idle, w);
	w->outboxes = outboxes_new(w->loop, &outbox_calls, UNSENT_MAX);
	w->listener = listener_new(w->loop, limits, &calls, w);
	thread_start(&w->thread, run, w);
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
		outbox_fini(&t->outbox);
		parked_of_stream_fini(&t->parked);
		free(t);
	}
	watch_stop(w->link);
	timer_stop(&w->late);
	timer_stop(&w->asking);
	timer_stop(&w->grace);
	outboxes_free(w->outboxes);
	recursion_client_free(w->made);
	loop_free(w->loop);
	for (size_t i = 0; i < w->fd_count; i++)
		close(w->fds[i]);
	free(w->fds);
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
