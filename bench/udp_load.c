/*
 * Asks a DNS server over UDP as fast as it answers, and checks every answer.
 *
 * usage: udp_load [-a ADDRESS] [-p PORT] [-s SECONDS] [-n OUTSTANDING] [-P PID]...
 *                 [-R] [-e] [-d] [-x] [-r] < QUERIES
 *
 *	-P  a process of the server whose CPU time is told; once for each
 *	-R  recursion is desired   -e  with EDNS(0)   -d  and DO
 *	-x  the peer is udp_echo: only id and length are checked
 *	-r  in the order of the file; else at random
 *
 * A line of QUERIES is NAME TYPE [RCODE [ANSWERS]], e.g. "www.example.com A 0 1".
 * Prints one line of key=value.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 32, PACKET_LEN = 4096, OUTSTANDING_MAX = 4096, PIDS_MAX = 64, ANY = -1 };

struct query {
	uint32_t at; /* in `octets` */
	uint16_t len;
	uint16_t question_end;
	int16_t rcode; /* or ANY */
	int16_t answer_count;
};

struct load {
	int fd;
	bool echo, edns, dnssec_ok, in_order, recursion_desired;
	size_t outstanding_max;
	double seconds;
	pid_t pids[PIDS_MAX];
	size_t pid_count;

	struct query *queries;
	size_t query_count, query_cap;
	uint8_t *octets;
	size_t octet_count, octet_cap;

	uint32_t asked[65536]; /* query number + 1 by id; 0: not outstanding */
	uint16_t next_id;
	size_t next, outstanding;
	uint64_t random;
	uint64_t sent, right, wrong, lost;
};

static const struct {
	const char *name;
	uint16_t type;
} types[] = {
	{ "A", 1 },       { "NS", 2 },     { "CNAME", 5 },  { "SOA", 6 },
	{ "PTR", 12 },    { "MX", 15 },    { "TXT", 16 },   { "AAAA", 28 },
	{ "SRV", 33 },    { "NAPTR", 35 }, { "DNAME", 39 }, { "DS", 43 },
	{ "DNSKEY", 48 }, { "ANY", 255 },
};

static uint16_t type_of(const char *text)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcasecmp(text, types[i].name) == 0)
			return types[i].type;
	return strncasecmp(text, "TYPE", 4) ? 0 : (uint16_t)strtoul(text + 4, NULL, 10);
}

static size_t put_name(uint8_t *at, const char *text)
{
	uint8_t *start = at;

	while (*text != '\0' && strcmp(text, ".") != 0) {
		size_t len = strcspn(text, ".");

		if (len == 0 || len > 63)
			return 0;
		*at++ = (uint8_t)len;
		memcpy(at, text, len);
		at += len;
		text += len + (text[len] == '.');
	}
	*at++ = 0;
	return (size_t)(at - start);
}

/* Returns the query, or NULL. */
static struct query *add_query(struct load *l, const char *name, uint16_t type)
{
	static const uint8_t header[12] = { [5] = 1 };
	uint8_t *p;
	uint8_t *start;
	size_t len;

	if (l->octet_cap - l->octet_count < 512) {
		l->octet_cap = l->octet_cap ? 2 * l->octet_cap : 1 << 16;
		l->octets = realloc(l->octets, l->octet_cap);
	}
	if (l->query_count == l->query_cap) {
		l->query_cap = l->query_cap ? 2 * l->query_cap : 1024;
		l->queries = realloc(l->queries, l->query_cap * sizeof(*l->queries));
	}
	if (l->octets == NULL || l->queries == NULL)
		return NULL;
	start = p = l->octets + l->octet_count;
	memcpy(p, header, 12);
	p[2] = l->recursion_desired;
	len = put_name(p + 12, name);
	if (len == 0 || type == 0)
		return NULL;
	p += 12 + len;
	memcpy(p, (uint8_t[]){ (uint8_t)(type >> 8), (uint8_t)type, 0, 1 }, 4);
	p += 4;
	l->queries[l->query_count] = (struct query){
		.at = (uint32_t)l->octet_count,
		.question_end = (uint16_t)(p - start),
		.rcode = ANY,
		.answer_count = ANY,
	};
	if (l->edns) {
		static const uint8_t opt[11] = { 0, 0, 41, 0x04, 0xd0 };

		start[11] = 1;
		memcpy(p, opt, 11);
		p[7] = l->dnssec_ok ? 0x80 : 0;
		p += 11;
	}
	l->queries[l->query_count++].len = (uint16_t)(p - start);
	l->octet_count += (size_t)(p - start);
	return &l->queries[l->query_count - 1];
}

static int read_queries(struct load *l)
{
	char line[512];
	unsigned long at = 0;

	while (fgets(line, sizeof(line), stdin)) {
		char *rest = NULL;
		const char *name = strtok_r(line, " \t\n", &rest);
		const char *type = strtok_r(NULL, " \t\n", &rest);
		const char *rcode = strtok_r(NULL, " \t\n", &rest);
		const char *count = strtok_r(NULL, " \t\n", &rest);

		struct query *q;

		at++;
		if (name == NULL)
			continue;
		q = strlen(name) < 255 && type ? add_query(l, name, type_of(type))
					       : NULL;
		if (q == NULL) {
			fprintf(stderr, "udp_load: line %lu is no query\n", at);
			return -1;
		}
		if (rcode)
			q->rcode = (int16_t)strtol(rcode, NULL, 10);
		if (count)
			q->answer_count = (int16_t)strtol(count, NULL, 10);
	}
	return l->query_count ? 0 : -1;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t cpu_ns(const struct load *l)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < l->pid_count; i++) {
		clockid_t clock;
		struct timespec t;

		if (clock_getcpuclockid(l->pids[i], &clock) == 0 &&
		    clock_gettime(clock, &t) == 0)
			sum += (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	}
	return sum;
}

static size_t choose(struct load *l)
{
	if (l->in_order) {
		if (l->next == l->query_count)
			l->next = 0;
		return l->next++;
	}
	l->random ^= l->random << 13;
	l->random ^= l->random >> 7;
	l->random ^= l->random << 17;
	return (size_t)(((l->random >> 32) * l->query_count) >> 32);
}

static void ask(struct load *l)
{
	static uint8_t packets[BATCH][600];
	struct iovec vectors[BATCH];
	struct mmsghdr messages[BATCH];
	unsigned n = 0;
	int sent;

	memset(messages, 0, sizeof(messages));
	while (n < BATCH && l->outstanding + n < l->outstanding_max) {
		size_t number = choose(l);
		const struct query *q = &l->queries[number];

		while (l->asked[l->next_id])
			l->next_id++;
		memcpy(packets[n], l->octets + q->at, q->len);
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

static bool is_right(const struct load *l, const struct query *q, const uint8_t *p,
		     size_t len)
{
	const uint8_t *asked = l->octets + q->at;

	if (l->echo)
		return len == q->len;
	if (len < q->question_end || (p[2] & 0x80) == 0 ||
	    memcmp(p + 4, asked + 4, 2) != 0 ||
	    memcmp(p + 12, asked + 12, (size_t)q->question_end - 12) != 0)
		return false;
	if (q->rcode != ANY && (p[3] & 15) != q->rcode)
		return false;
	return q->answer_count == ANY || (p[6] << 8 | p[7]) == q->answer_count;
}

static void receive(struct load *l, int flags)
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
		if (is_right(l, &l->queries[l->asked[id] - 1], packets[i],
			     messages[i].msg_len))
			l->right++;
		else
			l->wrong++;
		l->asked[id] = 0;
		l->outstanding--;
	}
}

static void run(struct load *l)
{
	uint64_t start = now_ns();
	uint64_t end = start + (uint64_t)(l->seconds * 1e9);
	uint64_t cpu = cpu_ns(l);
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
	cpu = cpu_ns(l) - cpu;
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
	static struct load l = { .outstanding_max = 256,
				 .seconds = 3,
				 .random = 88172645463325252 };
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
		else if (c == 'P' && l.pid_count < PIDS_MAX)
			l.pids[l.pid_count++] = (pid_t)strtol(optarg, NULL, 10);
		else if (c == 'R')
			l.recursion_desired = true;
		else if (c == 'e')
			l.edns = true;
		else if (c == 'd')
			l.edns = l.dnssec_ok = true;
		else if (c == 'x')
			l.echo = true;
		else if (c == 'r')
			l.in_order = true;
		else
			return 2;
	}
	if (l.outstanding_max == 0 || l.outstanding_max > OUTSTANDING_MAX)
		l.outstanding_max = 256;
	if (read_queries(&l))
		return 2;
	l.fd = open_socket(address, port);
	if (l.fd < 0) {
		perror("udp_load");
		return 1;
	}
	run(&l);
	return l.wrong ? 1 : 0;
}
