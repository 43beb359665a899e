#include "health/netlink.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"

enum {
	ANSWER_MAX = 32768,
	ANSWER_MS = 200,
	TICK_MS = 10 /* of the kernel's USER_HZ */
};

struct netlink {
	int fd;
	uint32_t seq;
	uint8_t answer[ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
};

struct netlink_ask {
	struct nlmsghdr head;
	union {
		struct rtmsg route;
		struct ndmsg neighbour;
	} body;
	uint8_t attrs[64];
};

/* One message of an answer. Returns whether that was enough. */
typedef bool take_fn(void *arg, struct nlmsghdr *m);

int netlink_open(struct netlink **out)
{
	struct timeval limit = { 0, ANSWER_MS * 1000L };
	struct netlink *n;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return ERR_SYSTEM;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit))) {
		close(fd);
		return ERR_SYSTEM;
	}
	n = alloc(sizeof(*n));
	n->fd = fd;
	*out = n;
	return OK;
}

void netlink_close(struct netlink *n)
{
	if (!n)
		return;
	close(n->fd);
	free(n);
}

/* Walks one datagram of an answer. Returns whether the answer has ended. */
static bool walk(struct netlink *n, size_t len, take_fn *take, void *arg)
{
	size_t left = len;

	for (struct nlmsghdr *m = (void *)n->answer; NLMSG_OK(m, left);
	     m = NLMSG_NEXT(m, left)) {
		if (m->nlmsg_seq != n->seq)
			continue; /* of a request that was given up */
		if (m->nlmsg_type == NLMSG_DONE || m->nlmsg_type == NLMSG_ERROR)
			return true;
		if (take(arg, m) || !(m->nlmsg_flags & NLM_F_MULTI))
			return true;
	}
	return false;
}

static void request(struct netlink *n, struct netlink_ask *a, take_fn *take, void *arg)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t got;

	a->head.nlmsg_seq = ++n->seq;
	if (sendto(n->fd, a, a->head.nlmsg_len, 0, (struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		return;
	do {
		got = recv(n->fd, n->answer, sizeof(n->answer), 0);
		if (got < 0 && errno != EINTR)
			return;
	} while (got < 0 || !walk(n, (size_t)got, take, arg));
}

static struct rtattr *find_attr(struct rtattr *first, size_t len, unsigned short type)
{
	for (struct rtattr *a = first; RTA_OK(a, len); a = RTA_NEXT(a, len))
		if (a->rta_type == type)
			return a;
	return NULL;
}

/* An address attribute, if it has the right length. */
static void read_addr(struct rtattr *a, uint8_t family, struct addr *out)
{
	size_t len = family == AF_INET6 ? 16 : 4;

	if (!a || RTA_PAYLOAD(a) != len)
		return;
	out->family = family;
	memcpy(out->octets, RTA_DATA(a), len);
}

static uint32_t read_u32(struct rtattr *a)
{
	uint32_t value = 0;

	if (a && RTA_PAYLOAD(a) == sizeof(value))
		memcpy(&value, RTA_DATA(a), sizeof(value));
	return value;
}

static bool take_route(void *arg, struct nlmsghdr *m)
{
	struct route *r = arg;
	struct rtmsg *body = NLMSG_DATA(m);
	struct rtattr *attrs = RTM_RTA(body);
	size_t len = RTM_PAYLOAD(m);

	if (m->nlmsg_type != RTM_NEWROUTE)
		return false;
	r->interface = read_u32(find_attr(attrs, len, RTA_OIF));
	r->own_host = body->rtm_type == RTN_LOCAL;
	read_addr(find_attr(attrs, len, RTA_GATEWAY), body->rtm_family, &r->next_hop);
	r->on_link = !r->own_host && !r->next_hop.family &&
		     !find_attr(attrs, len, RTA_VIA);
	return true;
}

static bool take_default(void *arg, struct nlmsghdr *m)
{
	struct route *r = arg;
	struct rtmsg *body = NLMSG_DATA(m);
	struct rtattr *attrs = RTM_RTA(body);
	size_t len = RTM_PAYLOAD(m);

	if (m->nlmsg_type == RTM_NEWROUTE && body->rtm_dst_len == 0 &&
	    !r->next_hop.family &&
	    read_u32(find_attr(attrs, len, RTA_OIF)) == r->interface)
		read_addr(find_attr(attrs, len, RTA_GATEWAY), body->rtm_family,
			  &r->next_hop);
	return false;
}

struct search {
	struct addr addr; /* in: wanted, or not wanted; out */
	uint32_t interface;
	bool beside; /* of all others than `addr` the one that was there last: the table
			keeps those that went home long ago */
	struct addr found;
	uint32_t confirmed_ms;
};

static bool take_neighbour(void *arg, struct nlmsghdr *m)
{
	struct search *s = arg;
	struct ndmsg *body = NLMSG_DATA(m);
	size_t len = NLMSG_PAYLOAD(m, sizeof(*body));
	struct rtattr *attrs = (void *)((uint8_t *)body + NLMSG_ALIGN(sizeof(*body)));
	struct rtattr *info = find_attr(attrs, len, NDA_CACHEINFO);
	uint32_t confirmed_ms = UINT32_MAX - 1;
	struct addr at = { 0 };
	struct nda_cacheinfo c;

	if (m->nlmsg_type != RTM_NEWNEIGH || body->ndm_ifindex != (int)s->interface ||
	    body->ndm_state & (NUD_FAILED | NUD_INCOMPLETE | NUD_NOARP | NUD_PERMANENT))
		return false;
	read_addr(find_attr(attrs, len, NDA_DST), body->ndm_family, &at);
	if (!at.family || addr_equal(&at, &s->addr) == s->beside)
		return false;
	if (info && RTA_PAYLOAD(info) >= sizeof(c)) {
		memcpy(&c, RTA_DATA(info), sizeof(c));
		if (c.ndm_confirmed < UINT32_MAX / TICK_MS)
			confirmed_ms = c.ndm_confirmed * TICK_MS;
	}
	if (confirmed_ms >= s->confirmed_ms)
		return false;
	s->found = at;
	s->confirmed_ms = confirmed_ms;
	return !s->beside;
}

static void find_neighbour(struct netlink *n, struct search *s)
{
	struct netlink_ask a = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(a.body.neighbour)),
			  .nlmsg_type = RTM_GETNEIGH,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.body.neighbour = { .ndm_family = s->addr.family },
	};

	s->confirmed_ms = UINT32_MAX;
	request(n, &a, take_neighbour, s);
}

/* For an address on the link somebody else there: the default gateway, or a neighbour.
 */
static void find_beside(struct netlink *n, const struct addr *to, struct route *out)
{
	struct netlink_ask a = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(a.body.route)),
			  .nlmsg_type = RTM_GETROUTE,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.body.route = { .rtm_family = to->family },
	};
	struct search s = { .addr = *to, .interface = out->interface, .beside = true };

	request(n, &a, take_default, out);
	if (out->next_hop.family)
		return;
	find_neighbour(n, &s);
	out->next_hop = s.found;
}

int netlink_route(struct netlink *n, const struct addr *to, struct route *out)
{
	struct netlink_ask a = {
		.head = { .nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST },
		.body.route = { .rtm_family = to->family,
				.rtm_dst_len = (uint8_t)(8 * addr_len(to)) },
	};
	struct route r = { 0 };
	struct rtattr dst = { (unsigned short)RTA_LENGTH(addr_len(to)), RTA_DST };
	size_t at = NLMSG_LENGTH(sizeof(a.body.route));
	uint8_t *octets = (uint8_t *)&a;

	memcpy(octets + at, &dst, sizeof(dst));
	memcpy(octets + at + sizeof(dst), to->octets, addr_len(to));
	at += dst.rta_len;
	if (to->scope) {
		struct rtattr oif = { RTA_LENGTH(sizeof(to->scope)), RTA_OIF };

		memcpy(octets + at, &oif, sizeof(oif));
		memcpy(octets + at + sizeof(oif), &to->scope, sizeof(to->scope));
		at += oif.rta_len;
	}
	a.head.nlmsg_len = (uint32_t)at;
	request(n, &a, take_route, &r);
	if (!r.interface && !r.own_host)
		return ERR_NOT_FOUND;
	if (r.on_link)
		find_beside(n, to, &r);
	if (r.next_hop.family == AF_INET6 && r.next_hop.octets[0] == 0xfe)
		r.next_hop.scope = r.interface;
	*out = r;
	return OK;
}

uint32_t netlink_confirmed_ms(struct netlink *n, uint32_t interface,
			      const struct addr *neighbour)
{
	struct search s = { .addr = *neighbour, .interface = interface };

	find_neighbour(n, &s);
	return s.confirmed_ms;
}

int netlink_watch(void)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);

	if (fd < 0)
		return ERR_SYSTEM;
	if (bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		close(fd);
		return ERR_SYSTEM;
	}
	return fd;
}

void netlink_read(int fd, netlink_link_fn *fn, void *arg)
{
	uint8_t octets[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t got;

	while ((got = recv(fd, octets, sizeof(octets), 0)) > 0) {
		size_t left = (size_t)got;

		for (struct nlmsghdr *m = (void *)octets; NLMSG_OK(m, left);
		     m = NLMSG_NEXT(m, left)) {
			const struct ifinfomsg *i = NLMSG_DATA(m);

			if (m->nlmsg_type == RTM_NEWLINK)
				fn(arg, (uint32_t)i->ifi_index,
				   i->ifi_flags & IFF_RUNNING && i->ifi_flags & IFF_UP);
			else if (m->nlmsg_type == RTM_DELLINK)
				fn(arg, (uint32_t)i->ifi_index, false);
		}
	}
}
