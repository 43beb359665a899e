#include "keeper/watchdog.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/harness.h"

static const struct watchdog_threads none; /* are shown: they are looked for */

/* Counts the same sight so often. Returns whether the child is hung by then. */
static bool after(struct watchdog *p, enum watchdog_sight sight, unsigned times)
{
	bool hung = false;

	while (times--)
		hung = watchdog_count(p, sight);
	return hung;
}

static void silence_of_some_seconds_is_a_hang(void)
{
	struct watchdog p = { .expected = true };

	CU_ASSERT_FALSE(after(&p, WATCHDOG_SILENT, WATCHDOG_SILENT_MAX - 1));
	CU_ASSERT_TRUE(after(&p, WATCHDOG_SILENT, 1));
}

static void one_answer_begins_anew(void)
{
	struct watchdog p = { .expected = true };

	CU_ASSERT_FALSE(after(&p, WATCHDOG_SILENT, WATCHDOG_SILENT_MAX - 1));
	CU_ASSERT_FALSE(after(&p, WATCHDOG_ANSWERED, 1));
	CU_ASSERT_FALSE(after(&p, WATCHDOG_SILENT, WATCHDOG_SILENT_MAX - 1));
}

static void seconds_in_which_it_could_not_do_not_count(void)
{
	struct watchdog p = { .expected = true };

	CU_ASSERT_FALSE(after(&p, WATCHDOG_HELD, 100000));
	CU_ASSERT_FALSE(after(&p, WATCHDOG_SILENT, WATCHDOG_SILENT_MAX - 1));
}

static void starved_child_has_longer(void)
{
	struct watchdog p = { .expected = true };

	CU_ASSERT_FALSE(after(&p, WATCHDOG_STARVED, WATCHDOG_STARVED_MAX - 1));
	CU_ASSERT_TRUE(after(&p, WATCHDOG_STARVED, 1));
}

static void child_of_a_former_version_is_never_hung(void)
{
	struct watchdog p = { 0 };

	CU_ASSERT_FALSE(after(&p, WATCHDOG_SILENT, 1000));
	CU_ASSERT_FALSE(after(&p, WATCHDOG_ANSWERED, 1));
	CU_ASSERT_TRUE(after(&p, WATCHDOG_SILENT, WATCHDOG_SILENT_MAX));
}

/* A child that waits for a signal. */
static pid_t waiting_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	return pid;
}

static void stopped_process_is_silent(void)
{
	struct watchdog p = { .expected = true };
	pid_t pid = waiting_child();

	(void)kill(pid, SIGSTOP);
	(void)waitpid(pid, NULL, WUNTRACED);
	CU_ASSERT_EQUAL(watchdog_look(&p, pid, &none, 1000), WATCHDOG_SILENT);
	CU_ASSERT_EQUAL(watchdog_look(&p, pid, &none, 2000), WATCHDOG_SILENT);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	CU_ASSERT_EQUAL(watchdog_look(&p, pid, &none, 3000), WATCHDOG_SILENT);
}

static void process_in_a_debugger_is_held(void)
{
	struct watchdog p = { .expected = true };
	pid_t pid = waiting_child();

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) == 0) {
		(void)waitpid(pid, NULL, 0);
		CU_ASSERT_EQUAL(watchdog_look(&p, pid, &none, 1000), WATCHDOG_HELD);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* A child that wants all of the first processor it may have. */
static pid_t busy_child(void)
{
	pid_t pid = fork();
	cpu_set_t may;
	cpu_set_t one;
	unsigned first = 0;

	if (pid)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)sched_getaffinity(0, sizeof(may), &may);
	while (!CPU_ISSET(first, &may))
		first++;
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	(void)sched_setaffinity(0, sizeof(one), &one);
	for (;;)
		(void)getppid();
}

static void process_that_waited_for_a_processor_is_starved(void)
{
	pid_t one = busy_child();
	pid_t other = busy_child();
	enum watchdog_sight sight = WATCHDOG_SILENT;

	for (int i = 0; i < 1000 && sight == WATCHDOG_SILENT; i++) {
		/* as if all it has waited until now were of this moment */
		struct watchdog p = { .expected = true, .looked_at = 1000 };

		(void)usleep(10000);
		sight = watchdog_look(&p, one, &none, 1000);
	}
	if (access("/proc/self/schedstat", R_OK) == 0)
		CU_ASSERT_EQUAL(sight, WATCHDOG_STARVED);
	(void)kill(one, SIGKILL);
	(void)kill(other, SIGKILL);
	(void)waitpid(one, NULL, 0);
	(void)waitpid(other, NULL, 0);
}

static void process_at_work_has_longer(void)
{
	struct watchdog p = { .expected = true };
	pid_t pid = busy_child();
	enum watchdog_sight sight = WATCHDOG_SILENT;

	for (uint64_t at = 1; at < 1000 && sight != WATCHDOG_STARVED; at++) {
		(void)watchdog_look(&p, pid, &none, at);
		p.waited_ns = UINT64_MAX;
		(void)usleep(10000);
		sight = watchdog_look(&p, pid, &none, at);
	}
	if (access("/proc/self/schedstat", R_OK) == 0)
		CU_ASSERT_EQUAL(sight, WATCHDOG_STARVED);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* As where /proc hides the processes that may not be traced: the pid leads nowhere. */
static void threads_that_were_shown_are_not_looked_for(void)
{
	struct watchdog p = { .expected = true };
	struct watchdog_threads shown = { .count = 0 };
	enum watchdog_sight sight = WATCHDOG_SILENT;
	pid_t pid = busy_child();
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d", (int)pid, (int)pid);
	watchdog_threads_add(&shown, open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	CU_ASSERT_FATAL(shown.fds[0] >= 0);
	for (uint64_t at = 1; at < 1000 && sight != WATCHDOG_STARVED; at++) {
		(void)watchdog_look(&p, -1, &shown, at);
		p.waited_ns = UINT64_MAX;
		(void)usleep(10000);
		sight = watchdog_look(&p, -1, &shown, at);
	}
	if (access("/proc/self/schedstat", R_OK) == 0)
		CU_ASSERT_EQUAL(sight, WATCHDOG_STARVED);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	watchdog_threads_close(&shown);
	CU_ASSERT_EQUAL(fcntl(shown.fds[0], F_GETFD), -1);
}

static void thread_that_stands_still_beside_others_is_silent(void)
{
	struct watchdog p = { .expected = true, .what = "udp worker 0" };
	pid_t pid = waiting_child();

	CU_ASSERT_EQUAL(watchdog_look(&p, pid, &none, 1000), WATCHDOG_SILENT);
	CU_ASSERT_EQUAL(watchdog_look(&p, pid, &none, 2000), WATCHDOG_SILENT);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a silence of some seconds is a hang",
		  silence_of_some_seconds_is_a_hang },
		{ "one answer begins anew", one_answer_begins_anew },
		{ "seconds in which it could not answer do not count",
		  seconds_in_which_it_could_not_do_not_count },
		{ "a starved child has longer", starved_child_has_longer },
		{ "a child of a former version is never hung",
		  child_of_a_former_version_is_never_hung },
		{ "a stopped process is silent", stopped_process_is_silent },
		{ "a process in a debugger is held", process_in_a_debugger_is_held },
		{ "a process that waited for a processor is starved",
		  process_that_waited_for_a_processor_is_starved },
		{ "a process at work has longer", process_at_work_has_longer },
		{ "threads that were shown are not looked for",
		  threads_that_were_shown_are_not_looked_for },
		{ "a thread that stands still beside others is silent",
		  thread_that_stands_still_beside_others_is_silent },
		CU_TEST_INFO_NULL,
	};

	return suite_run("keeper/pulse", tests);
}
