#include "base/operator/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_LEN = 2048, QUOTE_LEN = 256, QUOTES = 8, MINUTE_MS = 60000 };

static const char *process_name = "deputy";
static enum log_level level_max = LOG_LEVEL_NOTICE;

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

/* One line, one write: lines of several threads and processes never mix. */
void log_event(struct event *e, const char *format, ...)
{
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
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* there is nowhere left to report it */
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

		if (c == '"' || c == '\\') {
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
