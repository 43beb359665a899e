#include "net/socket.h"

#include <errno.h>
#include <netinet/in.h>

#include "base/err.h"

int socket_open(int family, int type)
{
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return ERR_SYSTEM;
	if (family == AF_INET6)
		(void)socket_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	return fd;
}

int socket_bind(int fd, const struct addr *at)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(at, &sa);

	return bind(fd, (struct sockaddr *)&sa, len) ? ERR_SYSTEM : OK;
}

int socket_connect(int fd, const struct addr *to)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(to, &sa);

	if (connect(fd, (struct sockaddr *)&sa, len) == 0)
		return OK;
	return errno == EINPROGRESS ? ERR_AGAIN : socket_reason(errno);
}

int socket_set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) ? ERR_SYSTEM : OK;
}

int socket_bind_early(int fd, int family)
{
	enum { V6_FREEBIND = 78 }; /* since Linux 4.15, and in no older header */

	if (family == AF_INET6)
		return socket_set(fd, IPPROTO_IPV6, V6_FREEBIND, 1);
	return socket_set(fd, IPPROTO_IP, IP_FREEBIND, 1);
}

void socket_local(int fd, struct addr *out)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len))
		sa.ss_family = AF_UNSPEC;
	addr_from_sockaddr((struct sockaddr *)&sa, out);
}

int socket_reason(int number)
{
	switch (number) {
	case 0:
		return OK;
	case EAGAIN:
	case EINTR:
	case ENOBUFS:
		return ERR_AGAIN;
	case ECONNREFUSED:
	case ECONNRESET:
		return ERR_REFUSED;
	case EPIPE:
	case ENOTCONN:
		return ERR_CLOSED;
	case ETIMEDOUT:
		return ERR_TIMEOUT;
	default:
		return ERR_SYSTEM;
	}
}
