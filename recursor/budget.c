#include "recursor/budget.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"

struct budget {
	unsigned refs;
	uint32_t left;
	uint32_t spent;
	bool was_short;
};

static struct budget *charged; /* a reference; the process has one thread */

/* As libc declares them; <sys/socket.h> is not read, for it knows addresses of many
 * types. libunbound finds these first. */
struct sockaddr;
struct iovec;
struct msghdr;
#define CALL __attribute__((visibility("default")))
CALL ssize_t send(int fd, const void *octets, size_t len, int flags);
CALL ssize_t sendto(int fd, const void *octets, size_t len, int flags,
		    const struct sockaddr *to, unsigned to_len);
CALL ssize_t sendmsg(int fd, const struct msghdr *message, int flags);
CALL ssize_t writev(int fd, const struct iovec *parts, int count);
CALL int connect(int fd, const struct sockaddr *to, unsigned to_len);

struct budget *budget_new(uint32_t packets)
{
	struct budget *b = alloc(sizeof(*b));

	b->refs = 1;
	b->left = packets;
	return b;
}

struct budget *budget_ref(struct budget *b)
{
	if (b)
		b->refs++;
	return b;
}

void budget_unref(struct budget *b)
{
	if (b && --b->refs == 0)
		free(b);
}

struct budget *budget_charge(struct budget *b)
{
	struct budget *was = charged;

	charged = budget_ref(b);
	return was;
}

void budget_return(struct budget *was)
{
	budget_unref(charged);
	charged = was;
}

struct budget *budget_charged(void)
{
	return charged;
}

void budget_end(struct budget *b)
{
	b->left = 0;
}

uint32_t budget_spent(const struct budget *b)
{
	return b->spent;
}

bool budget_was_short(const struct budget *b)
{
	return b->was_short;
}

/* Whether it may go; libunbound takes a network that cannot be reached calmly. */
static bool pay(uint32_t packets)
{
	if (charged == NULL)
		return true;
	if (charged->left == 0) {
		charged->was_short = true;
		errno = ENETUNREACH;
		return false;
	}
	charged->left -= packets;
	charged->spent += packets;
	return true;
}

ssize_t sendto(int fd, const void *octets, size_t len, int flags,
	       const struct sockaddr *to, unsigned to_len)
{
	if (!pay(1))
		return -1;
	return syscall(SYS_sendto, fd, octets, len, flags, to, to_len);
}

ssize_t send(int fd, const void *octets, size_t len, int flags)
{
	return sendto(fd, octets, len, flags, NULL, 0);
}

/* TCP Fast Open: connects, and sends where the server is known. */
ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	if (!pay(1))
		return -1;
	return syscall(SYS_sendmsg, fd, message, flags);
}

int connect(int fd, const struct sockaddr *to, unsigned to_len)
{
	if (!pay(0)) /* what is sent over it is counted */
		return -1;
	return (int)syscall(SYS_connect, fd, to, to_len);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	if (!pay(1))
		return -1;
	return syscall(SYS_writev, fd, parts, count);
}
