/*
 * Events: one line each on standard error, key=value, rate-limited by row.
 *
 *   2026-11-22T14:03:07.123Z warning dns pbx-down pbx=berlin cause="options/udp timeout
 * x10"
 */
#pragma once

#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* One row of the table of events; each module has its own rows. */
struct event {
	const char *name; /* a name to grep for: lower case, with hyphens */
	enum log_level level;
	uint32_t per_minute; /* maximum of lines; more are counted and reported later.
				0: no limit */
	const char *help;    /* what it means and what to do */

	uint64_t window_at; /* state of the limit from here on, accessed atomically */
	uint32_t said_count;
	uint32_t held_count;
};

/* Sets the process name for each line and the most verbose level that is written. */
void log_open(const char *process, enum log_level most);

/*
 * Writes one event. Never waits for who reads standard error: a line for which there
 * is no room is dropped, and the next one that has room follows one with their number
 * (`log-dropped`). Leaves errno.
 *
 * format  key=value pairs; a value that may contain blanks or is untrusted is written
 *         with log_quote()
 */
void log_event(struct event *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Opens a pipe or terminal anew as standard error, for this process and its children:
 * whoever else has it open still waits where it is full. Where that is not allowed,
 * log_event() looks for room first.
 */
void log_own(void);

/*
 * Standard error is this file from now on, in which lines are appended; one that is
 * open already is opened anew, after it was rotated.
 *
 * Returns 0 or ERR_SYSTEM with errno.
 */
int log_to_file(const char *path);

/* The same with an open descriptor, which it closes. */
int log_to(int fd);

/*
 * Returns `text` in double quotes, escaped but for visible characters of UTF-8, in one
 * of eight static per-thread buffers of 256 octets; longer texts are truncated.
 */
const char *log_quote(const char *text);
