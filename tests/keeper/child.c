/*
 * A child of the keeper for tests: it answers datagrams, and one question a connection.
 *
 *   pid          its process id            worker  the number of the socket asked
 *   conf         the configuration         upgrade whether another answered before it
 *   exit N       ends with status N        hook N ROW WORD...  asks for a hook
 *   stuck        says from now on that a thread stands still
 *   links NAME   how many links it has with that other child
 *   asked        whether it was asked to prepare, and has not answered
 *   prepared     now it answers
 *   peer NAME    asks the other child for its process id, over such a link
 *
 * It refuses to prepare a configuration that says "refuse", stands still over one that
 * says "hang", answers when it is told to if it has sockets and it says "later", and
 * does not start with one that says "no-start".
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

enum { SOCKETS_MAX = 64, WORDS_MAX = 16, LINKS_MAX = 32, NAME_LEN = 32 };

/* With another child: which, and for which worker of ours or its own. */
struct peer_link {
	int fd;
	char name[NAME_LEN];
	uint16_t kind;
	uint16_t worker;
};

static struct child *child;
static struct child_socket sockets[SOCKETS_MAX];
static size_t socket_count;
static size_t committed_count; /* those behind are only prepared */
static struct peer_link links[LINKS_MAX];
static size_t link_count;
static char *conf;
static char *folders; /* of the start */
static char *prepared;
static bool asked; /* to prepare, and it waits to be told */
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

/* A new one stands for the one before. */
static void take_link(const struct child_message *m)
{
	struct peer_link *l = links;

	while (l < links + link_count &&
	       (strcmp(l->name, m->link_name) != 0 || l->kind != m->link_kind ||
		l->worker != m->link_worker))
		l++;
	if (l == links + LINKS_MAX)
		return;
	if (l == links + link_count)
		link_count++;
	else
		close(l->fd);
	*l = (struct peer_link){ .fd = m->end,
				 .kind = m->link_kind,
				 .worker = m->link_worker };
	(void)snprintf(l->name, sizeof(l->name), "%s", m->link_name);
}

static unsigned count_links(const char *name)
{
	unsigned count = 0;

	for (size_t i = 0; i < link_count; i++)
		count += strcmp(links[i].name, name) == 0;
	return count;
}

/* Whether the other end is no more. */
static bool closed(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && p.revents & POLLHUP;
}

/* Asks the other end of a link for its process id. */
static void ask_peer(const char *name, char *out, size_t space)
{
	struct pollfd p = { .fd = -1, .events = POLLIN };

	for (size_t i = 0; i < link_count; i++)
		if (strcmp(links[i].name, name) == 0)
			p.fd = links[i].fd;
	if (p.fd >= 0 && send(p.fd, "?", 1, MSG_NOSIGNAL) == 1 &&
	    poll(&p, 1, 2000) == 1) {
		ssize_t len = recv(p.fd, out, space - 1, MSG_DONTWAIT);

		out[len < 0 ? 0 : len] = '\0';
	}
}

static void answer_peers(void)
{
	char text[16];

	for (size_t i = 0; i < link_count; i++)
		if (recv(links[i].fd, text, sizeof(text), MSG_DONTWAIT) == 1) {
			(void)snprintf(text, sizeof(text), "%d", (int)getpid());
			(void)send(links[i].fd, text, strlen(text), MSG_NOSIGNAL);
		}
}

static void say_prepared(void)
{
	(void)child_prepared(child,
			     strstr(prepared, "refuse") ? "it says refuse" : NULL,
			     NULL);
	asked = false;
}

static void hear(const struct child_message *m)
{
	switch (m->type) {
	case CHILD_PREPARE:
		take_sockets(m);
		prepared = conf_of(m);
		if (strstr(prepared, "hang"))
			(void)raise(SIGSTOP);
		asked = strstr(prepared, "later") && socket_count;
		if (!asked)
			say_prepared();
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
	case CHILD_LINK:
		take_link(m);
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
	char *row = strtok_r(NULL, " ", &rest);
	size_t count = 0;
	char json[64];

	while (count < WORDS_MAX && (argv[count] = strtok_r(NULL, " ", &rest)))
		count++;
	(void)snprintf(json, sizeof(json), "{\"sequence\":%s}\n", number);
	(void)child_hook(child, (uint32_t)strtoul(number, NULL, 10),
			 (uint32_t)strtoul(row, NULL, 10), child_hook_digest(argv),
			 json);
}

static void answer(const struct child_socket *s, char *text, char *out, size_t space)
{
	if (strcmp(text, "pid") == 0)
		(void)snprintf(out, space, "%d", (int)getpid());
	else if (strcmp(text, "worker") == 0)
		(void)snprintf(out, space, "%u", s->worker);
	else if (strcmp(text, "upgrade") == 0)
		(void)snprintf(out, space, "%d", upgrade);
	else if (strcmp(text, "conf") == 0)
		(void)snprintf(out, space, "%s", conf);
	else if (strcmp(text, "folders") == 0)
		(void)snprintf(out, space, "%s", folders);
	else if (strcmp(text, "asked") == 0)
		(void)snprintf(out, space, "%d", asked);
	else if (strcmp(text, "prepared") == 0 && asked)
		say_prepared();
	else if (strcmp(text, "stuck") == 0)
		stuck = "udp worker 0";
	else if (strncmp(text, "exit ", 5) == 0)
		_exit((int)strtol(text + 5, NULL, 10));
	else if (strncmp(text, "hook ", 5) == 0)
		ask_hook(text + 5);
	else if (strncmp(text, "links ", 6) == 0)
		(void)snprintf(out, space, "%u", count_links(text + 6));
	else if (strncmp(text, "peer ", 5) == 0)
		ask_peer(text + 5, out, space);
}

static void answer_datagram(const struct child_socket *s)
{
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	char text[1500];
	char out[1500] = "?";
	ssize_t len = recvfrom(s->fd, text, sizeof(text) - 1, MSG_DONTWAIT,
			       (struct sockaddr *)&from, &from_len);

	if (len < 0)
		return;
	text[len] = '\0';
	answer(s, text, out, sizeof(out));
	(void)sendto(s->fd, out, strlen(out), 0, (struct sockaddr *)&from, from_len);
}

/* Whoever connects asks at once. */
static void answer_connection(const struct child_socket *s)
{
	int fd = accept(s->fd, NULL, NULL);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[1500];
	ssize_t len;

	if (fd < 0)
		return;
	len = poll(&p, 1, 2000) == 1 ? recv(fd, text, sizeof(text) - 1, 0) : -1;
	if (len > 0) {
		char out[1500] = "?";

		text[len] = '\0';
		answer(s, text, out, sizeof(out));
		(void)send(fd, out, strlen(out), MSG_NOSIGNAL);
	}
	close(fd);
}

/* One turn: one question of each socket and link, then the keeper. */
static void turn(void)
{
	struct pollfd polls[1 + SOCKETS_MAX + LINKS_MAX] = { { .fd = child_fd(child),
							       .events = POLLIN } };
	size_t count = committed_count;
	struct child_message m;
	int err;

	for (size_t i = 0; i < count; i++)
		polls[1 + i] = (struct pollfd){ .fd = sockets[i].fd, .events = POLLIN };
	for (size_t i = 0; i < link_count; i++)
		polls[1 + count + i] = (struct pollfd){
			.fd = closed(links[i].fd) ? -1 : links[i].fd, .events = POLLIN
		};
	if (poll(polls, 1 + count + link_count, -1) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (polls[1 + i].revents && sockets[i].kind == CHILD_UDP)
			answer_datagram(&sockets[i]);
		else if (polls[1 + i].revents)
			answer_connection(&sockets[i]);
	answer_peers();
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
	folders = alloc_format("%s %s", start.state_dir, start.run_dir);
	upgrade = start.upgrade;
	take_sockets(&start);
	committed_count = socket_count;
	(void)child_ready(child);
	for (;;)
		turn();
}
