#include "base/process/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
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

/* The first of what reaches another process and is not refused, or 0. */
static int reach_others(void)
{
	static const char *const names[] = { "socket", "ioctl", NULL };
	const struct rlimit limit = { 64, 64 };
	struct iovec part = { .iov_base = NULL, .iov_len = 0 };
	pid_t other = getppid();
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int waiting = 0;
	const char *why;

	if (confine_calls(names, CONFINE_EPERM, &why))
		return 1;
	if (syscall(SYS_tgkill, other, other, 0) == 0 || kill(other, 0) == 0)
		return 2;
	if (syscall(SYS_prlimit64, other, RLIMIT_NOFILE, &limit, NULL) == 0)
		return 3;
	if (ptrace(PTRACE_SEIZE, other, NULL, NULL) == 0)
		return 4;
	if (process_vm_readv(other, &part, 1, &part, 1, 0) >= 0 ||
	    process_vm_writev(other, &part, 1, &part, 1, 0) >= 0)
		return 5;
	if (syscall(SYS_pidfd_open, other, 0) >= 0)
		return 6;
	if (fcntl(fd, F_SETOWN, other) == 0 || fcntl(fd, F_SETSIG, SIGKILL) == 0)
		return 7; /* the kernel would signal it when the socket is read */
	if (ioctl(fd, SIOCSPGRP, &other) == 0 || ioctl(fd, FIOSETOWN, &other) == 0)
		return 8;
	if (setpriority(PRIO_PROCESS, (id_t)other, 19) == 0)
		return 9;
	/* and what the process does to itself is allowed */
	if (syscall(SYS_tgkill, getpid(), gettid(), 0) ||
	    getrlimit(RLIMIT_NOFILE, &(struct rlimit){ 0 }) ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) || ioctl(fd, FIONREAD, &waiting))
		return 10;
	return 0;
}

static void no_call_reaches_another_process(void)
{
	CU_ASSERT_EQUAL(fate_of(reach_others), 0);
}

/* A process of another user that `hide` was called in, or the reason why it ended. */
static pid_t sibling(void (*hide)(void))
{
	int ready[2];
	char c;
	pid_t pid;

	CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (confine_user("nobody") || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)) /* as after an exec */
			_exit(1);
		hide();
		(void)!write(ready[1], "r", 1);
		for (;;)
			(void)pause();
	}
	close(ready[1]);
	CU_ASSERT_EQUAL(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static pid_t victim;

/* As a sibling in a domain of its own would. */
static int open_its_memory(void)
{
	char path[64];

	if (confine_user("nobody") || confine_capabilities(0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return 1;
	confine_domain();
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)victim);
	return open(path, O_RDWR | O_CLOEXEC) < 0 ? 0 : 2;
}

static void close_memory(void)
{
	(void)confine_memory();
}

static void stay_open(void)
{
}

static bool kernel_has_domains(void)
{
	return syscall(444, NULL, 0, 1) >= 1; /* landlock_create_ruleset */
}

static void sibling_cannot_open_the_memory_of_another(void)
{
	if (geteuid() != 0) {
		skip("only root can become two of the same other user");
		return;
	}
	victim = sibling(close_memory);
	CU_ASSERT_EQUAL(fate_of(open_its_memory), 0);
	(void)kill(victim, SIGKILL);
	(void)waitpid(victim, NULL, 0);
	victim = sibling(stay_open); /* between an exec and its first call, say */
	CU_ASSERT_EQUAL(WEXITSTATUS(fate_of(open_its_memory)),
			kernel_has_domains() ? 0 : 2);
	(void)kill(victim, SIGKILL);
	(void)waitpid(victim, NULL, 0);
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
		{ "no call reaches another process", no_call_reaches_another_process },
		{ "a sibling cannot open the memory of another",
		  sibling_cannot_open_the_memory_of_another },
		{ "an unknown name is an error", unknown_name_is_an_error },
		{ "the filter holds for threads that run already",
		  filter_holds_for_threads_that_run_already },
		{ "capabilities are gone for good", capabilities_are_gone_for_good },
		{ "another user is there to stay", another_user_is_there_to_stay },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/confine", tests);
}
