#include "net/udp.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "net/batch.h"
#include "net/loop.h"
#include "net/scratch.h"
#include "net/socket.h"

enum { OUT_MAX = 32, TURN_MAX = 64, QUOTE_MAX = 1500, PENDING_MAX = 3 };

/* A datagram that waits until the batch has been handled; its octets are in
 * `out_octets`. */
struct udp_waiting {
	struct sockaddr_storage to;
	socklen_t to_len;
	size_t at;
	size_t len;
};

struct udp {
	struct loop *loop;
	struct watch *watch; /* NULL while there is no socket */
	int fd;
	struct addr local, peer; /* family 0: any, open to all */
	const struct udp_calls *calls;
	void *arg;
	struct batch *batch; /* of a socket open to all */
	struct udp_waiting *waiting;
	size_t waiting_count;
	struct buffer out_octets;
	bool in_call;
	bool closed; /* inside a call: freed after it */
};

static void on_ready(void *arg, int ready);

static void drop_socket(struct udp *u)
{
	watch_stop(u->watch);
	u->watch = NULL;
	if (u->fd >= 0)
		close(u->fd);
	u->fd = -1;
}

static void want_errors(int fd, int family)
{
	if (family == AF_INET6)
		(void)socket_set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
	else
		(void)socket_set(fd, IPPROTO_IP, IP_RECVERR, 1);
}

/* A port of our own host that the kernel chose for us may be the peer's, who is not
 * there: what we send would come back. */
static bool met_itself(const struct udp *u, int fd)
{
	struct addr local;

	socket_local(fd, &local);
	errno = EADDRINUSE;
	return u->peer.family && addr_equal_port(&local, &u->peer);
}

/* Returns a socket from `local` to `peer`, or ERR_SYSTEM with its errno. */
static int new_socket(const struct udp *u)
{
	int family = u->peer.family ? u->peer.family : u->local.family;
	int fd = socket_open(family, SOCK_DGRAM);

	if (fd < 0)
		return ERR_SYSTEM;
	want_errors(fd, family);
	if ((u->local.family && socket_bind(fd, &u->local)) ||
	    (u->peer.family && socket_connect(fd, &u->peer)) || met_itself(u, fd)) {
		int number = errno;

		close(fd);
		errno = number;
		return ERR_SYSTEM;
	}
	return fd;
}

static int make_socket(struct udp *u)
{
	int fd = new_socket(u);

	if (fd < 0)
		return fd;
	u->fd = fd;
	u->watch = watch_start(u->loop, fd, LOOP_READ, on_ready, u);
	return OK;
}

static int reopen(struct udp *u)
{
	drop_socket(u);
	return make_socket(u);
}

static void release(struct udp *u)
{
	drop_socket(u);
	batch_free(u->batch);
	free(u->waiting);
	buffer_fini(&u->out_octets);
	free(u);
}

/*
 * Reads one entry of the error queue.
 *
 * quote  where what it quotes is written to; `out` borrows it
 *
 * Returns 0, or ERR_AGAIN when it is empty.
 */
static int take_error(const struct udp *u, struct iovec quote, struct udp_error *out,
		      bool *local)
{
	_Alignas(struct cmsghdr) uint8_t control[512];
	struct sockaddr_storage to = { 0 };
	struct msghdr h = { .msg_name = &to,
			    .msg_namelen = sizeof(to),
			    .msg_iov = &quote,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct udp_error e = { .err = ERR_SYSTEM, .quoted = quote.iov_base };
	ssize_t len = recvmsg(u->fd, &h, MSG_ERRQUEUE);

	if (len < 0)
		return ERR_AGAIN;
	e.quoted_len = (size_t)len;
	*local = false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
		struct {
			struct sock_extended_err err;
			struct sockaddr_in6 by; /* the larger of the two */
		} said = { 0 };
		size_t said_len = c->cmsg_len - CMSG_LEN(0);

		if (!(c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) &&
		    !(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
			continue;
		memcpy(&said, CMSG_DATA(c),
		       said_len < sizeof(said) ? said_len : sizeof(said));
		e.number = (int)said.err.ee_errno;
		e.from_icmp = said.err.ee_origin == SO_EE_ORIGIN_ICMP ||
			      said.err.ee_origin == SO_EE_ORIGIN_ICMP6;
		e.icmp_type = said.err.ee_type;
		e.icmp_code = said.err.ee_code;
		*local = said.err.ee_origin == SO_EE_ORIGIN_LOCAL;
		if (socket_reason(e.number) == ERR_REFUSED)
			e.err = ERR_REFUSED;
		addr_from_sockaddr((struct sockaddr *)&said.by, &e.by);
	}
	addr_from_sockaddr((struct sockaddr *)&to, &e.to);
	*out = e;
	return OK;
}

static void take_errors(struct udp *u)
{
	uint8_t quote[QUOTE_MAX] = { 0 };
	bool wedged = false;

	for (int i = 0; i < TURN_MAX && !u->closed && u->fd >= 0; i++) {
		struct udp_error e;
		bool local;

		if (take_error(u, (struct iovec){ quote, QUOTE_MAX }, &e, &local))
			break;
		wedged |= local && e.number != EMSGSIZE;
		if (u->calls->failed)
			u->calls->failed(u->arg, &e);
	}
	if (wedged && !u->closed && u->peer.family)
		(void)reopen(u);
}

/* Sends what waits. What cannot be sent is lost, as datagrams are. */
static void flush(struct udp *u)
{
	struct mmsghdr out[OUT_MAX] = { 0 };
	struct iovec iov[OUT_MAX];
	unsigned count = (unsigned)u->waiting_count;

	for (unsigned i = 0; i < count; i++) {
		struct udp_waiting *w = &u->waiting[i];

		iov[i] = (struct iovec){ u->out_octets.octets + w->at, w->len };
		out[i].msg_hdr.msg_name = &w->to;
		out[i].msg_hdr.msg_namelen = w->to_len;
		out[i].msg_hdr.msg_iov = &iov[i];
		out[i].msg_hdr.msg_iovlen = 1;
	}
	for (unsigned done = 0; done < count && u->fd >= 0;) {
		int sent = sendmmsg(u->fd, out + done, count - done, MSG_DONTWAIT);

		done += sent > 0 ? (unsigned)sent : 1;
	}
	u->waiting_count = 0;
	u->out_octets.len = 0;
}

static void receive_batch(struct udp *u)
{
	int count = batch_receive(u->batch, u->fd, MSG_DONTWAIT);
	const struct batch_item *items = batch_items(u->batch);

	for (int i = 0; i < count && !u->closed; i++) {
		struct addr from;

		batch_source(u->batch, (size_t)i, &from);
		if (!items[i].in_cut)
			u->calls->received(u->arg, &from, items[i].in, items[i].in_len);
	}
	if (u->waiting_count)
		flush(u);
}

static void receive_from_peer(struct udp *u)
{
	uint8_t *octets = loop_scratch(u->loop);

	for (int i = 0; i < TURN_MAX && !u->closed && u->fd >= 0; i++) {
		ssize_t len = recv(u->fd, octets, SCRATCH_LEN, MSG_DONTWAIT);

		if (len >= 0)
			u->calls->received(u->arg, &u->peer, octets, (size_t)len);
		else if (socket_reason(errno) == ERR_AGAIN)
			break;
	}
}

static void on_ready(void *arg, int ready)
{
	struct udp *u = arg;

	(void)ready;
	u->in_call = true;
	take_errors(u);
	if (!u->closed && u->fd >= 0) {
		if (u->batch)
			receive_batch(u);
		else
			receive_from_peer(u);
	}
	u->in_call = false;
	if (u->closed)
		release(u);
}

static struct udp *new_udp(struct loop *l, const struct udp_calls *calls, void *arg)
{
	struct udp *u = alloc(sizeof(*u));

	u->loop = l;
	u->fd = -1;
	u->calls = calls;
	u->arg = arg;
	return u;
}

static void open_to_all(struct udp *u)
{
	u->batch = batch_new(UINT16_MAX, 0, false);
	u->waiting = alloc_array(OUT_MAX, sizeof(*u->waiting));
}

int udp_open(struct loop *l, const struct addr *local, const struct addr *peer,
	     const struct udp_calls *calls, void *arg, struct udp **out)
{
	struct udp *u = new_udp(l, calls, arg);

	u->local = *local;
	if (peer)
		u->peer = *peer;
	if (make_socket(u)) {
		free(u);
		return ERR_SYSTEM;
	}
	if (!peer)
		open_to_all(u);
	*out = u;
	return OK;
}

struct udp *udp_adopt(struct loop *l, int fd, const struct udp_calls *calls, void *arg)
{
	struct udp *u = new_udp(l, calls, arg);

	u->fd = fd;
	socket_local(fd, &u->local);
	want_errors(fd, u->local.family);
	open_to_all(u);
	u->watch = watch_start(l, fd, LOOP_READ, on_ready, u);
	return u;
}

void udp_close(struct udp *u)
{
	if (!u)
		return;
	if (u->in_call)
		u->closed = true;
	else
		release(u);
}

void udp_pause(struct udp *u)
{
	if (u->watch)
		watch_want(u->watch, 0);
}

static int wait_for_others(struct udp *u, const struct addr *to, const void *octets,
			   size_t len)
{
	struct udp_waiting *w;

	if (u->waiting_count == OUT_MAX)
		flush(u);
	w = &u->waiting[u->waiting_count++];
	w->to_len = addr_to_sockaddr(to, &w->to);
	w->at = u->out_octets.len;
	w->len = len;
	buffer_put(&u->out_octets, octets, len);
	return OK;
}

/*
 * One send. An error that an earlier datagram met, of whatever kind, is handed to
 * whoever calls next, and nothing is sent then: it stands in the error queue too, so
 * only try again here. One of our own kernel comes again.
 */
static int send_once(struct udp *u, const struct addr *to, const void *octets,
		     size_t len)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = to ? addr_to_sockaddr(to, &sa) : 0;

	for (int i = 0; i < PENDING_MAX; i++) {
		if (sendto(u->fd, octets, len, MSG_DONTWAIT | MSG_NOSIGNAL,
			   to ? (struct sockaddr *)&sa : NULL, sa_len) >= 0)
			return OK;
		if (socket_reason(errno) == ERR_AGAIN)
			break;
	}
	return socket_reason(errno);
}

int udp_send(struct udp *u, const struct addr *to, const void *octets, size_t len)
{
	int err;

	if (u->closed)
		return ERR_CLOSED;
	if (u->in_call && u->batch && to)
		return wait_for_others(u, to, octets, len);
	if (u->fd < 0 && reopen(u))
		return ERR_SYSTEM;
	err = send_once(u, to, octets, len);
	if (err != ERR_SYSTEM || !u->peer.family || errno == EMSGSIZE)
		return err;
	if (reopen(u))
		return ERR_SYSTEM;
	return send_once(u, to, octets, len);
}

void udp_renew(struct udp *u, bool always)
{
	struct addr was = { 0 }, is = { 0 };
	int fd;

	if (u->closed || u->fd < 0 || !u->peer.family)
		return;
	fd = new_socket(u);
	if (fd < 0)
		return;
	socket_local(u->fd, &was);
	socket_local(fd, &is);
	if (!always && addr_equal(&was, &is)) {
		close(fd);
		return;
	}
	drop_socket(u);
	u->fd = fd;
	u->watch = watch_start(u->loop, fd, LOOP_READ, on_ready, u);
}

void udp_local(const struct udp *u, struct addr *out)
{
	*out = u->local;
	if (u->fd >= 0)
		socket_local(u->fd, out);
}
