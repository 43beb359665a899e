#include "base/process/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/operator/log.h"
#include "base/process/diag_form.h"
#include "base/process/link.h"
#include "base/siphash.h"

enum { START_TIMEOUT_MS = 10000, FAULTS_MAX = 128, WHY_MAX_LEN = 4096 };

struct child {
	int fd;
	uint32_t prepare_sequence;    /* of the CHILD_PREPARE answered next */
	struct child_socket *sockets; /* of the message in progress */
	size_t socket_count;
	bool sockets_given; /* the list was passed on: the next socket begins a new one
			     */
	uint32_t *gone;
	uint8_t *conf; /* may hold secrets */
	size_t conf_len;
	char *text; /* conf_path or why */
	char *state_dir, *run_dir;
	uint8_t space[LINK_PAYLOAD_MAX];
};

struct child *child_new(int fd)
{
	struct child *c = alloc(sizeof(*c));

	c->fd = fd;
	return c;
}

/* Sockets that were handed out are the caller's; the others are still ours. */
static void drop_sockets(struct child *c)
{
	for (size_t i = 0; !c->sockets_given && i < c->socket_count; i++)
		close(c->sockets[i].fd);
	c->socket_count = 0;
	c->sockets_given = false;
}

void child_close(struct child *c)
{
	if (c == NULL)
		return;
	drop_sockets(c);
	close(c->fd);
	free(c->sockets);
	free(c->gone);
	free_wiped(c->conf, c->conf_len);
	free(c->text);
	free(c->state_dir);
	free(c->run_dir);
	free(c);
}

int child_fd(const struct child *c)
{
	return c->fd;
}

static char *text_copy(struct text t)
{
	char *copy = alloc(text_len(&t) + 1);

	memcpy(copy, t.at, text_len(&t));
	return copy;
}

static int read_socket(struct child *c, struct link_message *m)
{
	struct text t = text_of(m->payload, m->len);
	struct child_socket s = { .fd = m->fd_count == 1 ? m->fds[0] : -1 };
	struct sockaddr_storage bound = { 0 };
	socklen_t len = sizeof(bound);

	s.id = link_u32(&t);
	s.kind = link_u16(&t);
	s.worker = link_u16(&t);
	s.wildcard = link_u16(&t) != 0;
	if (t.err || s.fd < 0 || s.kind >= CHILD_SOCKET_KINDS ||
	    getsockname(s.fd, (struct sockaddr *)&bound, &len)) {
		link_close_fds(m);
		return ERR_MALFORMED;
	}
	addr_from_sockaddr((struct sockaddr *)&bound, &s.addr);
	if (c->sockets_given)
		drop_sockets(c);
	c->sockets = alloc_resize(c->sockets, c->socket_count + 1, sizeof(s));
	c->sockets[c->socket_count++] = s;
	return ERR_AGAIN; /* nothing to hand out yet */
}

/* The octets of a sealed memfd. */
static int read_conf(struct child *c, int fd, size_t *len)
{
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st))
		return ERR_SYSTEM;
	free_wiped(c->conf, c->conf_len);
	c->conf = alloc((size_t)st.st_size);
	c->conf_len = (size_t)st.st_size;
	got = pread(fd, c->conf, (size_t)st.st_size, 0);
	if (got != st.st_size)
		return ERR_SYSTEM;
	*len = (size_t)got;
	return OK;
}

/* A keeper of an older release does not say them. */
static void read_folders(struct child *c, struct text *t)
{
	free(c->state_dir);
	free(c->run_dir);
	c->state_dir = c->run_dir = NULL;
	if (text_len(t) == 0)
		return;
	c->state_dir = text_copy(link_text(t));
	c->run_dir = text_copy(link_text(t));
}

static int read_start(struct child *c, struct link_message *m,
		      struct child_message *out)
{
	struct text t = text_of(m->payload, m->len);
	int err = ERR_MALFORMED;

	out->udp_workers = link_u16(&t);
	out->stream_workers = link_u16(&t);
	out->upgrade = link_u16(&t) != 0;
	free(c->text);
	c->text = text_copy(link_text(&t));
	read_folders(c, &t);
	if (t.err == OK && m->fd_count == 1)
		err = read_conf(c, m->fds[0], &out->conf_len);
	link_close_fds(m);
	if (c->sockets_given)
		drop_sockets(c);
	c->sockets_given = true;
	out->conf = c->conf;
	out->conf_path = c->text;
	out->state_dir = c->state_dir;
	out->run_dir = c->run_dir;
	out->sockets = c->sockets;
	out->socket_count = c->socket_count;
	return err;
}

static int read_commit(struct child *c, const struct link_message *m,
		       struct child_message *out)
{
	struct text t = text_of(m->payload, m->len);

	free(c->gone);
	c->gone = alloc_array(m->len / 4, sizeof(*c->gone));
	while (text_len(&t) >= 4)
		c->gone[out->gone_count++] = link_u32(&t);
	out->gone = c->gone;
	return OK;
}

static int read_hook_done(struct child *c, const struct link_message *m,
			  struct child_message *out)
{
	struct text t = text_of(m->payload, m->len);

	out->sequence = m->sequence;
	out->status = (int)link_u32(&t);
	out->tries = link_u32(&t);
	free(c->text);
	c->text = text_copy(link_text(&t));
	out->why = c->text;
	return t.err ? ERR_MALFORMED : OK;
}

static int read_link(struct child *c, struct link_message *m, struct child_message *out)
{
	struct text t = text_of(m->payload, m->len);

	out->link_kind = link_u16(&t);
	out->link_worker = link_u16(&t);
	free(c->text);
	c->text = text_copy(text_len(&t) ? link_text(&t) : t);
	out->link_name = c->text;
	if (t.err || m->fd_count != 1 || out->link_kind >= CHILD_SOCKET_KINDS) {
		link_close_fds(m);
		return ERR_MALFORMED;
	}
	out->end = m->fds[0];
	return OK;
}

static int read_log(struct link_message *m, struct child_message *out)
{
	if (m->fd_count != 1) {
		link_close_fds(m);
		return ERR_MALFORMED;
	}
	out->log = m->fds[0];
	return OK;
}

static int read_message(struct child *c, struct link_message *m,
			struct child_message *out)
{
	out->type = (enum child_message_type)m->type;
	switch (m->type) {
	case CHILD_SOCKET:
		return read_socket(c, m);
	case CHILD_START:
	case CHILD_PREPARE:
		c->prepare_sequence = m->sequence;
		return read_start(c, m, out);
	case CHILD_COMMIT:
		return read_commit(c, m, out);
	case CHILD_HOOK_DONE:
		return read_hook_done(c, m, out);
	case CHILD_LINK:
		return read_link(c, m, out);
	case CHILD_LOG:
		return read_log(m, out);
	case CHILD_ABORT:
	case CHILD_DRAIN:
	case CHILD_STOP:
	case CHILD_PING:
		return OK;
	default: /* a keeper newer than this child */
		link_close_fds(m);
		return ERR_AGAIN;
	}
}

int child_receive(struct child *c, struct child_message *out)
{
	struct link_message m;

	for (;;) {
		struct child_message message = { 0 };
		int err = link_receive(c->fd, c->space, &m);
		if (err)
			return err == ERR_MALFORMED ? ERR_SYSTEM : err;
		err = read_message(c, &m, &message);
		if (err == OK)
			*out = message;
		if (err != ERR_AGAIN)
			return err == ERR_MALFORMED ? ERR_SYSTEM : err;
	}
}

static bool is_link(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	       type == SOCK_SEQPACKET;
}

int child_open(struct child **out, struct child_message *start)
{
	struct pollfd p = { .fd = CHILD_LINK_FD, .events = POLLIN };
	struct child *c;
	int err;

	if (!is_link(CHILD_LINK_FD))
		return ERR_NOT_FOUND;
	c = child_new(CHILD_LINK_FD);
	while ((err = child_receive(c, start)) == ERR_AGAIN) {
		int n = poll(&p, 1, START_TIMEOUT_MS);

		if (n == 0 || (n < 0 && errno != EINTR)) {
			err = n ? ERR_SYSTEM : ERR_TIMEOUT;
			break;
		}
	}
	if (err == OK && start->type != CHILD_START)
		err = ERR_CLOSED; /* stopped before it began */
	if (err == OK)
		*out = c;
	else
		child_close(c);
	return err;
}

int child_ready(struct child *c)
{
	struct buffer b = { 0 };
	int err;

	buffer_put_u16(&b, CHILD_SPEAKS);
	err = link_send(c->fd, &(struct link_message){ .type = CHILD_READY,
						       .payload = b.octets,
						       .len = b.len });
	buffer_fini(&b);
	return err;
}

int child_prepared(struct child *c, const char *why_not, const struct diags *faults)
{
	const char *why = why_not ? why_not : "";
	size_t len = strlen(why);
	struct buffer b = { 0 };
	size_t kept;
	int err;

	if (len > WHY_MAX_LEN)
		len = WHY_MAX_LEN;
	buffer_put_u16(&b, why_not == NULL);
	buffer_put_u32(&b, (uint32_t)len);
	buffer_put(&b, why, len);
	kept = b.len;
	for (unsigned most = FAULTS_MAX; faults && most > 0; most /= 2) {
		b.len = kept;
		diags_encode(faults, most, &b);
		if (b.len <= LINK_PAYLOAD_MAX)
			break;
		b.len = kept;
	}
	err = link_send(c->fd, &(struct link_message){ .type = CHILD_PREPARED,
						       .sequence = c->prepare_sequence,
						       .payload = b.octets,
						       .len = b.len });
	buffer_fini(&b);
	return err;
}

static void put_text(struct buffer *b, const char *text)
{
	buffer_put_u32(b, (uint32_t)strlen(text));
	buffer_put_text(b, text);
}

int child_alive(struct child *c, const char *stuck)
{
	struct buffer b = { 0 };
	int err;

	put_text(&b, stuck ? stuck : "");
	err = link_send(c->fd, &(struct link_message){ .type = CHILD_ALIVE,
						       .payload = b.octets,
						       .len = b.len });
	buffer_fini(&b);
	return err;
}

static void send_threads(struct child *c, struct link_message *m)
{
	if (m->fd_count)
		(void)link_send(c->fd, m);
	link_close_fds(m);
}

void child_show_threads(struct child *c)
{
	struct link_message m = { .type = CHILD_THREADS };
	DIR *threads = opendir("/proc/self/task");
	const struct dirent *e;

	while (threads && (e = readdir(threads))) {
		int fd = e->d_name[0] == '.' ? -1
					     : openat(dirfd(threads), e->d_name,
						      O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			continue;
		m.fds[m.fd_count++] = fd;
		if (m.fd_count == LINK_FDS)
			send_threads(c, &m);
	}
	send_threads(c, &m);
	if (threads)
		(void)closedir(threads);
}

uint64_t child_hook_digest(char *const *argv)
{
	static const uint8_t no_key[SIPHASH_KEY_LEN];
	struct buffer words = { 0 };
	uint64_t digest;

	for (; *argv; argv++)
		put_text(&words, *argv);
	digest = siphash128(no_key, words.octets, words.len).low;
	buffer_fini(&words);
	return digest;
}

int child_hook(struct child *c, uint32_t sequence, uint32_t row, uint64_t digest,
	       const char *json)
{
	struct buffer b = { 0 };
	int err;

	if (strlen(json) > CHILD_HOOK_JSON_MAX)
		return ERR_LIMIT;
	buffer_put_u32(&b, row);
	buffer_put_u32(&b, (uint32_t)(digest >> 32));
	buffer_put_u32(&b, (uint32_t)digest);
	put_text(&b, json);
	err = link_send(c->fd, &(struct link_message){ .type = CHILD_HOOK,
						       .sequence = sequence,
						       .payload = b.octets,
						       .len = b.len });
	buffer_fini(&b);
	return err;
}

static void obey(struct child *c, const struct child_message *m,
		 const struct child_calls *calls, void *arg)
{
	switch (m->type) {
	case CHILD_PREPARE:
		calls->prepare(arg, m);
		break;
	case CHILD_COMMIT:
		calls->commit(arg, m);
		break;
	case CHILD_ABORT:
		calls->abort(arg);
		break;
	case CHILD_DRAIN:
		calls->drain(arg);
		break;
	case CHILD_STOP:
		calls->stop(arg);
		break;
	case CHILD_LINK:
		calls->linked(arg, m);
		break;
	case CHILD_HOOK_DONE:
		if (calls->hook_done)
			calls->hook_done(arg, m);
		break;
	case CHILD_LOG:
		(void)log_to(m->log);
		break;
	case CHILD_PING:
		(void)child_alive(c, calls->stuck(arg));
		break;
	default:
		break;
	}
}

void child_obey(struct child *c, const struct child_calls *calls, void *arg)
{
	struct child_message m;
	int err;

	while ((err = child_receive(c, &m)) == OK)
		obey(c, &m, calls, arg);
	if (err != ERR_AGAIN)
		calls->stop(arg);
}

void child_raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}
