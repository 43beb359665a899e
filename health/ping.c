#include "health/ping.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/loop.h"
#include "net/udp.h"

enum { CLOSED_PORT = 33434, MARK_LEN = 8, HEAD_LEN = 8 };

struct asking {
	struct ping *ping;
	int fd; /* -1: no ping socket */
	struct watch *watch;
	struct udp *udp;
	uint16_t seq;
	uint64_t udp_sent_at;
	bool pings; /* the ping socket is enough */
};

static void answered(struct asking *a, uint64_t sent_at)
{
	if (sent_at > a->ping->sent_at)
		return; /* not what we sent */
	a->ping->answers = true;
	if (sent_at > a->ping->answered_sent_at)
		a->ping->answered_sent_at = sent_at;
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
		uint64_t sent_at;

		if (got != HEAD_LEN + MARK_LEN || in[0] != reply_type(a->ping))
			continue;
		memcpy(&sent_at, in + HEAD_LEN, sizeof(sent_at));
		a->pings = true;
		answered(a, sent_at);
		ping_echoed(a->ping, sent_at);
	}
}

static void on_datagram(void *arg, const struct addr *from, const uint8_t *octets,
			size_t len)
{
	struct asking *a = arg;

	(void)from;
	(void)octets;
	(void)len;
	answered(a, a->udp_sent_at);
}

static void on_failed(void *arg, const struct udp_error *e)
{
	struct asking *a = arg;

	if (e->err == ERR_REFUSED)
		answered(a, a->udp_sent_at);
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

static void ping(struct asking *a)
{
	uint8_t out[HEAD_LEN + MARK_LEN] = { 0 };

	/* Type 8 or 128; the kernel writes checksum and identifier. */
	out[0] = a->ping->to.family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	out[6] = (uint8_t)(++a->seq >> 8);
	out[7] = (uint8_t)a->seq;
	memcpy(out + HEAD_LEN, &a->ping->sent_at, MARK_LEN);
	if (send(a->fd, out, sizeof(out), MSG_DONTWAIT) < 0) {
		/* As good as no answer. A pending error was taken by this call: once
		 * more. */
		(void)!send(a->fd, out, sizeof(out), MSG_DONTWAIT);
	}
}

void ping_send(struct loop *l, struct ping *e)
{
	struct asking *a = e->own ? e->own : begin(l, e);

	e->own = a;
	if (a->fd >= 0)
		ping(a);
	if (!a->udp || a->pings)
		return;
	a->udp_sent_at = e->sent_at;
	(void)udp_send(a->udp, NULL, "", 1); /* a failure is as good as no answer */
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
