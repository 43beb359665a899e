#include "recursor/budget.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "recursor/spoof.h"

/* Events that one event makes a question add: more, and it is others that go on. */
enum { BURST_MAX = 8 };

struct budget {
	TAILQ_ENTRY(budget) entry;
	bool open;
	unsigned refs;
	uint32_t left;
	uint32_t spent;
	bool was_short;
};

/* The process has one thread. */
static struct budget *charged; /* a reference */
static unsigned burst;         /* events added since it was charged */
static TAILQ_HEAD(budgets, budget) open_ones = TAILQ_HEAD_INITIALIZER(open_ones);

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
	b->open = true;
	TAILQ_INSERT_TAIL(&open_ones, b, entry);
	return b;
}

void budget_close(struct budget *b)
{
	if (b->open)
		TAILQ_REMOVE(&open_ones, b, entry);
	b->open = false;
}

struct budget *budget_ref(struct budget *b)
{
	if (b)
		b->refs++;
	return b;
}

void budget_unref(struct budget *b)
{
	if (b == NULL || --b->refs)
		return;
	budget_close(b);
	free(b);
}

struct budget *budget_charge(struct budget *b)
{
	struct budget *was = charged;

	charged = budget_ref(b);
	if (b)
		burst = 0;
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

/* Charges the next of the open ones that has something left, if there is one. */
static void charge_next(void)
{
	struct budget *b = TAILQ_FIRST(&open_ones);

	while (b && b->left == 0)
		b = TAILQ_NEXT(b, entry);
	if (b == NULL)
		return;
	TAILQ_REMOVE(&open_ones, b, entry);
	TAILQ_INSERT_TAIL(&open_ones, b, entry);
	budget_unref(charged);
	charged = budget_ref(b);
}

struct budget *budget_of_event(void)
{
	if (charged && ++burst > BURST_MAX)
		charge_next();
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
	spoof_asked(fd, octets, len);
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
