#include "base/process/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/harness.h"

/* Runs `act` in a child process; returns how it ended, as wait(2) tells. */
static int fate_of(int (*act)(void))
{
	const struct rlimit no_core = { 0, 0 };
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &no_core);
		_exit(act());
	}
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	return status;
}

static const char *const nothing_more[] = { NULL };
static const char *const may_open[] = { "openat", NULL };

static int call_what_is_not_allowed_and_be_killed(void)
{
	const char *why;

	if (confine_calls(nothing_more, CONFINE_KILL, &why))
		return 1;
	(void)open("/dev/null", O_RDONLY | O_CLOEXEC);
	return 2;
}

static void forbidden_call_kills(void)
{
	int fate = fate_of(call_what_is_not_allowed_and_be_killed);

	CU_ASSERT_TRUE(WIFSIGNALED(fate));
	CU_ASSERT_EQUAL(WTERMSIG(fate), SIGSYS);
}

static int call_what_is_not_allowed_and_be_told(void)
{
	const char *why;

	if (confine_calls(nothing_more, CONFINE_EPERM, &why))
		return 1;
	if (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0 || errno != EPERM)
		return 2;
	return fork() >= 0 ? 3 : 0;
}

static void forbidden_call_fails(void)
{
	CU_ASSERT_EQUAL(fate_of(call_what_is_not_allowed_and_be_told), 0);
}

static int go_on_working(void)
{
	const char *why;
	void *memory;

	if (confine_calls(may_open, CONFINE_KILL, &why))
		return 1;
	if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
		return 2;
	memory = malloc(1 << 24);
	if (memory == NULL)
		return 3;
	free(memory);
	return 0;
}

static void allowed_calls_and_memory_work_on(void)
{
	CU_ASSERT_EQUAL(fate_of(go_on_working), 0);
}

static int make_code(void)
{
	const char *why;

	if (confine_calls(nothing_more, CONFINE_EPERM, &why))
		return 1;
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0) == MAP_FAILED
		       ? 0
		       : 2;
}

static void memory_never_becomes_code(void)
{
	CU_ASSERT_EQUAL(fate_of(make_code), 0);
}

static int filter_with_unknown_name(void)
{
	static const char *const names[] = { "opeenat", NULL };
	const char *why = NULL;

	if (confine_calls(names, CONFINE_KILL, &why) != ERR_INVALID)
		return 1;
	return why == names[0] ? 0 : 2;
}

static void unknown_name_is_an_error(void)
{
	CU_ASSERT_EQUAL(fate_of(filter_with_unknown_name), 0);
}

static pthread_barrier_t barrier;

static void *open_in_thread(void *arg)
{
	int *result = arg;

	pthread_barrier_wait(&barrier); /* runs since before the filter */
	pthread_barrier_wait(&barrier);
	*result = open("/dev/null", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
	return NULL;
}

static int confine_beside_a_thread(void)
{
	pthread_t thread;
	const char *why;
	int result = 0;

	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&thread, NULL, open_in_thread, &result))
		return 1;
	pthread_barrier_wait(&barrier);
	if (confine_calls(nothing_more, CONFINE_EPERM, &why))
		return 2;
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	return result == EPERM ? 0 : 3;
}

static void filter_holds_for_threads_that_run_already(void)
{
	CU_ASSERT_EQUAL(fate_of(confine_beside_a_thread), 0);
}

static int keep_kill_only(void)
{
	if (confine_capabilities(CAP_BIT(CAP_KILL)))
		return 1;
	if (chroot("/") == 0)
		return 2;
	return prctl(PR_CAPBSET_READ, CAP_CHOWN, 0, 0, 0) == 0 ? 0 : 3;
}

static void capabilities_are_gone_for_good(void)
{
	if (geteuid() != 0) {
		skip("only root has capabilities to drop");
		return;
	}
	CU_ASSERT_EQUAL(fate_of(keep_kill_only), 0);
}

static int become_nobody(void)
{
	if (confine_user("no such user") != ERR_NOT_FOUND)
		return 1;
	if (confine_user("nobody"))
		return 2;
	return geteuid() && getuid() && setuid(0) ? 0 : 3;
}

static void another_user_is_there_to_stay(void)
{
	if (geteuid() != 0) {
		skip("only root can become another user");
		return;
	}
	CU_ASSERT_EQUAL(fate_of(become_nobody), 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a forbidden call kills", forbidden_call_kills },
		{ "a forbidden call fails", forbidden_call_fails },
		{ "allowed calls and memory work on",
		  allowed_calls_and_memory_work_on },
		{ "memory never becomes code", memory_never_becomes_code },
		{ "an unknown name is an error", unknown_name_is_an_error },
		{ "the filter holds for threads that run already",
		  filter_holds_for_threads_that_run_already },
		{ "capabilities are gone for good", capabilities_are_gone_for_good },
		{ "another user is there to stay", another_user_is_there_to_stay },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/confine", tests);
}
