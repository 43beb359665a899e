#include "health/ping.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/loop.h"
#include "net/udp.h"

enum { CLOSED_PORT = 33434, HEAD_LEN = 8 };

/* What we send and want to see again: a stranger does not know the number. */
struct mark {
	uint64_t sent_at, number;
};

struct asking {
	struct ping *ping;
	int fd; /* -1: no ping socket */
	struct watch *watch;
	struct udp *udp;
	uint16_t seq;
	uint64_t number;
	bool pings; /* the ping socket is enough */
};

/* Returns whether the octets are what we sent. */
static bool answered(struct asking *a, const uint8_t *octets, size_t len)
{
	struct mark m;

	if (len != sizeof(m))
		return false;
	memcpy(&m, octets, sizeof(m));
	if (m.number != a->number || m.sent_at > a->ping->sent_at)
		return false;
	a->ping->answers = true;
	if (m.sent_at > a->ping->answered_sent_at)
		a->ping->answered_sent_at = m.sent_at;
	return true;
}

static uint8_t reply_type(const struct ping *e)
{
	return e->to.family == AF_INET6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY;
}

static void on_ready(void *arg, int ready)
{
	struct asking *a = arg;
	uint8_t in[64];
	ssize_t got;

	(void)ready;
	while ((got = recv(a->fd, in, sizeof(in), MSG_DONTWAIT)) > 0) {
		struct mark m;

		if (got != HEAD_LEN + (ssize_t)sizeof(m) ||
		    in[0] != reply_type(a->ping) ||
		    !answered(a, in + HEAD_LEN, sizeof(m)))
			continue;
		memcpy(&m, in + HEAD_LEN, sizeof(m));
		a->pings = true;
		ping_echoed(a->ping, m.sent_at);
	}
}

static void on_datagram(void *arg, const struct addr *from, const uint8_t *octets,
			size_t len)
{
	struct asking *a = arg;

	(void)from;
	(void)answered(a, octets, len);
}

static void on_failed(void *arg, const struct udp_error *e)
{
	struct asking *a = arg;

	/* A firewall on the way refuses for hosts that are gone. */
	if (e->err == ERR_REFUSED && addr_equal(&e->by, &a->ping->to))
		(void)answered(a, e->quoted, e->quoted_len);
}

static const struct udp_calls udp_calls = { on_datagram, on_failed };

static int ping_socket(const struct addr *to)
{
	int fd = socket(to->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			to->family == AF_INET6 ? (int)IPPROTO_ICMPV6
					       : (int)IPPROTO_ICMP);
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(to, &sa);

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&sa, len)) {
		close(fd);
		return -1;
	}
	return fd;
}

static struct asking *begin(struct loop *l, struct ping *e)
{
	struct asking *a = alloc(sizeof(*a));
	struct addr any = { .family = e->to.family };
	struct addr to = e->to;

	if (getrandom(&a->number, sizeof(a->number), 0) != sizeof(a->number))
		abort(); /* a kernel that gives less than 256 octets is none */
	to.port = 0;
	a->ping = e;
	a->fd = ping_socket(&to);
	if (a->fd >= 0)
		a->watch = watch_start(l, a->fd, LOOP_READ, on_ready, a);
	to.port = CLOSED_PORT;
	if (e->echoes || udp_open(l, &any, &to, &udp_calls, a, &a->udp))
		a->udp = NULL;
	return a;
}

static void ping(struct asking *a, const struct mark *m)
{
	uint8_t out[HEAD_LEN + sizeof(*m)] = { 0 };

	/* Type 8 or 128; the kernel writes checksum and identifier. */
	out[0] = a->ping->to.family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	out[6] = (uint8_t)(++a->seq >> 8);
	out[7] = (uint8_t)a->seq;
	memcpy(out + HEAD_LEN, m, sizeof(*m));
	if (send(a->fd, out, sizeof(out), MSG_DONTWAIT) < 0) {
		/* As good as no answer. A pending error was taken by this call: once
		 * more. */
		(void)!send(a->fd, out, sizeof(out), MSG_DONTWAIT);
	}
}

void ping_send(struct loop *l, struct ping *e)
{
	struct asking *a = e->own ? e->own : begin(l, e);
	struct mark m = { e->sent_at, a->number };

	e->own = a;
	if (a->fd >= 0)
		ping(a, &m);
	if (a->udp && !a->pings)
		/* A failure is as good as no answer. */
		(void)udp_send(a->udp, NULL, &m, sizeof(m));
}

void ping_forget(struct ping *e)
{
	struct asking *a = e->own;

	if (!a)
		return;
	watch_stop(a->watch);
	if (a->fd >= 0)
		close(a->fd);
	udp_close(a->udp);
	free(a);
	e->own = NULL;
}
