/*
 * Asks a DNS server over TCP as fast as it answers, and checks every answer.
 *
 * usage: tcp_load [-a ADDRESS] [-p PORT] [-s SECONDS] [-c CONNECTIONS] [-n OUTSTANDING]
 *                 [-1] [-P PID]... [-R] [-e] [-d] [-x] [-r] < QUESTIONS
 *
 *	-n  questions of one connection that wait for their answers; all are sent at
 *once and, when all are answered, again -1  a connection is closed after its answer,
 *and another one opened -P  a process of the server whose CPU time is told; once for
 *each -x  the peer is tcp_ping: only the length is checked -R -e -d -r and QUESTIONS as
 *in udp_load
 *
 * Prints one line of key=value.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/questions.h"

enum { CONNECTIONS_MAX = 256, OUTSTANDING_MAX = 64, FRAME_MAX = 600, READ_LEN = 65536 };

struct load_connection {
	uint32_t asked[OUTSTANDING_MAX]; /* question's number, by id */
	size_t waiting;
	uint8_t in[2 * READ_LEN];
	size_t in_len;
};

struct tcp_load {
	struct sockaddr_in to;
	struct questions questions;
	struct load_connection *connections;
	struct pollfd polls[CONNECTIONS_MAX];
	size_t count, outstanding;
	bool one;
	double seconds;
	uint64_t right, wrong, lost;
};

static void ask(struct tcp_load *l, size_t i)
{
	static uint8_t frames[OUTSTANDING_MAX * FRAME_MAX];
	struct load_connection *c = &l->connections[i];
	size_t len = 0;

	for (size_t n = 0; n < l->outstanding; n++) {
		size_t number = questions_choose(&l->questions);
		const struct bench_question *q = &l->questions.rows[number];
		uint8_t *p = frames + len;

		p[0] = (uint8_t)(q->len >> 8);
		p[1] = (uint8_t)q->len;
		memcpy(p + 2, l->questions.octets + q->at, q->len);
		p[2] = 0;
		p[3] = (uint8_t)n;
		c->asked[n] = (uint32_t)number;
		len += 2 + (size_t)q->len;
	}
	c->waiting = l->outstanding;
	if (send(l->polls[i].fd, frames, len, MSG_NOSIGNAL) != (ssize_t)len)
		l->lost += l->outstanding;
}

static int open_connection(struct tcp_load *l, size_t i)
{
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	l->connections[i].in_len = 0;
	l->polls[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return connect(fd, (struct sockaddr *)&l->to, sizeof(l->to));
}

static void judge(struct tcp_load *l, struct load_connection *c, const uint8_t *p,
		  size_t len)
{
	const struct questions *q = &l->questions;

	c->waiting--;
	if (len >= 12 && p[1] < l->outstanding &&
	    questions_right(q, &q->rows[c->asked[p[1]]], p, len))
		l->right++;
	else
		l->wrong++;
}

/* Closes with RST, or the ports would run out. */
static void close_connection(struct tcp_load *l, size_t i)
{
	struct linger at_once = { .l_onoff = 1 };

	(void)setsockopt(l->polls[i].fd, SOL_SOCKET, SO_LINGER, &at_once,
			 sizeof(at_once));
	close(l->polls[i].fd);
}

static int receive(struct tcp_load *l, size_t i)
{
	struct load_connection *c = &l->connections[i];
	ssize_t got = recv(l->polls[i].fd, c->in + c->in_len, READ_LEN, MSG_DONTWAIT);
	size_t at = 0;

	if (got <= 0) {
		l->lost += c->waiting;
		close_connection(l, i);
		if (open_connection(l, i))
			return -1;
		ask(l, i);
		return 0;
	}
	c->in_len += (size_t)got;
	while (c->in_len - at >= 2) {
		size_t len = (size_t)(c->in[at] << 8 | c->in[at + 1]);

		if (c->in_len - at - 2 < len || c->waiting == 0)
			break;
		judge(l, c, c->in + at + 2, len);
		at += 2 + len;
	}
	memmove(c->in, c->in + at, c->in_len - at);
	c->in_len -= at;
	if (c->waiting)
		return 0;
	if (l->one) {
		close_connection(l, i);
		if (open_connection(l, i))
			return -1;
	}
	ask(l, i);
	return 0;
}

static int run(struct tcp_load *l)
{
	uint64_t start = now_ns();
	uint64_t end = start + (uint64_t)(l->seconds * 1e9);
	uint64_t cpu = questions_cpu_ns(&l->questions);
	double took;

	for (size_t i = 0; i < l->count; i++)
		ask(l, i);
	while (now_ns() < end) {
		if (poll(l->polls, l->count, 200) <= 0)
			continue;
		for (size_t i = 0; i < l->count; i++)
			if (l->polls[i].revents && receive(l, i))
				return -1;
	}
	took = (double)(now_ns() - start) / 1e9;
	cpu = questions_cpu_ns(&l->questions) - cpu;
	printf("qps=%.0f right=%llu wrong=%llu lost=%llu seconds=%.2f cpu_ns=%.0f\n",
	       (double)l->right / took, (unsigned long long)l->right,
	       (unsigned long long)l->wrong, (unsigned long long)l->lost, took,
	       l->right ? (double)cpu / (double)l->right : 0.0);
	return 0;
}

static int begin(struct tcp_load *l, const char *address)
{
	if (l->count == 0 || l->count > CONNECTIONS_MAX || l->outstanding == 0 ||
	    l->outstanding > OUTSTANDING_MAX ||
	    inet_pton(AF_INET, address, &l->to.sin_addr) != 1) {
		fprintf(stderr, "tcp_load: no such number or address\n");
		return -1;
	}
	l->connections = calloc(l->count, sizeof(*l->connections));
	if (l->connections == NULL || questions_read(&l->questions))
		return -1;
	for (size_t i = 0; i < l->count; i++)
		if (open_connection(l, i)) {
			perror("tcp_load");
			return -1;
		}
	return 0;
}

int main(int argc, char **argv)
{
	static struct tcp_load l = { .count = 8, .outstanding = 16, .seconds = 3 };
	const char *address = "127.0.0.1";
	int c;

	l.to.sin_family = AF_INET;
	l.to.sin_port = htons(53);
	while ((c = getopt(argc, argv, "a:p:s:c:n:P:1Redxr")) != -1) {
		if (c == 'a')
			address = optarg;
		else if (c == 'p')
			l.to.sin_port = htons((uint16_t)strtoul(optarg, NULL, 10));
		else if (c == 's')
			l.seconds = strtod(optarg, NULL);
		else if (c == 'c')
			l.count = strtoul(optarg, NULL, 10);
		else if (c == 'n')
			l.outstanding = strtoul(optarg, NULL, 10);
		else if (c == '1')
			l.one = true;
		else if (!questions_option(&l.questions, c, optarg))
			return 2;
	}
	if (l.one)
		l.outstanding = 1;
	if (begin(&l, address) || run(&l)) {
		perror("tcp_load");
		return 1;
	}
	return l.wrong ? 1 : 0;
}
