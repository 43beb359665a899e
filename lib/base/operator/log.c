#include "base/operator/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/rune.h"
#include "base/text.h"

enum {
	LINE_LEN = 2048,
	QUOTE_LEN = 256,
	QUOTES = 8,
	MINUTE_MS = 60000,
	FILE_MODE = 0640,
	/* of a pipe that is not ours: so much of it is never filled, for those who
	   look at it at the same time */
	PIPE_SHARE = 4
};

static const char *process_name = "deputy";
static enum log_level level_max = LOG_LEVEL_NOTICE;
static uint32_t dropped_count; /* lines; touched atomically */

/* clang-format off */
static struct event lines_dropped = {
	.name = "log-dropped", .level = LOG_LEVEL_WARNING,
	.help = "standard error was not read or not writable: so many lines were discarded before this one",
};
/* clang-format on */

void log_open(const char *process, enum log_level most)
{
	process_name = process;
	level_max = most;
}

static uint64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Whether the row's minute has room; `held` gets what was kept back before. */
static bool may_say(struct event *e, uint64_t now_ms, uint32_t *held)
{
	uint64_t since = __atomic_load_n(&e->window_at, __ATOMIC_RELAXED);

	*held = 0;
	if (e->per_minute == 0)
		return true;
	if ((since == 0 || now_ms - since >= MINUTE_MS) &&
	    __atomic_compare_exchange_n(&e->window_at, &since, now_ms, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
		__atomic_store_n(&e->said_count, 0, __ATOMIC_RELAXED);
		*held = __atomic_exchange_n(&e->held_count, 0, __ATOMIC_RELAXED);
	}
	if (__atomic_fetch_add(&e->said_count, 1, __ATOMIC_RELAXED) < e->per_minute)
		return true;
	__atomic_fetch_add(&e->held_count, 1, __ATOMIC_RELAXED);
	return false;
}

static size_t line_begin(char *line, const struct event *e)
{
	static const char *const names[] = { "error", "warning", "notice", "info",
					     "debug" };
	struct timespec now;
	struct tm day;
	int len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &day);
	len = snprintf(line, LINE_LEN, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s %s %s",
		       day.tm_year + 1900, day.tm_mon + 1, day.tm_mday, day.tm_hour,
		       day.tm_min, day.tm_sec, now.tv_nsec / 1000000, names[e->level],
		       process_name, e->name);
	return len < 0 ? 0 : (size_t)len;
}

/* Whether a write to somebody else's description of a pipe or terminal returns at
 * once. */
static bool has_room(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int size = fcntl(fd, F_GETPIPE_SZ);
	int unread;

	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		return false;
	return size < 0 || ioctl(fd, FIONREAD, &unread) || unread < size / PIPE_SHARE;
}

/*
 * Writes without ever waiting for who reads. O_NONBLOCK belongs to the description,
 * which those share who gave it to us, so it is not set here.
 */
static bool write_line(const char *line, size_t len)
{
	ssize_t sent = send(STDERR_FILENO, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	size_t step = len;

	if (sent >= 0 || errno != ENOTSOCK)
		return sent >= 0;
	if (fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK)
		return write(STDERR_FILENO, line, len) >= 0;
	if (isatty(STDERR_FILENO)) /* it has room for one, if any */
		step = 1;
	for (size_t at = 0; at < len; at += step)
		if (!has_room(STDERR_FILENO) ||
		    write(STDERR_FILENO, line + at, step) < 0)
			return false;
	return true;
}

/* Reports the lines lost before this one; false: there is no room yet. */
static bool report_dropped(void)
{
	uint32_t count = __atomic_exchange_n(&dropped_count, 0, __ATOMIC_RELAXED);
	char line[LINE_LEN];
	size_t len;

	if (count == 0)
		return true;
	len = line_begin(line, &lines_dropped);
	len += (size_t)snprintf(line + len, LINE_LEN - len, " lines=%" PRIu32 "\n",
				count);
	if (write_line(line, len))
		return true;
	__atomic_fetch_add(&dropped_count, count, __ATOMIC_RELAXED);
	return false;
}

/* One line, one write: lines of several threads and processes never mix. */
void log_event(struct event *e, const char *format, ...)
{
	int kept = errno;
	char line[LINE_LEN + 1];
	uint32_t held;
	size_t len;
	int more;

	if (e->level > level_max || !may_say(e, monotonic_ms(), &held))
		return;
	len = line_begin(line, e);
	if (*format) {
		va_list args;

		line[len++] = ' ';
		va_start(args, format);
		more = vsnprintf(line + len, LINE_LEN - len, format, args);
		va_end(args);
		len += more < 0 ? 0 : (size_t)more;
	}
	if (len < LINE_LEN && held) {
		more = snprintf(line + len, LINE_LEN - len, " held_before=%" PRIu32,
				held);
		len += more < 0 ? 0 : (size_t)more;
	}
	if (len > LINE_LEN - 1)
		len = LINE_LEN - 1;
	line[len++] = '\n';
	if (!report_dropped() || !write_line(line, len))
		__atomic_fetch_add(&dropped_count, 1, __ATOMIC_RELAXED);
	errno = kept;
}

/* Descriptor 2 becomes `fd`, which is closed. */
static int replace_error(int fd)
{
	int err = OK;

	if (fd < 0)
		return ERR_SYSTEM;
	if (fd != STDERR_FILENO) {
		err = dup3(fd, STDERR_FILENO, 0) < 0 ? ERR_SYSTEM : OK;
		close(fd);
	}
	return err;
}

void log_own(void)
{
	struct stat st;

	if (fstat(STDERR_FILENO, &st) ||
	    (!S_ISFIFO(st.st_mode) && !isatty(STDERR_FILENO)))
		return;
	(void)replace_error(
		open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

int log_to_file(const char *path)
{
	return replace_error(
		open(path,
		     O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		     FILE_MODE));
}

int log_to(int fd)
{
	return replace_error(fd);
}

/* Octets of the character of UTF-8 that `text` begins with, if it is not ASCII and is
 * shown as it is; otherwise 0. */
static size_t visible_len(const char *text)
{
	struct text t = text_of(text, strnlen(text, 4));
	uint32_t rune;
	size_t len = rune_read(&t, &rune);

	return len > 1 && !rune_is_hidden(rune) ? len : 0;
}

const char *log_quote(const char *text)
{
	static _Thread_local char ring[QUOTES][QUOTE_LEN];
	static _Thread_local unsigned turn;
	char *out = ring[turn++ % QUOTES];
	size_t len = 0;

	out[len++] = '"';
	/* the longest escape, the closing quote and NUL still fit */
	for (; text && *text && len + 6 <= QUOTE_LEN; text++) {
		unsigned char c = (unsigned char)*text;
		size_t octets = visible_len(text);

		if (octets) {
			memcpy(out + len, text, octets);
			len += octets;
			text += octets - 1;
		} else if (c == '"' || c == '\\') {
			out[len++] = '\\';
			out[len++] = (char)c;
		} else if (c >= 0x20 && c < 0x7f) {
			out[len++] = (char)c;
		} else {
			static const char hex[] = "0123456789abcdef";

			out[len++] = '\\';
			out[len++] = 'x';
			out[len++] = hex[c >> 4];
			out[len++] = hex[c & 15];
		}
	}
	out[len++] = '"';
	out[len] = '\0';
	return out;
}
