#include "base/process/thread.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/harness.h"

enum { NOBODY = 65534, WORKED = 42 };

static void *work(void *arg)
{
	*(int *)arg = WORKED;
	return NULL;
}

/* The limit is gone. Both calls are bare system calls here. */
/* NOLINTBEGIN(bugprone-signal-handler) */
static void on_signal(int number)
{
	struct rlimit limit;

	(void)number;
	if (getrlimit(RLIMIT_NPROC, &limit) == 0)
		(void)setrlimit(RLIMIT_NPROC,
				&(struct rlimit){ limit.rlim_max, limit.rlim_max });
}
/* NOLINTEND(bugprone-signal-handler) */

/* A process that may have no thread beside its first starts one; it ends with WORKED
 * once it has run. */
static pid_t start_limited(int *log_fd)
{
	struct rlimit limit;
	int ends[2];
	pid_t pid;

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	pid = fork();
	CU_ASSERT_FATAL(pid >= 0);
	if (pid == 0) {
		pthread_t thread;
		int result = 0;

		(void)signal(SIGUSR1, on_signal);
		dup2(ends[1], STDERR_FILENO);
		close(ends[1]);
		close(ends[0]);
		if (getrlimit(RLIMIT_NPROC, &limit))
			_exit(2);
		limit.rlim_cur = 1;
		if (setrlimit(RLIMIT_NPROC, &limit) ||
		    (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY)))
			_exit(3); /* root has no limit */
		thread_start(&thread, work, &result);
		(void)pthread_join(thread, NULL);
		_exit(result);
	}
	close(ends[1]);
	*log_fd = ends[0];
	return pid;
}

/* Reads the log until it has this word or ends. */
static bool hears(int fd, const char *word)
{
	char text[8192];
	size_t len = 0;
	ssize_t got = 1;

	text[0] = '\0';
	while (strstr(text, word) == NULL && got > 0 && len < sizeof(text) - 1) {
		got = read(fd, text + len, sizeof(text) - 1 - len);
		len += got > 0 ? (size_t)got : 0;
		text[len] = '\0';
	}
	return strstr(text, word) != NULL;
}

static void thread_that_cannot_be_had_is_tried_again(void)
{
	int status;
	int fd;
	pid_t pid = start_limited(&fd);

	CU_ASSERT_TRUE(hears(fd, "no-thread reason=\"Resource temporarily"));
	CU_ASSERT_EQUAL(kill(pid, SIGUSR1), 0);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_TRUE(WIFEXITED(status));
	CU_ASSERT_EQUAL(WEXITSTATUS(status), WORKED);
	close(fd);
}

static void process_without_it_ends_with_an_error(void)
{
	int status;
	int fd;
	pid_t pid = start_limited(&fd);

	CU_ASSERT_TRUE(hears(fd, "no-threads reason=\"Resource temporarily"));
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_TRUE(WIFEXITED(status)); /* no signal */
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 1);
	close(fd);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a thread that cannot be had is tried again",
		  thread_that_cannot_be_had_is_tried_again },
		{ "a process without it ends with an error",
		  process_without_it_ends_with_an_error },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/thread", tests);
}
