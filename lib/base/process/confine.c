#include "base/process/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <pwd.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"

/* The system calls that all our processes need; mmap and mprotect have rules of their
 * own. */
/* clang-format off */
static const char *const base_calls[] = {
	"accept4", "brk", "clock_getres", "clock_gettime", "clock_nanosleep",
	"close", "dup", "dup3", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait",
	"eventfd2", "exit", "exit_group", "fcntl", "fstat", "futex", "getegid",
	"geteuid", "getgid", "getpeername", "getpid", "getrandom", "getsockname",
	"getsockopt", "gettid", "gettimeofday", "getuid", "lseek", "madvise",
	"membarrier", "mremap", "munmap", "nanosleep", "newfstatat", "poll", "ppoll",
	"pread64", "prlimit64", "pselect6", "pwrite64", "read", "readv", "recvfrom",
	"recvmmsg", "recvmsg", "restart_syscall", "rseq", "rt_sigaction",
	"rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "sched_getaffinity",
	"sched_yield", "sendmmsg", "sendmsg", "sendto", "set_robust_list",
	"shutdown", "sigaltstack", "sysinfo", "tgkill", "timerfd_create",
	"timerfd_settime", "uname", "write", "writev", NULL,
};
/* clang-format on */

enum { SELF = -1 };

/*
 * Calls that reach other processes, or have the kernel signal them (the owner of a
 * descriptor), are allowed with these arguments only.
 */
/* clang-format off */
static const struct {
	const char *call;
	unsigned arg;
	int64_t value;
} narrow[] = {
	{ "tgkill", 0, SELF }, { "prlimit64", 0, 0 }, { "prlimit64", 0, SELF },
	{ "fcntl", 1, F_DUPFD }, { "fcntl", 1, F_DUPFD_CLOEXEC }, { "fcntl", 1, F_GETFD },
	{ "fcntl", 1, F_SETFD }, { "fcntl", 1, F_GETFL }, { "fcntl", 1, F_SETFL },
	{ "fcntl", 1, F_GETLK }, { "fcntl", 1, F_SETLK }, { "fcntl", 1, F_SETLKW },
	{ "fcntl", 1, F_OFD_GETLK }, { "fcntl", 1, F_OFD_SETLK }, { "fcntl", 1, F_OFD_SETLKW },
	{ "fcntl", 1, F_GET_SEALS }, { "fcntl", 1, F_GETPIPE_SZ }, /* the log looks how full its pipe is */
	{ "ioctl", 1, TCGETS }, { "ioctl", 1, FIONREAD }, { "ioctl", 1, FIONBIO },
	{ "ioctl", 1, SIOCOUTQ }, { "ioctl", 1, SIOCGIFNAME }, { "ioctl", 1, SIOCGIFCONF },
	{ "ioctl", 1, SIOCGIFFLAGS }, { "ioctl", 1, SIOCGIFADDR }, { "ioctl", 1, SIOCGIFINDEX },
};
/* clang-format on */

/* Adds the rules of a call that has some in the table above; how many, or an error. */
static int allow_narrowly(scmp_filter_ctx filter, const char *name, int number)
{
	int count = 0;

	for (size_t i = 0; i < sizeof(narrow) / sizeof(*narrow); i++) {
		int64_t value = narrow[i].value == SELF ? getpid() : narrow[i].value;
		struct scmp_arg_cmp is = { .arg = narrow[i].arg,
					   .op = SCMP_CMP_EQ,
					   .datum_a = (scmp_datum_t)value };

		if (strcmp(narrow[i].call, name) != 0)
			continue;
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, is))
			return ERR_SYSTEM;
		count++;
	}
	return count;
}

static int allow(scmp_filter_ctx filter, const char *name, const char **why)
{
	int number = seccomp_syscall_resolve_name(name);
	int narrowed;

	if (number == __NR_SCMP_ERROR) {
		*why = name;
		return ERR_INVALID;
	}
	if (number < 0) /* not on this machine's architecture */
		return OK;
	narrowed = allow_narrowly(filter, name, number);
	if (narrowed)
		return narrowed < 0 ? narrowed : OK;
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) ? ERR_SYSTEM : OK;
}

static int allow_all(scmp_filter_ctx filter, const char *const *names, const char **why)
{
	int err = OK;

	for (; *names && err == OK; names++)
		err = allow(filter, *names, why);
	return err;
}

/* Memory, but none that is executable. */
static int allow_memory(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp plain = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);

	if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, plain) ||
	    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, plain))
		return ERR_SYSTEM;
	return OK;
}

int confine_calls(const char *const *names, enum confine_answer answer,
		  const char **why)
{
	scmp_filter_ctx filter = seccomp_init(
		answer == CONFINE_KILL ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
	int err = ERR_SYSTEM;
	int reason;

	*why = "seccomp";
	if (filter == NULL)
		return ERR_SYSTEM;
	if (seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1))
		goto done;
	err = allow_all(filter, base_calls, why);
	if (err == OK)
		err = allow_all(filter, names, why);
	if (err == OK)
		err = allow_memory(filter);
	if (err)
		goto done;
	reason = seccomp_load(filter);
	if (reason) {
		errno = -reason;
		err = ERR_SYSTEM;
	}
done:
	seccomp_release(filter);
	return err;
}

int confine_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct head = { .version =
							 _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = { 0 };
	struct __user_cap_data_struct had[2] = { 0 };

	for (unsigned cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0;
	     cap++)
		if (!(keep & CAP_BIT(cap)) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) &&
		    errno != EPERM) /* without CAP_SETPCAP there is nothing to bound */
			return ERR_SYSTEM;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capget, &head, had))
		return ERR_SYSTEM;
	for (int i = 0; i < 2; i++) {
		uint32_t mask = (uint32_t)(keep >> 32 * i) & had[i].permitted;

		sets[i].effective = sets[i].permitted = mask;
	}
	return syscall(SYS_capset, &head, sets) ? ERR_SYSTEM : OK;
}

int confine_memory(void)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ? ERR_SYSTEM : OK;
}

void confine_domain(void)
{
	/* of landlock(7); the headers of a build may be older than the kernel */
	enum {
		CREATE_RULESET = 444,
		RESTRICT_SELF = 446,
		ASK_VERSION = 1,
		MAKE_CHAR = 1 << 6, /* a domain must forbid something */
		SCOPE_SIGNAL = 1 << 1,
		SCOPES_SINCE = 6
	};
	struct {
		uint64_t files, network, scopes;
	} rules = { .files = MAKE_CHAR };
	long version = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
	long fd;

	if (version < 1)
		return;
	if (version >= SCOPES_SINCE)
		rules.scopes = SCOPE_SIGNAL;
	fd = syscall(CREATE_RULESET, &rules, sizeof(rules), 0);
	if (fd < 0)
		return;
	(void)syscall(RESTRICT_SELF, fd, 0);
	close((int)fd);
}

int confine_user(const char *name)
{
	struct passwd user;
	struct passwd *found = NULL;
	char space[4096];

	if (getpwnam_r(name, &user, space, sizeof(space), &found) || found == NULL)
		return ERR_NOT_FOUND;
	if (initgroups(user.pw_name, user.pw_gid) ||
	    setresgid(user.pw_gid, user.pw_gid, user.pw_gid) ||
	    setresuid(user.pw_uid, user.pw_uid, user.pw_uid))
		return ERR_SYSTEM;
	return OK;
}
