#include "admin/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/json.h"

enum { SEND_TIMEOUT_S = 5, ANSWER_MAX_LEN = 1 << 30, READ_LEN = 16384 };

struct admin_client {
	int fd;
	struct buffer in;
	size_t line_len; /* with its newline, of the line handed out last */
};

static int err_of(int reason)
{
	switch (reason) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOT_FOUND;
	case ECONNREFUSED:
		return ERR_REFUSED;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	case EPIPE:
	case ECONNRESET:
		return ERR_CLOSED;
	case EAGAIN:
		return ERR_TIMEOUT;
	default:
		return ERR_SYSTEM;
	}
}

int admin_client_open(const char *path, struct admin_client **out)
{
	const struct timeval timeout = { .tv_sec = SEND_TIMEOUT_S };
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct admin_client *c;
	int fd;

	if (strlen(path) >= sizeof(at.sun_path))
		return ERR_RANGE;
	memcpy(at.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ERR_SYSTEM;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) ||
	    connect(fd, (struct sockaddr *)&at, sizeof(at))) {
		int reason = errno;

		close(fd);
		errno = reason;
		return err_of(reason);
	}
	c = alloc(sizeof(*c));
	c->fd = fd;
	*out = c;
	return OK;
}

void admin_client_close(struct admin_client *c)
{
	if (c == NULL)
		return;
	close(c->fd);
	buffer_fini(&c->in);
	free(c);
}

/* A request with its newline; the caller's to free(). */
static char *line_format(const char *command, const char *const *args, size_t arg_count)
{
	struct buffer b = { 0 };
	struct json j = json_to(&b);

	json_object(&j, NULL);
	json_text(&j, "command", command);
	json_array(&j, "args");
	for (size_t i = 0; i < arg_count; i++)
		json_text(&j, NULL, args[i]);
	json_end(&j);
	json_end(&j);
	buffer_put_text(&b, "\n");
	return buffer_take_text(&b);
}

int admin_client_ask(struct admin_client *c, const char *command,
		     const char *const *args, size_t arg_count)
{
	char *line = line_format(command, args, arg_count);
	size_t len = strlen(line);
	size_t at = 0;
	int err = OK;

	while (at < len && err == OK) {
		ssize_t sent = send(c->fd, line + at, len - at, MSG_NOSIGNAL);

		if (sent >= 0)
			at += (size_t)sent;
		else if (errno != EINTR)
			err = err_of(errno);
	}
	free(line);
	return err;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for octets and takes them. */
static int read_more(struct admin_client *c, int64_t until_ms)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	int64_t left = until_ms - now_ms();
	ssize_t got;
	int n = poll(&p, 1, until_ms < 0 ? -1 : left > 0 ? (int)left : 0);

	if (n < 0)
		return errno == EINTR ? OK : ERR_SYSTEM;
	if (n == 0)
		return ERR_TIMEOUT;
	got = recv(c->fd, buffer_reserve(&c->in, READ_LEN), READ_LEN, 0);
	if (got < 0)
		return errno == EINTR ? OK : err_of(errno);
	c->in.len += (size_t)got;
	return got ? OK : ERR_CLOSED;
}

int admin_client_read(struct admin_client *c, uint32_t timeout_ms, const char **line,
		      size_t *len)
{
	size_t searched = 0;

	buffer_drop(&c->in, c->line_len);
	c->line_len = 0;
	for (;;) {
		uint8_t *from = c->in.octets + searched;
		uint8_t *end = c->in.len > searched
				       ? memchr(from, '\n', c->in.len - searched)
				       : NULL;
		int err;

		if (end) {
			*end = '\0';
			*line = (const char *)c->in.octets;
			*len = (size_t)(end - c->in.octets);
			c->line_len = *len + 1;
			return OK;
		}
		searched = c->in.len;
		if (searched > ANSWER_MAX_LEN)
			return ERR_LIMIT;
		err = read_more(c, timeout_ms ? now_ms() + timeout_ms : -1);
		if (err)
			return err;
	}
}
