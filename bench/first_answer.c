/*
 * Does harm to a pbx and asks a DNS server from then on until a name's address is a
 * different one: how long a switch takes as a client sees it.
 *
 * usage: first_answer [-a ADDRESS] [-p PORT] [-w MS] [-i US] [-t MS] [-k SIGNAL -g
 *PGID]
 *                     [-x COMMAND] NAME
 *
 *	-w  waits so long before the harm
 *	-i  asks every so many microseconds (1000), whether or not the last was answered
 *	-t  gives up after so long (30000)
 *	-k  the harm: this signal to the whole process group -g, at once
 *	-x  the harm: a shell command; time runs from before it is started
 *
 * Prints "before=A after=A ms=N asked=N"; `after` is "-" and the status 1 if nothing
 * changed in time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HEADER_LEN = 12, PACKET_LEN = 4096, ADDRESS_LEN = INET_ADDRSTRLEN };

struct answer_watch {
	const char *name;
	char *command;
	struct sockaddr_in server;
	int fd, signal;
	pid_t group;
	uint64_t wait_ns, pace_ns, limit_ns;
	uint8_t question[300];
	size_t question_len;
	uint16_t asked; /* the number of the last question, which is its id */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void rest(uint64_t ns)
{
	struct timespec t = { (time_t)(ns / 1000000000U), (long)(ns % 1000000000U) };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

static int write_question(struct answer_watch *w)
{
	static const uint8_t header[HEADER_LEN] = { [2] = 1, [5] = 1 };
	uint8_t *p = w->question + HEADER_LEN;
	const char *text = w->name;

	if (strlen(text) > 250)
		return -1;
	memcpy(w->question, header, HEADER_LEN);
	while (*text != '\0') {
		size_t len = strcspn(text, ".");

		if (len == 0 || len > 63)
			return -1;
		*p++ = (uint8_t)len;
		memcpy(p, text, len);
		p += len;
		text += len + (text[len] == '.');
	}
	memcpy(p, (uint8_t[]){ 0, 0, 1, 0, 1 }, 5);
	w->question_len = (size_t)(p + 5 - w->question);
	return 0;
}

static void ask(struct answer_watch *w)
{
	w->asked++;
	w->question[0] = (uint8_t)(w->asked >> 8);
	w->question[1] = (uint8_t)w->asked;
	(void)send(w->fd, w->question, w->question_len, 0);
}

/* Takes one answer, if there is one: the address in its first record. */
static bool take_answer(const struct answer_watch *w, char address[ADDRESS_LEN])
{
	uint8_t p[PACKET_LEN];
	ssize_t len = recv(w->fd, p, sizeof(p), MSG_DONTWAIT);
	size_t at = w->question_len; /* its owner is a pointer to the question's name */

	if (len < (ssize_t)(at + 16) || (p[2] & 0x80) == 0 || (p[3] & 15) != 0 ||
	    (p[6] | p[7]) == 0 || (p[at] & 0xc0) != 0xc0 || p[at + 3] != 1)
		return false;
	return inet_ntop(AF_INET, p + at + 12, address, ADDRESS_LEN) != NULL;
}

static bool await_answer(const struct answer_watch *w, uint64_t until,
			 char address[ADDRESS_LEN])
{
	for (uint64_t now = now_ns(); now < until; now = now_ns()) {
		struct pollfd p = { .fd = w->fd, .events = POLLIN };
		uint64_t left = until - now;
		struct timespec t = { 0,
				      (long)(left < 999999999U ? left : 999999999U) };

		if (ppoll(&p, 1, &t, NULL) > 0 && take_answer(w, address))
			return true;
	}
	return false;
}

static pid_t do_harm(const struct answer_watch *w)
{
	static char shell[] = "sh";
	static char reads[] = "-c";
	char *const argv[] = { shell, reads, w->command, NULL };
	pid_t child = 0;

	if (w->signal && kill(-w->group, w->signal))
		perror("first_answer: kill");
	if (w->command && posix_spawn(&child, "/bin/sh", NULL, NULL, argv, environ))
		child = 0;
	return child;
}

/* Returns the status of the program. */
static int watch(struct answer_watch *w)
{
	char before[ADDRESS_LEN] = "-";
	char after[ADDRESS_LEN] = "-";
	uint64_t start;
	uint64_t next;
	uint64_t end;
	unsigned long count = 0;
	bool changed = false;
	pid_t child;

	for (int i = 0; i < 50 && before[0] == '-'; i++) {
		ask(w);
		(void)await_answer(w, now_ns() + 100000000U, before);
	}
	if (before[0] == '-') {
		fprintf(stderr, "first_answer: no answer for %s\n", w->name);
		return 2;
	}
	rest(w->wait_ns);
	next = start = end = now_ns();
	child = do_harm(w);
	while (!changed && end - start < w->limit_ns) {
		ask(w);
		count++;
		next += w->pace_ns;
		while (!changed && await_answer(w, next, after))
			changed = strcmp(before, after) != 0;
		end = now_ns();
	}
	printf("before=%s after=%s ms=%.2f asked=%lu\n", before, changed ? after : "-",
	       (double)(end - start) / 1e6, count);
	if (child)
		(void)waitpid(child, NULL, 0);
	return changed ? 0 : 1;
}

static int parse_options(struct answer_watch *w, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "a:p:w:i:t:k:g:x:")) != -1) {
		unsigned long number = optarg ? strtoul(optarg, NULL, 10) : 0;

		switch (option) {
		case 'a':
			if (inet_pton(AF_INET, optarg, &w->server.sin_addr) != 1)
				return -1;
			break;
		case 'p':
			w->server.sin_port = htons((uint16_t)number);
			break;
		case 'w':
			w->wait_ns = number * 1000000U;
			break;
		case 'i':
			w->pace_ns = number * 1000U;
			break;
		case 't':
			w->limit_ns = number * 1000000U;
			break;
		case 'k':
			w->signal = (int)number;
			break;
		case 'g':
			w->group = (pid_t)number;
			break;
		case 'x':
			w->command = optarg;
			break;
		default:
			return -1;
		}
	}
	if (optind + 1 != argc || w->pace_ns == 0 || (w->signal && w->group <= 1))
		return -1;
	w->name = argv[optind];
	return write_question(w);
}

int main(int argc, char **argv)
{
	static struct answer_watch w = {
		.server = { .sin_family = AF_INET },
		.pace_ns = 1000000U,
		.limit_ns = 30000000000U,
	};

	w.server.sin_port = htons(53);
	w.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (parse_options(&w, argc, argv)) {
		fprintf(stderr,
			"usage: first_answer [-a ADDRESS] [-p PORT] [-w MS] [-i US] "
			"[-t MS] [-k SIGNAL -g PGID] [-x COMMAND] NAME\n");
		return 2;
	}
	w.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (w.fd < 0 || connect(w.fd, (struct sockaddr *)&w.server, sizeof(w.server))) {
		perror("first_answer");
		return 2;
	}
	return watch(&w);
}
