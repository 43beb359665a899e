/*
 * A child of the keeper for tests: it answers datagrams.
 *
 *   pid          its process id            worker  the number of the socket asked
 *   conf         the configuration         upgrade whether another answered before it
 *   exit N       ends with status N        hook N PROGRAM ARG...  asks for a hook
 *   stuck        says from now on that a thread stands still
 *
 * It refuses to prepare a configuration that says "refuse", stands still over one that
 * says "hang", and does not start with one that says "no-start".
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/process/child.h"

enum { SOCKETS_MAX = 64, WORDS_MAX = 16 };

static struct child *child;
static struct child_socket sockets[SOCKETS_MAX];
static size_t socket_count;
static size_t committed_count; /* those behind are only prepared */
static char *conf;
static char *prepared;
static bool upgrade;
static const char *stuck; /* a thread of its that is said to stand still */

static char *conf_of(const struct child_message *m)
{
	char *text = alloc(m->conf_len + 1);

	memcpy(text, m->conf, m->conf_len);
	return text;
}

static void take_sockets(const struct child_message *m)
{
	for (size_t i = 0; i < m->socket_count; i++)
		sockets[socket_count++] = m->sockets[i];
}

static void close_socket(size_t i)
{
	close(sockets[i].fd);
	sockets[i] = sockets[--socket_count];
}

static void commit(const struct child_message *m)
{
	for (size_t g = 0; g < m->gone_count; g++)
		for (size_t i = 0; i < socket_count; i++)
			if (sockets[i].id == m->gone[g])
				close_socket(i--);
	committed_count = socket_count;
	free(conf);
	conf = prepared;
	prepared = NULL;
}

static void tell_hook(const struct child_message *m)
{
	FILE *f = fopen(getenv("HOOK_LOG") ? getenv("HOOK_LOG") : "/dev/null", "a");

	if (f == NULL)
		return;
	fprintf(f, "done %u status %d tries %u why %s\n", m->sequence, m->status,
		m->tries, m->why);
	fclose(f);
}

static void hear(const struct child_message *m)
{
	switch (m->type) {
	case CHILD_PREPARE:
		take_sockets(m);
		prepared = conf_of(m);
		if (strstr(prepared, "hang"))
			(void)raise(SIGSTOP);
		(void)child_prepared(child,
				     strstr(prepared, "refuse") ? "it says refuse"
								: NULL,
				     NULL);
		break;
	case CHILD_COMMIT:
		commit(m);
		break;
	case CHILD_ABORT:
		while (socket_count > committed_count)
			close_socket(socket_count - 1);
		free(prepared);
		prepared = NULL;
		break;
	case CHILD_HOOK_DONE:
		tell_hook(m);
		break;
	case CHILD_PING:
		(void)child_alive(child, stuck);
		break;
	case CHILD_DRAIN:
	case CHILD_STOP:
		exit(0);
	default:
		break;
	}
}

static void ask_hook(char *text)
{
	char *argv[WORDS_MAX + 1] = { NULL };
	char *rest = NULL;
	char *number = strtok_r(text, " ", &rest);
	size_t count = 0;
	char json[64];

	while (count < WORDS_MAX && (argv[count] = strtok_r(NULL, " ", &rest)))
		count++;
	(void)snprintf(json, sizeof(json), "{\"sequence\":%s}\n", number);
	(void)child_hook(child, (uint32_t)strtoul(number, NULL, 10), argv, json, 2000,
			 2);
}

static void answer(const struct child_socket *s)
{
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	char text[1500];
	ssize_t len = recvfrom(s->fd, text, sizeof(text) - 1, MSG_DONTWAIT,
			       (struct sockaddr *)&from, &from_len);
	char out[1500] = "?";

	if (len < 0)
		return;
	text[len] = '\0';
	if (strcmp(text, "pid") == 0)
		(void)snprintf(out, sizeof(out), "%d", (int)getpid());
	else if (strcmp(text, "worker") == 0)
		(void)snprintf(out, sizeof(out), "%u", s->worker);
	else if (strcmp(text, "upgrade") == 0)
		(void)snprintf(out, sizeof(out), "%d", upgrade);
	else if (strcmp(text, "conf") == 0)
		(void)snprintf(out, sizeof(out), "%s", conf);
	else if (strcmp(text, "stuck") == 0)
		stuck = "udp worker 0";
	else if (strncmp(text, "exit ", 5) == 0)
		_exit((int)strtol(text + 5, NULL, 10));
	else if (strncmp(text, "hook ", 5) == 0)
		ask_hook(text + 5);
	(void)sendto(s->fd, out, strlen(out), 0, (struct sockaddr *)&from, from_len);
}

/* One turn: commands, then one datagram of each socket. */
static void turn(void)
{
	struct pollfd polls[SOCKETS_MAX + 1] = { { .fd = child_fd(child),
						   .events = POLLIN } };
	size_t count = committed_count;
	struct child_message m;
	int err;

	for (size_t i = 0; i < count; i++)
		polls[i + 1] = (struct pollfd){
			.fd = sockets[i].kind == CHILD_UDP ? sockets[i].fd : -1,
			.events = POLLIN,
		};
	if (poll(polls, count + 1, -1) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (polls[i + 1].revents)
			answer(&sockets[i]);
	while ((err = child_receive(child, &m)) == OK)
		hear(&m);
	if (err != ERR_AGAIN)
		exit(0); /* the keeper is gone */
}

int main(void)
{
	struct child_message start;
	int err = child_open(&child, &start);

	if (err) {
		fprintf(stderr, "child: %s\n", err_text(err));
		return 1;
	}
	conf = conf_of(&start);
	if (strstr(conf, "no-start"))
		return 3;
	upgrade = start.upgrade;
	take_sockets(&start);
	committed_count = socket_count;
	(void)child_ready(child);
	for (;;)
		turn();
}
