/*
 * The limit of the socket path: what a server costs that only sends back what came.
 * One thread, batches of 32; ends with the signal that ends it.
 *
 * usage: udp_ping ADDRESS PORT
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { BATCH = 32, PACKET_LEN = 2048 };

static uint8_t packets[BATCH][PACKET_LEN];
static struct sockaddr_in peers[BATCH];
static struct iovec vectors[BATCH];
static struct mmsghdr messages[BATCH];

static int open_socket(const char *address, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int one = 1;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	a.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (fd < 0 || inet_pton(AF_INET, address, &a.sin_addr) != 1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return -1;
	return fd;
}

static void echo(int fd)
{
	int got = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);

	for (int i = 0; i < got; i++)
		vectors[i].iov_len = messages[i].msg_len;
	if (got > 0)
		(void)sendmmsg(fd, messages, (unsigned)got, 0);
	for (int i = 0; i < got; i++) {
		vectors[i].iov_len = PACKET_LEN;
		messages[i].msg_hdr.msg_namelen = sizeof(peers[i]);
	}
}

int main(int argc, char **argv)
{
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: udp_echo ADDRESS PORT\n");
		return 2;
	}
	fd = open_socket(argv[1], argv[2]);
	if (fd < 0) {
		perror("udp_echo");
		return 1;
	}
	for (int i = 0; i < BATCH; i++) {
		vectors[i].iov_base = packets[i];
		vectors[i].iov_len = PACKET_LEN;
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
		messages[i].msg_hdr.msg_name = &peers[i];
		messages[i].msg_hdr.msg_namelen = sizeof(peers[i]);
	}
	for (;;)
		echo(fd);
}
