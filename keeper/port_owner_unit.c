#include "keeper/port_owner_unit.h"

#include <ftw.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ANSWER_LEN = 32 * 1024, DESCRIPTORS = 16, TCP_LISTENING = 10 };

/* A socket through which the kernel has been asked for all of a kind, or -1. */
static int ask_kernel(int family, int type)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 diag;
	} ask = {
		.head = { .nlmsg_len = sizeof(ask),
			  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.diag = { .sdiag_family = (uint8_t)family,
			  .sdiag_protocol = type == SOCK_STREAM ? IPPROTO_TCP
								: IPPROTO_UDP,
			  .idiag_states = type == SOCK_STREAM ? 1U << TCP_LISTENING
							      : UINT32_MAX },
	};
	const struct timeval timeout = { .tv_sec = 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0 &&
	    send(fd, &ask, sizeof(ask), 0) == (ssize_t)sizeof(ask))
		return fd;
	close(fd);
	return -1;
}

/* The number of the group in one socket's row, or 0. */
static uint64_t group_of(struct nlmsghdr *row)
{
	struct inet_diag_msg *msg = NLMSG_DATA(row);
	struct rtattr *attr = (void *)(msg + 1);
	size_t len = row->nlmsg_len - NLMSG_LENGTH(sizeof(*msg));
	uint64_t group = 0;

	while (RTA_OK(attr, len)) {
		if (attr->rta_type == INET_DIAG_CGROUP_ID &&
		    RTA_PAYLOAD(attr) == sizeof(group))
			memcpy(&group, RTA_DATA(attr), sizeof(group));
		attr = RTA_NEXT(attr, len);
	}
	return group;
}

/* Reads one answer of several rows. Returns whether another one follows. */
static bool read_rows(int fd, ino_t inode, uint64_t *group)
{
	_Alignas(struct nlmsghdr) char octets[ANSWER_LEN];
	ssize_t got = recv(fd, octets, sizeof(octets), 0);
	size_t len = got < 0 ? 0 : (size_t)got;
	struct nlmsghdr *row = (void *)octets;

	if (len == 0)
		return false;
	while (NLMSG_OK(row, len)) {
		const struct inet_diag_msg *msg = NLMSG_DATA(row);

		if (row->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
		    row->nlmsg_len < NLMSG_LENGTH(sizeof(*msg)))
			return false; /* the end, or an error */
		if (msg->idiag_inode == (uint32_t)inode)
			*group = group_of(row);
		row = NLMSG_NEXT(row, len);
	}
	return *group == 0;
}

/* nftw() has no argument for its function. */
static struct {
	uint64_t group;
	char *out;
	size_t out_len;
} search;

static int is_it(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	if (kind != FTW_D || at->level == 0 || (uint64_t)st->st_ino != search.group)
		return 0;
	(void)snprintf(search.out, search.out_len, "%s", path + at->base);
	return 1;
}

bool port_owner_unit(int family, int type, ino_t inode, char *out, size_t out_len)
{
	static const char *const tops[] = { "/sys/fs/cgroup/unified",
					    "/sys/fs/cgroup" };
	int fd = ask_kernel(family, type);
	uint64_t group = 0;

	if (fd < 0)
		return false;
	while (read_rows(fd, inode, &group))
		;
	close(fd);
	if (group == 0)
		return false;
	search.group = group;
	search.out = out;
	search.out_len = out_len;
	for (size_t i = 0; i < sizeof(tops) / sizeof(*tops); i++)
		if (access(tops[i], X_OK) == 0)
			return nftw(tops[i], is_it, DESCRIPTORS,
				    FTW_PHYS | FTW_MOUNT) == 1;
	return false;
}
