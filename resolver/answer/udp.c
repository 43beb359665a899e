#include "resolver/answer/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "base/process/heartbeat.h"
#include "base/process/thread.h"
#include "base/rcu.h"
#include "net/batch.h"
#include "resolver/answer/cookie_jar.h"
#include "resolver/answer/query.h"
#include "resolver/answer/rerun.h"
#include "resolver/live/publish.h"

enum {
	/* Their sum is not a multiple of a page: otherwise all buffers would share few
	 * cache sets. */
	IN_MAX = 1536,
	OUT_MAX = QUERY_UDP_MAX_LEN + 64,
	CACHE_LEN = 16 << 20,
	TURNS_BETWEEN_POLLS = 16,
	SOCKETS_AT = 2 /* index of the first socket in `polls` */
};

/* A socket being read. `hot`: it had datagrams when it was last polled or read. */
struct worker_socket {
	struct udp_socket socket;
	bool hot;
};

struct worker_sockets {
	size_t count;
	struct worker_socket at[];
};

struct udp_worker {
	struct worker worker;
	const struct publisher *publisher;
	const struct cookie_jar *jar;
	pthread_t thread;
	int wake_fd;
	struct pollfd *polls; /* wake_fd, the link, then the sockets */
	bool stopping;        /* accessed atomically */
	uint32_t grace_ms;    /* written before it */
	struct heartbeat heartbeat;
	struct worker_sockets *fresh;   /* handed over by the main thread, atomically */
	struct worker_sockets *sockets; /* the thread's */
	struct batch *plain, *pktinfo;
	struct recursion_client *made; /* the main thread's, until it is the worker's */
	int fresh_link; /* handed over by the main thread, atomically; -1: none */
	struct query queries[BATCH_MAX];
	struct query late; /* one that has waited */
	uint8_t late_out[OUT_MAX];
};

static struct event socket_lost = {
	"udp-socket",
	LOG_LEVEL_ERROR,
	10,
	"cannot prepare a UDP socket; queries on it are not answered",
	0,
	0,
	0,
};

/* Path MTU from ICMP, which may be forged, does not cause fragmentation (RFC 9715).
 */
static void ignore_path_mtu(int fd)
{
	int omit = IP_PMTUDISC_OMIT;
	int family = 0;
	socklen_t len = sizeof(family);

	(void)getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len);
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &omit,
				 sizeof(omit));
	else
		(void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof(omit));
}

static void prepare_socket(const struct udp_worker *w, struct worker_socket *s)
{
	const struct batch *b = s->socket.wildcard ? w->pktinfo : w->plain;

	s->hot = true;
	ignore_path_mtu(s->socket.fd);
	if (batch_prepare(b, s->socket.fd))
		log_event(&socket_lost, "fd=%d error=%s", s->socket.fd,
			  log_quote(strerror(errno)));
}

static bool has_socket(const struct worker_sockets *s, int fd)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->at[i].socket.fd == fd)
			return true;
	return false;
}

/* Takes the sockets that the main thread handed over, if it did. */
static void take_sockets(struct udp_worker *w)
{
	struct worker_sockets *fresh = __atomic_exchange_n(&w->fresh, NULL,
							   __ATOMIC_ACQUIRE);

	if (fresh == NULL)
		return;
	for (size_t i = 0; w->sockets && i < w->sockets->count; i++)
		if (!has_socket(fresh, w->sockets->at[i].socket.fd))
			close(w->sockets->at[i].socket.fd);
	free(w->sockets);
	w->sockets = fresh;
	free(w->polls);
	w->polls = alloc_array(SOCKETS_AT + fresh->count, sizeof(*w->polls));
	for (size_t i = 0; i < fresh->count; i++) {
		w->polls[SOCKETS_AT + i].fd = fresh->at[i].socket.fd;
		w->polls[SOCKETS_AT + i].events = POLLIN;
		prepare_socket(w, &fresh->at[i]);
	}
}

static void put_aside(struct udp_worker *w, const struct worker_socket *s, size_t i)
{
	struct batch *b = s->socket.wildcard ? w->pktinfo : w->plain;
	struct batch_item *item = &batch_items(b)[i];
	struct way_back back = { .fd = s->socket.fd };

	batch_way(b, i, &back.datagram);
	item->out_len = parked_later(&w->queries[i], &back, item->out, OUT_MAX);
}

/* Its answer can be made now, or part of it: a chain may leave our names twice. */
static void resume(void *arg, struct parked *p)
{
	struct udp_worker *w = arg;
	struct query *q = &w->late;
	const struct way_back *back = &p->back;
	size_t len;

	parked_read(p, q);
	addr_from_sockaddr((const struct sockaddr *)&back->datagram.peer,
			   &q->client.addr);
	len = parked_answer(q, back, w->late_out, OUT_MAX);
	if (len && has_socket(w->sockets, back->fd) &&
	    batch_send_later(&back->datagram, back->fd, w->late_out, len))
		count_add(&w->worker.counts, COUNT_UNSENT, 1);
	free(p);
}

/* Answers one batch. Returns whether there was any. */
static bool serve(struct udp_worker *w, struct worker_socket *s)
{
	struct batch *b = s->socket.wildcard ? w->pktinfo : w->plain;
	struct batch_item *items = batch_items(b);
	int count = batch_receive(b, s->socket.fd, MSG_DONTWAIT);
	size_t unsent;

	if (count <= 0)
		return false;
	for (int i = 0; i < count; i++) {
		struct query *q = &w->queries[i];

		q->packet = items[i].in;
		q->len = items[i].in_len;
		batch_source(b, (size_t)i, &q->client.addr);
		query_read(q);
	}
	for (int i = 0; i < count; i++)
		query_seek(&w->queries[i]);
	for (int i = 0; i < count; i++)
		items[i].out_len = query_write(&w->queries[i], items[i].out, OUT_MAX);
	for (int i = 0; i < count; i++)
		if (w->queries[i].later)
			put_aside(w, s, (size_t)i);
	unsent = batch_send(b, s->socket.fd);
	if (unsent)
		count_add(&w->worker.counts, COUNT_UNSENT, unsent);
	return true;
}

/* Takes the link that the main thread handed over, if it did. */
static void take_link(struct udp_worker *w)
{
	int fd = __atomic_exchange_n(&w->fresh_link, -1, __ATOMIC_ACQUIRE);

	if (fd < 0)
		return;
	w->worker.recursion = w->made;
	recursion_client_link(w->made, fd);
}

static uint64_t clock_ms(void)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &at);
	return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

static void turn_recursion(struct udp_worker *w)
{
	const struct world *world = w->worker.now->world;

	recursion_client_turn(w->worker.recursion, clock_ms(), world->zones,
			      world->rebind, world->foreign);
}

/* Serves each socket that had datagrams. Returns whether any may still have some. */
static bool serve_all(struct udp_worker *w)
{
	bool any = false;

	w->worker.now = publisher_now(w->publisher);
	w->worker.now_s = (uint32_t)time(NULL);
	w->worker.keys = cookie_jar_now(w->jar);
	if (w->worker.recursion)
		turn_recursion(w);
	for (size_t i = 0; w->sockets && i < w->sockets->count; i++) {
		struct worker_socket *s = &w->sockets->at[i];

		if (!s->hot)
			continue;
		s->hot = serve(w, s);
		any |= s->hot;
	}
	if (w->worker.recursion) {
		recursion_client_expire(w->worker.recursion);
		recursion_client_flush(w->worker.recursion);
	}
	return any;
}

static void hear_recursion(struct udp_worker *w)
{
	w->worker.now = publisher_now(w->publisher);
	turn_recursion(w);
	recursion_client_receive(w->worker.recursion);
	recursion_client_flush(w->worker.recursion);
}

/*
 * Finds the sockets with datagrams; waits if none had any. Uses poll(), not epoll: a
 * socket that is in an epoll set wakes it for every datagram in and out, even if no
 * thread waits (a twentieth of the cost of an answer).
 */
static void poll_sockets(struct udp_worker *w, bool busy)
{
	const struct recursion_client *o = w->worker.recursion;
	size_t count = w->sockets ? w->sockets->count : 0;
	struct pollfd *p = w->polls;
	int wait_ms = busy ? 0 : o ? recursion_client_wait_ms(o) : -1;
	uint64_t wakes;
	int got;

	p[0] = (struct pollfd){ .fd = w->wake_fd, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = o ? recursion_client_fd(o) : -1,
				.events = POLLIN };
	if (!busy)
		rcu_sleep();
	got = poll(p, SOCKETS_AT + count, wait_ms);
	if (!busy)
		rcu_wake();
	if (got <= 0)
		return;
	if (p[0].revents)
		(void)!read(w->wake_fd, &wakes, sizeof(wakes));
	if (p[1].revents)
		hear_recursion(w);
	for (size_t i = 0; i < count; i++)
		w->sockets->at[i].hot |= p[SOCKETS_AT + i].revents != 0;
}

/* No more queries are read; those that wait for recursion are still answered. */
static void answer_waiters(struct udp_worker *w)
{
	struct recursion_client *o = w->worker.recursion;
	uint64_t until = clock_ms() + w->grace_ms;
	uint64_t now;

	while (recursion_client_waiter_count(o) && (now = clock_ms()) < until) {
		struct pollfd p = { .fd = recursion_client_fd(o), .events = POLLIN };
		int wait_ms = recursion_client_wait_ms(o);
		int left_ms = (int)(until - now);

		rcu_sleep();
		(void)poll(&p, 1, wait_ms < left_ms ? wait_ms : left_ms);
		rcu_wake();
		hear_recursion(w);
		recursion_client_expire(o);
		recursion_client_flush(o);
		rcu_turn();
	}
	w->worker.now = publisher_now(w->publisher);
	turn_recursion(w);
	recursion_client_give_up(o);
}

static void *run(void *arg)
{
	struct udp_worker *w = arg;
	unsigned turns = 0;

	rcu_join();
	while (!__atomic_load_n(&w->stopping, __ATOMIC_ACQUIRE)) {
		bool busy = serve_all(w);

		rcu_turn();
		turns++;
		if (!busy || (turns % TURNS_BETWEEN_POLLS == 0 &&
			      (w->sockets->count > 1 || w->worker.recursion)))
			poll_sockets(w, busy);
		heartbeat_see(&w->heartbeat);
		take_link(w);
		take_sockets(w); /* after the events, whose sockets it frees */
	}
	if (w->worker.recursion)
		answer_waiters(w);
	rcu_leave();
	return NULL;
}

static void wake(const struct udp_worker *w)
{
	uint64_t one = 1;

	(void)!write(w->wake_fd, &one, sizeof(one));
}

struct udp_worker *udp_worker_start(const struct publisher *publisher,
				    const struct cookie_jar *jar, bool recurses)
{
	struct udp_worker *w = alloc(sizeof(*w));

	w->publisher = publisher;
	w->jar = jar;
	w->worker.keys = cookie_jar_now(jar);
	w->fresh_link = -1;
	w->late.worker = &w->worker;
	w->late.client.via = TRANSPORT_UDP;
	w->plain = batch_new(IN_MAX, OUT_MAX, false);
	w->pktinfo = batch_new(IN_MAX, OUT_MAX, true);
	for (size_t i = 0; i < BATCH_MAX; i++) {
		w->queries[i].worker = &w->worker;
		w->queries[i].client.via = TRANSPORT_UDP;
	}
	if (recurses)
		w->made = w->worker.recursion = recursion_client_new(CACHE_LEN, resume,
								     w);
	w->polls = alloc_array(SOCKETS_AT, sizeof(*w->polls));
	w->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	thread_start(&w->thread, run, w);
	return w;
}

void udp_worker_use(struct udp_worker *w, const struct udp_socket *sockets,
		    size_t count)
{
	struct worker_sockets *fresh = alloc(sizeof(*fresh) +
					     count * sizeof(struct worker_socket));
	struct worker_sockets *unused; /* never taken: a list names all sockets, so
				 nothing leaks but those it alone had */

	fresh->count = count;
	for (size_t i = 0; i < count; i++)
		fresh->at[i].socket = sockets[i];
	unused = __atomic_exchange_n(&w->fresh, fresh, __ATOMIC_ACQ_REL);
	free(unused);
	wake(w);
}

void udp_worker_link(struct udp_worker *w, int fd)
{
	int unused;

	if (w->made == NULL)
		w->made = recursion_client_new(CACHE_LEN, resume, w);
	unused = __atomic_exchange_n(&w->fresh_link, fd, __ATOMIC_ACQ_REL);
	if (unused >= 0)
		close(unused);
	wake(w);
}

bool udp_worker_turns(struct udp_worker *w)
{
	if (!heartbeat_ask(&w->heartbeat))
		return false;
	wake(w);
	return true;
}

void udp_worker_drain(struct udp_worker *w, uint32_t grace_ms)
{
	w->grace_ms = grace_ms;
	__atomic_store_n(&w->stopping, true, __ATOMIC_RELEASE);
	wake(w);
}

void udp_worker_stop(struct udp_worker *w)
{
	(void)pthread_join(w->thread, NULL);
}

void udp_worker_free(struct udp_worker *w)
{
	if (w == NULL)
		return;
	take_sockets(w);
	for (size_t i = 0; w->sockets && i < w->sockets->count; i++)
		close(w->sockets->at[i].socket.fd);
	free(w->sockets);
	if (w->fresh_link >= 0)
		close(w->fresh_link);
	recursion_client_free(w->made);
	batch_free(w->plain);
	batch_free(w->pktinfo);
	close(w->wake_fd);
	free(w->polls);
	free(w);
}

const struct counts *udp_worker_counts(const struct udp_worker *w)
{
	return &w->worker.counts;
}

const struct recursion_client *udp_worker_outside(const struct udp_worker *w)
{
	return w->made;
}
