#include "net/lookup.h"

#include <ares.h>
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/time.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "net/loop.h"
#include "net/ring.h"

enum { CLASS_IN = 1 };

struct lookup_query {
	struct ring link;
	lookup_fn *fn; /* NULL: cancelled */
	void *arg;
	bool asking; /* inside lookup_ask() */
	bool done;
};

/* A socket of c-ares, which opens and closes it. */
struct lookup_socket {
	struct ring link;
	struct lookup *lookup;
	ares_socket_t fd;
	struct watch *watch;
};

struct lookup {
	struct loop *loop;
	ares_channel channel;
	struct timer timer; /* when c-ares must check its timeouts */
	struct ring sockets;
	struct ring queries;
	bool closing;
};

static void on_time(void *arg);

/* c-ares rounds the remaining time down to whole milliseconds: 0 is not yet due. */
static void set_timer(struct lookup *k)
{
	struct timeval wait;
	uint64_t ms;

	if (k->closing)
		return;
	if (!ares_timeout(k->channel, NULL, &wait)) {
		timer_stop(&k->timer);
		return;
	}
	ms = (uint64_t)wait.tv_sec * 1000 + (uint64_t)wait.tv_usec / 1000 + 1;
	timer_start(k->loop, &k->timer, ms, on_time, k);
}

static void on_time(void *arg)
{
	struct lookup *k = arg;

	ares_process_fd(k->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timer(k);
}

static void on_ready(void *arg, int ready)
{
	struct lookup_socket *d = arg;
	struct lookup *k = d->lookup;
	ares_socket_t fd = d->fd; /* c-ares may close it, and so free the socket_ */

	ares_process_fd(k->channel, ready & LOOP_READ ? fd : ARES_SOCKET_BAD,
			ready & LOOP_WRITE ? fd : ARES_SOCKET_BAD);
	set_timer(k);
}

static struct lookup_socket *find_socket(const struct lookup *k, ares_socket_t fd)
{
	for (struct ring *r = ring_first(&k->sockets); r;
	     r = ring_next(&k->sockets, r)) {
		struct lookup_socket *d = RING_OWNER(r, struct lookup_socket, link);

		if (d->fd == fd)
			return d;
	}
	return NULL;
}

static void close_socket(struct lookup_socket *d)
{
	ring_remove(&d->link);
	watch_stop(d->watch);
	free(d);
}

/* c-ares calls this to say which of its sockets it waits for. */
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct lookup *k = arg;
	struct lookup_socket *d = find_socket(k, fd);
	int wanted = (readable ? LOOP_READ : 0) | (writable ? LOOP_WRITE : 0);

	if (d && wanted) {
		watch_want(d->watch, wanted);
	} else if (d) {
		close_socket(d);
	} else if (wanted) {
		d = alloc(sizeof(*d));
		d->lookup = k;
		d->fd = fd;
		d->watch = watch_start(k->loop, fd, wanted, on_ready, d);
		ring_append(&k->sockets, &d->link);
	}
}

/* "192.0.2.53:53,[2001:db8::53]:53" */
static char *servers_text(const struct addr *servers, size_t count)
{
	struct buffer b = { 0 };
	char text[ADDR_TEXT_LEN];

	for (size_t i = 0; i < count; i++)
		buffer_printf(&b,
			      servers[i].family == AF_INET6 ? "%s[%s]:%u" : "%s%s:%u",
			      i ? "," : "", addr_format(&servers[i], text),
			      servers[i].port ? servers[i].port : 53);
	return buffer_take_text(&b);
}

static bool set_servers(struct lookup *k, const struct addr *servers, size_t count)
{
	char *text = servers_text(servers, count);
	int status = ares_set_servers_ports_csv(k->channel, text);

	free(text);
	return status == ARES_SUCCESS;
}

static int open_with(struct ares_options options, struct loop *l,
		     const struct addr *servers, size_t server_count,
		     struct lookup **out)
{
	struct lookup *k = alloc(sizeof(*k));
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
		   ARES_OPT_SOCK_STATE_CB;

	options.flags |= ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_STAYOPEN;
	options.sock_state_cb = on_socket;
	options.sock_state_cb_data = k;
	k->loop = l;
	ring_init(&k->sockets);
	ring_init(&k->queries);
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		goto failed;
	if (ares_init_options(&k->channel, &options, mask) != ARES_SUCCESS) {
		ares_library_cleanup();
		goto failed;
	}
	if (server_count && !set_servers(k, servers, server_count)) {
		ares_destroy(k->channel);
		ares_library_cleanup();
		goto failed;
	}
	*out = k;
	return OK;
failed:
	free(k);
	return ERR_SYSTEM;
}

int lookup_open(struct loop *l, const struct addr *servers, size_t server_count,
		uint32_t timeout_ms, uint32_t rounds, struct lookup **out)
{
	const struct ares_options options = {
		.timeout = (int)timeout_ms,
		.tries = (int)rounds,
	};

	return open_with(options, l, servers, server_count, out);
}

int lookup_open_one(struct loop *l, const struct addr *server, uint32_t timeout_ms,
		    uint32_t rounds, struct lookup **out)
{
	const struct ares_options options = {
		.flags = ARES_FLAG_NOCHECKRESP, /* there is no other to ask */
		.timeout = (int)timeout_ms,
		.tries = (int)rounds,
	};

	return open_with(options, l, server, 1, out);
}

void lookup_close(struct lookup *k)
{
	if (!k)
		return;
	k->closing = true;
	for (struct ring *r = ring_first(&k->queries); r; r = ring_next(&k->queries, r))
		RING_OWNER(r, struct lookup_query, link)->fn = NULL;
	ares_destroy(
		k->channel); /* calls back for each query, and closes the sockets */
	ares_library_cleanup();
	timer_stop(&k->timer);
	free(k);
}

static int reason_of(int status)
{
	switch (status) {
	case ARES_SUCCESS:
		return OK;
	case ARES_ETIMEOUT:
		return ERR_TIMEOUT;
	case ARES_ECONNREFUSED:
		return ERR_REFUSED;
	case ARES_EBADNAME:
	case ARES_EBADQUERY:
	case ARES_EFORMERR:
		return ERR_MALFORMED;
	default:
		return ERR_SYSTEM;
	}
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *octets,
		      int len)
{
	struct lookup_query *q = arg;

	(void)timeouts;
	/* For c-ares an RCODE is an error; if there is an answer, that is what counts.
	 */
	if (octets && len > 0)
		status = ARES_SUCCESS;
	ring_remove(&q->link);
	if (q->fn)
		q->fn(q->arg, reason_of(status), octets, (size_t)(len > 0 ? len : 0));
	if (q->asking)
		q->done = true;
	else
		free(q);
}

struct lookup_query *lookup_ask(struct lookup *k, const char *name, uint16_t type,
				lookup_fn *fn, void *arg)
{
	struct lookup_query *q = alloc(sizeof(*q));

	q->fn = fn;
	q->arg = arg;
	q->asking = true;
	ring_append(&k->queries, &q->link);
	ares_query(k->channel, name, CLASS_IN, type, on_answer, q);
	q->asking = false;
	if (q->done) {
		free(q);
		q = NULL;
	}
	set_timer(k);
	return q;
}

void lookup_cancel(struct lookup_query *q)
{
	if (q)
		q->fn = NULL;
}
