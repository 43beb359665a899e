/*
 * The limit of the socket path over TCP: what a server costs that only sends back what
 * came. One thread, epoll; all of one read is sent at once. Ends with the signal that
 * ends it.
 *
 * usage: tcp_ping ADDRESS PORT
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 64, READ_LEN = 65536, BACKLOG = 1024 };

static int open_socket(const char *address, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	a.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (fd < 0 || inet_pton(AF_INET, address, &a.sin_addr) != 1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, BACKLOG) < 0)
		return -1;
	return fd;
}

static void echo(int fd)
{
	static uint8_t octets[READ_LEN];
	ssize_t got = recv(fd, octets, sizeof(octets), MSG_DONTWAIT);

	if (got <= 0 || send(fd, octets, (size_t)got, MSG_NOSIGNAL) != got)
		close(fd);
}

static void take(int epoll_fd, int listener)
{
	struct epoll_event e = { .events = EPOLLIN };
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		e.data.fd = fd;
		(void)epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
	}
}

int main(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	struct epoll_event e = { .events = EPOLLIN };
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	if (argc != 3) {
		fprintf(stderr, "usage: tcp_echo ADDRESS PORT\n");
		return 2;
	}
	e.data.fd = open_socket(argv[1], argv[2]);
	if (e.data.fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, e.data.fd, &e)) {
		perror("tcp_echo");
		return 1;
	}
	for (;;) {
		int count = epoll_wait(epoll_fd, events, EVENTS, -1);

		for (int i = 0; i < count; i++)
			if (events[i].data.fd == e.data.fd)
				take(epoll_fd, e.data.fd);
			else
				echo(events[i].data.fd);
	}
}
