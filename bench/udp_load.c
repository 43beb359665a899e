/*
 * Asks a DNS server over UDP as fast as it answers, and checks every answer.
 *
 * usage: udp_load [-a ADDRESS] [-p PORT] [-s SECONDS] [-n OUTSTANDING] [-P PID]...
 *                 [-R] [-e] [-d] [-x] [-r] < QUESTIONS
 *
 *	-P  a process of the server whose CPU time is told; once for each
 *	-R  recursion is desired   -e  with EDNS(0)   -d  and DO
 *	-x  the peer is udp_ping: only id and length are checked
 *	-r  in the order of the file; else at random
 *
 * A line of QUESTIONS is NAME TYPE [RCODE [ANSWERS]], e.g. "www.example.com A 0 1".
 * Prints one line of key=value.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/questions.h"

enum { BATCH = 32, PACKET_LEN = 4096, OUTSTANDING_MAX = 4096 };

struct udp_load {
	int fd;
	size_t outstanding_max;
	double seconds;
	struct questions questions;

	uint32_t asked[65536]; /* question's number + 1 by id; 0: not outstanding */
	uint16_t next_id;
	size_t outstanding;
	uint64_t sent, right, wrong, lost;
};

static void ask(struct udp_load *l)
{
	static uint8_t packets[BATCH][600];
	struct iovec vectors[BATCH];
	struct mmsghdr messages[BATCH];
	unsigned n = 0;
	int sent;

	memset(messages, 0, sizeof(messages));
	while (n < BATCH && l->outstanding + n < l->outstanding_max) {
		size_t number = questions_choose(&l->questions);
		const struct bench_question *q = &l->questions.rows[number];

		while (l->asked[l->next_id])
			l->next_id++;
		memcpy(packets[n], l->questions.octets + q->at, q->len);
		packets[n][0] = (uint8_t)(l->next_id >> 8);
		packets[n][1] = (uint8_t)l->next_id;
		l->asked[l->next_id++] = (uint32_t)number + 1;
		vectors[n] = (struct iovec){ packets[n], q->len };
		messages[n].msg_hdr.msg_iov = &vectors[n];
		messages[n].msg_hdr.msg_iovlen = 1;
		n++;
	}
	if (n == 0)
		return;
	sent = sendmmsg(l->fd, messages, n, 0);
	if (sent < 0)
		sent = 0;
	for (unsigned i = (unsigned)sent; i < n; i++)
		l->asked[packets[i][0] << 8 | packets[i][1]] = 0;
	l->outstanding += (unsigned)sent;
	l->sent += (unsigned)sent;
}

static void receive(struct udp_load *l, int flags)
{
	static uint8_t packets[BATCH][PACKET_LEN];
	struct iovec vectors[BATCH];
	struct mmsghdr messages[BATCH];
	int got;

	memset(messages, 0, sizeof(messages));
	for (int i = 0; i < BATCH; i++) {
		vectors[i] = (struct iovec){ packets[i], PACKET_LEN };
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	got = recvmmsg(l->fd, messages, BATCH, flags, NULL);
	for (int i = 0; i < got; i++) {
		unsigned id = (unsigned)packets[i][0] << 8 | packets[i][1];

		if (messages[i].msg_len < 12 || l->asked[id] == 0) {
			l->wrong++;
			continue;
		}
		if (questions_right(&l->questions, &l->questions.rows[l->asked[id] - 1],
				    packets[i], messages[i].msg_len))
			l->right++;
		else
			l->wrong++;
		l->asked[id] = 0;
		l->outstanding--;
	}
}

static void run(struct udp_load *l)
{
	uint64_t start = now_ns();
	uint64_t end = start + (uint64_t)(l->seconds * 1e9);
	uint64_t cpu = questions_cpu_ns(&l->questions);
	double took;

	while (now_ns() < end) {
		struct pollfd p = { .fd = l->fd, .events = POLLIN };

		ask(l);
		receive(l, MSG_DONTWAIT);
		if (l->outstanding < l->outstanding_max)
			continue;
		if (poll(&p, 1, 200) == 0) {
			l->lost += l->outstanding;
			l->outstanding = 0;
			memset(l->asked, 0, sizeof(l->asked));
		}
	}
	took = (double)(now_ns() - start) / 1e9;
	cpu = questions_cpu_ns(&l->questions) - cpu;
	printf("qps=%.0f right=%llu wrong=%llu lost=%llu seconds=%.2f cpu_ns=%.0f\n",
	       (double)l->right / took, (unsigned long long)l->right,
	       (unsigned long long)l->wrong, (unsigned long long)l->lost, took,
	       l->right ? (double)cpu / (double)l->right : 0.0);
}

static int open_socket(const char *address, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int octets = 4 << 20;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &a.sin_addr) != 1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof(octets));
	return connect(fd, (struct sockaddr *)&a, sizeof(a)) ? -1 : fd;
}

int main(int argc, char **argv)
{
	static struct udp_load l = { .outstanding_max = 256, .seconds = 3 };
	const char *address = "127.0.0.1";
	uint16_t port = 53;
	int c;

	while ((c = getopt(argc, argv, "a:p:s:n:P:Redxr")) != -1) {
		if (c == 'a')
			address = optarg;
		else if (c == 'p')
			port = (uint16_t)strtoul(optarg, NULL, 10);
		else if (c == 's')
			l.seconds = strtod(optarg, NULL);
		else if (c == 'n')
			l.outstanding_max = strtoul(optarg, NULL, 10);
		else if (!questions_option(&l.questions, c, optarg))
			return 2;
	}
	if (l.outstanding_max == 0 || l.outstanding_max > OUTSTANDING_MAX)
		l.outstanding_max = 256;
	if (questions_read(&l.questions))
		return 2;
	l.fd = open_socket(address, port);
	if (l.fd < 0) {
		perror("udp_load");
		return 1;
	}
	run(&l);
	return l.wrong ? 1 : 0;
}
