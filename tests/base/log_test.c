#include "base/operator/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/harness.h"

/* What `say` writes to standard error. Borrowed until the next call. */
static const char *heard(void (*say)(void))
{
	static char text[8192];
	FILE *f = tmpfile();
	int was = dup(STDERR_FILENO);
	ssize_t len;

	dup2(fileno(f), STDERR_FILENO);
	say();
	dup2(was, STDERR_FILENO);
	close(was);
	len = pread(fileno(f), text, sizeof(text) - 1, 0);
	fclose(f);
	text[len < 0 ? 0 : len] = '\0';
	return text;
}

static struct event pbx_down = { .name = "pbx-down", .level = LOG_LEVEL_WARNING };
static struct event chatter = { .name = "chatter", .level = LOG_LEVEL_DEBUG };
static struct event flood = { .name = "flood",
			      .level = LOG_LEVEL_ERROR,
			      .per_minute = 3 };

static void say_one(void)
{
	log_open("dns", LOG_LEVEL_INFO);
	log_event(&pbx_down, "pbx=%s", "berlin");
	log_event(&chatter, "never=seen");
}

static void event_is_one_line_with_time_level_process_and_name(void)
{
	const char *text = heard(say_one);

	CU_ASSERT_EQUAL(text[10], 'T');
	CU_ASSERT_STRING_EQUAL(text + strlen("2026-11-22T14:03:07.123"),
			       "Z warning dns pbx-down pbx=berlin\n");
}

static void say_many(void)
{
	for (int i = 0; i < 10; i++)
		log_event(&flood, "n=%d", i);
	flood.window_at -= 60000; /* a minute on */
	log_event(&flood, "n=10");
}

static void rows_have_a_limit_and_tell_what_was_held_back(void)
{
	const char *text = heard(say_many);

	CU_ASSERT_PTR_NOT_NULL(strstr(text, "n=2\n"));
	CU_ASSERT_PTR_NULL(strstr(text, "n=3"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "n=10 held_before=7\n"));
}

static void say_long(void)
{
	char *value = malloc(5000);

	memset(value, 'x', 4999);
	value[4999] = '\0';
	log_event(&pbx_down, "value=%s", value);
	free(value);
}

static void long_lines_are_cut_and_still_end(void)
{
	const char *text = heard(say_long);

	CU_ASSERT_TRUE(strlen(text) <= 2049);
	CU_ASSERT_EQUAL(text[strlen(text) - 1], '\n');
}

static void quotes_escape_what_a_terminal_may_not_see(void)
{
	char value[1000];

	CU_ASSERT_STRING_EQUAL(log_quote("a \"b\\\n\x1b\xff"),
			       "\"a \\\"b\\\\\\x0a\\x1b\\xff\"");
	CU_ASSERT_STRING_EQUAL(log_quote("K\xc3\xb6ln \xe2\x82\xac\xc2\x9b\xc3"),
			       "\"K\xc3\xb6ln \xe2\x82\xac\\xc2\\x9b\\xc3\"");
	CU_ASSERT_STRING_EQUAL(log_quote(NULL), "\"\"");
	memset(value, 1, sizeof(value));
	value[sizeof(value) - 1] = '\0';
	CU_ASSERT_TRUE(strlen(log_quote(value)) < 256);
}

enum { LINES = 3000 }; /* more than any of the buffers holds */

/* Fills what standard error is by logging; then reads it empty and logs once more.
 * Returns what came last. */
static const char *said_after_a_jam(int reader, int writer)
{
	static char text[1 << 20];
	int was = dup(STDERR_FILENO);
	size_t len = 0;
	ssize_t got;

	dup2(writer, STDERR_FILENO);
	close(writer);
	log_open("dns", LOG_LEVEL_INFO);
	for (int i = 0; i < LINES; i++)
		log_event(&pbx_down, "n=%d fill=%0200d", i, 0);
	CU_ASSERT_TRUE(fcntl(reader, F_SETFL, O_NONBLOCK) == 0);
	while (len < sizeof(text) - 4096 &&
	       (got = read(reader, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)got;
	log_event(&pbx_down, "n=last");
	got = read(reader, text, sizeof(text) - 1);
	text[got > 0 ? got : 0] = '\0';
	dup2(was, STDERR_FILENO);
	close(was);
	return text;
}

static void check_jam(const char *text, int lines_max)
{
	const char *count = strstr(text, "log-dropped lines=");
	long dropped = count ? strtol(count + strlen("log-dropped lines="), NULL, 10)
			     : 0;

	CU_ASSERT_TRUE(dropped > LINES - lines_max && dropped < LINES);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "pbx-down n=last\n"));
}

static void full_pipe_of_somebody_else_drops_lines_and_reports_their_number(void)
{
	int ends[2];
	int other;

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	other = dup(ends[1]); /* the same description */
	check_jam(said_after_a_jam(ends[0], ends[1]), LINES / 2);
	CU_ASSERT_EQUAL(fcntl(other, F_GETFL) & O_NONBLOCK, 0);
	close(other);
	close(ends[0]);
}

static void full_socket_drops_lines_and_reports_their_number(void)
{
	int ends[2];
	int other;

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	other = dup(ends[1]);
	check_jam(said_after_a_jam(ends[0], ends[1]), LINES - 1);
	CU_ASSERT_EQUAL(fcntl(other, F_GETFL) & O_NONBLOCK, 0);
	close(other);
	close(ends[0]);
}

static void pipe_of_our_own_is_filled_and_others_still_wait_at_it(void)
{
	int was = dup(STDERR_FILENO);
	int ends[2];
	int other;
	int own;

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	other = dup(ends[1]);
	dup2(ends[1], STDERR_FILENO);
	log_own();
	own = dup(STDERR_FILENO);
	dup2(was, STDERR_FILENO);
	CU_ASSERT_NOT_EQUAL(fcntl(own, F_GETFL) & O_NONBLOCK, 0);
	close(ends[1]);
	check_jam(said_after_a_jam(ends[0], own), LINES / 2);
	CU_ASSERT_EQUAL(fcntl(other, F_GETFL) & O_NONBLOCK, 0);
	close(other);
	close(ends[0]);
	close(was);
}

/* Fills a terminal that is not read, and stops it as Ctrl-S does. */
static void stopped_terminal_is_not_waited_for(void)
{
	static char text[1 << 16];
	int was = dup(STDERR_FILENO);
	int master;
	int slave;

	for (int owned = 0; owned < 2; owned++) {
		ssize_t got;

		CU_ASSERT_EQUAL_FATAL(openpty(&master, &slave, NULL, NULL, NULL), 0);
		dup2(slave, STDERR_FILENO);
		if (owned)
			log_own();
		for (int i = 0; i < LINES; i++)
			log_event(&pbx_down, "n=%d fill=%0200d", i, 0);
		CU_ASSERT_EQUAL(tcflow(slave, TCOOFF), 0);
		log_event(&pbx_down, "n=stopped");
		CU_ASSERT_EQUAL(tcflow(slave, TCOON), 0);
		dup2(was, STDERR_FILENO);
		CU_ASSERT_EQUAL(fcntl(slave, F_GETFL) & O_NONBLOCK, 0);
		got = read(master, text, sizeof(text) - 1);
		text[got > 0 ? got : 0] = '\0';
		CU_ASSERT_PTR_NOT_NULL(strstr(text, " pbx-down n=0 "));
		close(slave);
		close(master);
	}
	close(was);
}

/* Which of "n=1" to "n=4" a file has. */
static unsigned numbers_in(const char *path)
{
	char text[8192];
	char number[8];
	unsigned found = 0;
	int fd = open(path, O_RDONLY);
	ssize_t len = read(fd, text, sizeof(text) - 1);

	text[len > 0 ? len : 0] = '\0';
	close(fd);
	for (unsigned i = 1; i <= 4; i++) {
		snprintf(number, sizeof(number), " n=%u\n", i);
		if (strstr(text, number))
			found |= 1U << i;
	}
	return found;
}

static void file_that_was_renamed_is_opened_anew(void)
{
	char path[] = "/tmp/deputy-log.XXXXXX";
	char rotated[sizeof(path) + 2];
	int was = dup(STDERR_FILENO);

	close(mkstemp(path));
	snprintf(rotated, sizeof(rotated), "%s.1", path);
	CU_ASSERT_EQUAL(log_to_file(path), OK);
	log_event(&pbx_down, "n=1");
	CU_ASSERT_EQUAL(rename(path, rotated), 0);
	log_event(&pbx_down, "n=2");
	CU_ASSERT_EQUAL(log_to_file(path), OK);
	log_event(&pbx_down, "n=3");
	CU_ASSERT_EQUAL(log_to_file("/nowhere/log"), ERR_SYSTEM);
	CU_ASSERT_EQUAL(errno, ENOENT);
	log_event(&pbx_down, "n=4");
	dup2(was, STDERR_FILENO);
	close(was);
	CU_ASSERT_EQUAL(numbers_in(rotated), 1U << 1 | 1U << 2);
	CU_ASSERT_EQUAL(numbers_in(path), 1U << 3 | 1U << 4);
	unlink(path);
	unlink(rotated);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "an event is one line with time, level, process and name",
		  event_is_one_line_with_time_level_process_and_name },
		{ "rows have a limit and tell what was held back",
		  rows_have_a_limit_and_tell_what_was_held_back },
		{ "long lines are cut and still end",
		  long_lines_are_cut_and_still_end },
		{ "quotes escape what a terminal may not see",
		  quotes_escape_what_a_terminal_may_not_see },
		{ "a full pipe of somebody else drops lines and reports their number",
		  full_pipe_of_somebody_else_drops_lines_and_reports_their_number },
		{ "a full socket drops lines and reports their number",
		  full_socket_drops_lines_and_reports_their_number },
		{ "a pipe of our own is filled, and others still wait at it",
		  pipe_of_our_own_is_filled_and_others_still_wait_at_it },
		{ "a stopped terminal is not waited for",
		  stopped_terminal_is_not_waited_for },
		{ "a file that was renamed is opened anew",
		  file_that_was_renamed_is_opened_anew },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/log", tests);
}
