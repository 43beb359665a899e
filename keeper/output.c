#include "keeper/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/operator/log.h"
#include "net/loop.h"

enum { KEPT_MAX = 2000, LINES_MAX = 20, PIECE_LEN = 4096, PIECES_MAX = 16 };

struct output {
	int fd;
	struct watch *watch; /* NULL: nothing more can come */
	size_t kept_len;
	uint64_t dropped_len;
	char kept[KEPT_MAX + 1];
};

static struct event said = {
	.name = "hook-said",
	.level = LOG_LEVEL_NOTICE,
	.per_minute = 120,
	.help = "a line of output from an on-switch hook",
};

/* Reads a bounded part of what is there. Returns whether there may be more. */
static bool read_some(struct output *o)
{
	char piece[PIECE_LEN];
	size_t room = KEPT_MAX - o->kept_len;
	ssize_t got = read(o->fd, piece, sizeof(piece));
	size_t len = got > 0 ? (size_t)got : 0;
	size_t kept = len < room ? len : room;

	memcpy(o->kept + o->kept_len, piece, kept);
	o->kept_len += kept;
	o->dropped_len += len - kept;
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
		watch_stop(o->watch);
		o->watch = NULL;
	}
	return got > 0;
}

static void on_ready(void *arg, int ready)
{
	(void)ready;
	(void)read_some(arg); /* the loop comes back while there is more */
}

struct output *output_open(struct loop *l, int *write_fd)
{
	struct output *o;
	int ends[2];

	*write_fd = -1;
	if (pipe2(ends, O_CLOEXEC))
		return NULL;
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK)) {
		close(ends[0]);
		close(ends[1]);
		return NULL;
	}
	o = alloc(sizeof(*o));
	o->fd = ends[0];
	o->watch = watch_start(l, o->fd, LOOP_READ, on_ready, o);
	*write_fd = ends[1];
	return o;
}

void output_close(struct output *o, const char *program, uint32_t sequence)
{
	char *rest, *line;
	int lines = 0;

	if (o == NULL)
		return;
	for (int i = 0; i < PIECES_MAX && o->watch && read_some(o); i++)
		;
	watch_stop(o->watch);
	close(o->fd);
	for (size_t i = 0; i < o->kept_len; i++)
		if (o->kept[i] == '\0')
			o->kept[i] = '?';
	for (line = strtok_r(o->kept, "\r\n", &rest); line && lines < LINES_MAX;
	     line = strtok_r(NULL, "\r\n", &rest), lines++)
		log_event(&said, "program=%s sequence=%u text=%s", log_quote(program),
			  sequence, log_quote(line));
	if (line || o->dropped_len)
		log_event(&said, "program=%s sequence=%u text=\"... (truncated)\"",
			  log_quote(program), sequence);
	free(o);
}
