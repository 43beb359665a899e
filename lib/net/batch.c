#include "net/batch.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/socket.h"

enum { CONTROL_LEN = CMSG_SPACE(sizeof(struct in6_pktinfo)) };

struct batch_control {
	_Alignas(struct cmsghdr) uint8_t octets[CONTROL_LEN];
};

struct batch {
	struct batch_item items[BATCH_MAX];
	struct mmsghdr in[BATCH_MAX];
	struct mmsghdr out[BATCH_MAX];
	struct iovec in_iov[BATCH_MAX];
	struct iovec out_iov[BATCH_MAX];
	struct sockaddr_storage peers[BATCH_MAX];
	struct batch_control controls[BATCH_MAX];
	size_t in_max;
	unsigned count; /* received last */
	bool pktinfo;
	uint8_t *octets; /* of all items, in and out */
};

struct batch *batch_new(size_t in_max, size_t out_max, bool pktinfo)
{
	struct batch *b = alloc(sizeof(*b));

	b->in_max = in_max;
	b->pktinfo = pktinfo;
	b->octets = alloc_array(BATCH_MAX, in_max + out_max);
	for (size_t i = 0; i < BATCH_MAX; i++) {
		uint8_t *in = b->octets + i * (in_max + out_max);
		struct msghdr *h = &b->in[i].msg_hdr;

		b->items[i].in = in;
		b->items[i].out = in + in_max;
		b->in_iov[i] = (struct iovec){ in, in_max };
		h->msg_iov = &b->in_iov[i];
		h->msg_iovlen = 1;
		h->msg_name = &b->peers[i];
		h->msg_namelen = sizeof(b->peers[i]);
		h->msg_control = pktinfo ? b->controls[i].octets : NULL;
		h->msg_controllen = pktinfo ? CONTROL_LEN : 0;
	}
	return b;
}

void batch_free(struct batch *b)
{
	if (!b)
		return;
	free(b->octets);
	free(b);
}

int batch_prepare(const struct batch *b, int fd)
{
	struct addr local;

	if (!b->pktinfo)
		return OK;
	socket_local(fd, &local);
	if (local.family == AF_INET)
		return socket_set(fd, IPPROTO_IP, IP_PKTINFO, 1);
	return socket_set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

/* Restores the lengths that the last receive has shortened. */
static void restore(struct batch *b)
{
	for (unsigned i = 0; i < b->count; i++) {
		b->in[i].msg_hdr.msg_namelen = sizeof(b->peers[i]);
		b->in[i].msg_hdr.msg_controllen = b->pktinfo ? CONTROL_LEN : 0;
	}
	b->count = 0;
}

int batch_receive(struct batch *b, int fd, int flags)
{
	int count;

	restore(b);
	count = recvmmsg(fd, b->in, BATCH_MAX, flags, NULL);
	if (count < 0)
		return socket_reason(errno) == ERR_AGAIN ? ERR_AGAIN : ERR_SYSTEM;
	for (int i = 0; i < count; i++) {
		b->items[i].in_len = b->in[i].msg_len;
		b->items[i].in_cut = b->in[i].msg_hdr.msg_flags & MSG_TRUNC;
		b->items[i].out_len = 0;
	}
	b->count = (unsigned)count;
	return count;
}

struct batch_item *batch_items(struct batch *b)
{
	return b->items;
}

void batch_source(const struct batch *b, size_t i, struct addr *out)
{
	addr_from_sockaddr((const struct sockaddr *)&b->peers[i], out);
}

/* Returns the control message with the destination of item number i, or NULL. */
static struct cmsghdr *pktinfo_of(const struct batch *b, size_t i)
{
	const struct msghdr *h = &b->in[i].msg_hdr;
	struct cmsghdr *c = b->pktinfo ? CMSG_FIRSTHDR(h) : NULL;

	if (!c)
		return NULL;
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
		return c;
	return c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO ? c : NULL;
}

void batch_local(const struct batch *b, size_t i, struct addr *out)
{
	const struct cmsghdr *c = pktinfo_of(b, i);
	struct addr a = { 0 };

	if (c && c->cmsg_level == IPPROTO_IP) {
		struct in_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		a.family = AF_INET;
		memcpy(a.octets, &info.ipi_addr, 4);
	} else if (c) {
		struct in6_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		a.family = AF_INET6;
		memcpy(a.octets, &info.ipi6_addr, 16);
	}
	*out = a;
}

/*
 * Turns the received control message into one for sending: from this address, by the
 * interface of the routes (but a link-local address keeps its own).
 */
static void answer_from(struct cmsghdr *c)
{
	if (c->cmsg_level == IPPROTO_IP) {
		struct in_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		info.ipi_ifindex = 0;
		info.ipi_spec_dst = info.ipi_addr;
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	} else {
		struct in6_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
			info.ipi6_ifindex = 0;
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	}
}

void batch_way(const struct batch *b, size_t i, struct batch_way *out)
{
	struct cmsghdr *c = pktinfo_of(b, i);

	out->peer = b->peers[i];
	out->peer_len = b->in[i].msg_hdr.msg_namelen;
	out->control_len = 0;
	if (c == NULL || CMSG_ALIGN(c->cmsg_len) > sizeof(out->control))
		return;
	out->control_len = CMSG_ALIGN(c->cmsg_len);
	memcpy(out->control, c, c->cmsg_len);
	answer_from((struct cmsghdr *)(void *)out->control);
}

int batch_send_later(const struct batch_way *w, int fd, const void *octets, size_t len)
{
	struct batch_way way = *w; /* sendmsg() takes pointers that are not const */
	struct iovec part = { .iov_len = len };
	const struct msghdr m = {
		.msg_name = &way.peer,
		.msg_namelen = way.peer_len,
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = way.control_len ? way.control : NULL,
		.msg_controllen = way.control_len,
	};
	ssize_t sent;

	memcpy(&part.iov_base, &octets, sizeof(octets)); /* only read */
	do
		sent = sendmsg(fd, &m, MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? ERR_SYSTEM : OK;
}

/* Collects the answers. Returns how many there are. */
static unsigned gather(struct batch *b)
{
	unsigned count = 0;

	for (unsigned i = 0; i < b->count; i++) {
		struct cmsghdr *c;
		struct msghdr *h = &b->out[count].msg_hdr;

		if (b->items[i].out_len == 0)
			continue;
		c = pktinfo_of(b, i);
		if (c)
			answer_from(c);
		b->out_iov[count] = (struct iovec){ b->items[i].out,
						    b->items[i].out_len };
		h->msg_name = &b->peers[i];
		h->msg_namelen = b->in[i].msg_hdr.msg_namelen;
		h->msg_iov = &b->out_iov[count];
		h->msg_iovlen = 1;
		h->msg_control = c;
		h->msg_controllen = c ? b->in[i].msg_hdr.msg_controllen : 0;
		count++;
	}
	return count;
}

size_t batch_send(struct batch *b, int fd)
{
	unsigned count = gather(b);
	unsigned done = 0;
	size_t lost = 0;

	while (done < count) {
		int sent = sendmmsg(fd, b->out + done, count - done, MSG_DONTWAIT);

		if (sent > 0) {
			done += (unsigned)sent;
			continue;
		}
		if (errno == EINTR)
			continue;
		lost++; /* this one cannot be sent; the next may go elsewhere */
		done++;
	}
	return lost;
}
