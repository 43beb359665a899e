#include "base/process/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct head {
	uint32_t type;
	uint32_t sequence;
};

union link_control {
	struct cmsghdr align;
	char octets[CMSG_SPACE(sizeof(int) * LINK_FDS)];
};

static int err_of(int reason)
{
	switch (reason) {
	case EAGAIN:
	case ENOBUFS:
	case ETOOMANYREFS: /* descriptors in flight; some arrive */
		return ERR_AGAIN;
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
		return ERR_CLOSED;
	default:
		return ERR_SYSTEM;
	}
}

int link_pair(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
		return ERR_SYSTEM;
	return OK;
}

int link_send(int fd, const struct link_message *m)
{
	struct head head = { m->type, m->sequence };
	union link_control control = { 0 };
	size_t fds_len = m->fd_count * sizeof(int);
	struct iovec parts[] = {
		{ &head, sizeof(head) },
		{ .iov_len = m->len },
	};
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t sent;

	/* sendmsg(2) reads what an iovec may write to */
	memcpy(&parts[1].iov_base, &m->payload, sizeof(m->payload));
	if (m->len > LINK_PAYLOAD_MAX || m->fd_count > LINK_FDS)
		return ERR_LIMIT;
	if (m->fd_count) {
		struct cmsghdr *c;

		msg.msg_control = control.octets;
		msg.msg_controllen = CMSG_SPACE(fds_len);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fds_len);
		memcpy(CMSG_DATA(c), m->fds, fds_len);
	}
	do
		sent = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? err_of(errno) : OK;
}

static void take_fds(struct msghdr *msg, struct link_message *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count && out->fd_count < LINK_FDS; i++) {
			memcpy(&out->fds[out->fd_count], CMSG_DATA(c) + i * sizeof(int),
			       sizeof(int));
			out->fd_count++;
		}
	}
}

int link_receive(int fd, uint8_t space[LINK_PAYLOAD_MAX], struct link_message *out)
{
	struct link_message m = { .payload = space };
	struct head head;
	union link_control control;
	struct iovec parts[] = {
		{ &head, sizeof(head) },
		{ space, LINK_PAYLOAD_MAX },
	};
	struct msghdr msg = { .msg_iov = parts,
			      .msg_iovlen = 2,
			      .msg_control = control.octets,
			      .msg_controllen = sizeof(control) };
	ssize_t len;

	do
		len = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return err_of(errno);
	if (len == 0)
		return ERR_CLOSED;
	take_fds(&msg, &m);
	if ((size_t)len < sizeof(head) || msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		link_close_fds(&m);
		return ERR_MALFORMED;
	}
	m.type = head.type;
	m.sequence = head.sequence;
	m.len = (size_t)len - sizeof(head);
	*out = m;
	return OK;
}

void link_close_fds(struct link_message *m)
{
	while (m->fd_count)
		close(m->fds[--m->fd_count]);
}

uint16_t link_u16(struct text *t)
{
	int high = text_next(t);
	int low = text_next(t);

	return t->err ? 0 : (uint16_t)(high << 8 | low);
}

uint32_t link_u32(struct text *t)
{
	uint32_t high = link_u16(t);
	uint32_t low = link_u16(t);

	return t->err ? 0 : high << 16 | low;
}

struct text link_text(struct text *t)
{
	uint32_t len = link_u32(t);
	const char *from = t->at;

	if (len > text_len(t)) {
		t->err = t->err ? t->err : ERR_SHORT;
		return text_of(NULL, 0);
	}
	t->at += len;
	return text_of(from, len);
}
