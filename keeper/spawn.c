#include "keeper/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/operator/log.h"
#include "base/process/child.h"
#include "base/process/confine.h"

enum { CANNOT_RUN = 127 };

static struct event cannot_run = {
	.name = "cannot-run",
	.level = LOG_LEVEL_ERROR,
	.per_minute = 60,
	.help = "cannot start a program, for the given reason",
};

static void reset_signals(void)
{
	sigset_t none;

	for (int n = 1; n < NSIG; n++)
		(void)signal(n, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Puts the descriptors where the program expects them and closes all others. */
static int place_descriptors(const struct spawn *what)
{
	int input = what->input >= 0 ? what->input : open("/dev/null", O_RDONLY);
	int link = what->link;
	int output = what->output > 0 ? what->output : STDERR_FILENO;

	/* out of the way of the numbers they are to have */
	input = fcntl(input, F_DUPFD, CHILD_LINK_FD + 1);
	if (link >= 0)
		link = fcntl(link, F_DUPFD, CHILD_LINK_FD + 1);
	output = fcntl(output, F_DUPFD, CHILD_LINK_FD + 1);
	if (input < 0 || output < 0 || (what->link >= 0 && link < 0))
		return ERR_SYSTEM;
	if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0)
		return ERR_SYSTEM;
	if (link >= 0 && dup2(link, CHILD_LINK_FD) < 0)
		return ERR_SYSTEM;
	if (syscall(SYS_close_range, CHILD_LINK_FD + (link >= 0), ~0U, 0))
		return ERR_SYSTEM;
	return OK;
}

static int give_up_rights(const struct spawn *what)
{
	int err = OK;

	if (what->user == NULL)
		return OK;
	if (geteuid() == 0)
		err = confine_user(what->user);
	if (err == OK) /* a unit's ambient ones, too */
		err = confine_capabilities(0);
	/* a program on the system's path may have more rights */
	if (err == OK && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = ERR_SYSTEM;
	if (err == OK && what->link >= 0)
		confine_domain();
	return err;
}

static void forget_systemd(void)
{
	static const char *const names[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC",
					     "WATCHDOG_PID",  "LISTEN_PID",
					     "LISTEN_FDS",    "LISTEN_FDNAMES",
					     "FDSTORE" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unsetenv(names[i]);
}

static void become(const struct spawn *what, pid_t keeper)
{
	const char *step = "descriptors";

	reset_signals();
	(void)setpgid(0, 0);
	if (place_descriptors(what))
		goto fail;
	step = "rights";
	if (give_up_rights(what))
		goto fail;
	step = "death signal"; /* forgotten by a change of user, so after it */
	if (what->dies_with_us && prctl(PR_SET_PDEATHSIG, SIGTERM))
		goto fail;
	if (what->dies_with_us && getppid() != keeper)
		_exit(0); /* it died in between */
	forget_systemd();
	step = "exec";
	execv(what->argv[0], what->argv);
fail:
	log_event(&cannot_run, "program=%s step=%s reason=%s", log_quote(what->argv[0]),
		  log_quote(step), log_quote(strerror(errno)));
	_exit(CANNOT_RUN);
}

int spawn(const struct spawn *what, pid_t *pid)
{
	pid_t keeper = getpid();
	pid_t child = fork();

	if (child < 0)
		return ERR_SYSTEM;
	if (child == 0)
		become(what, keeper);
	(void)setpgid(child, child); /* whoever comes first */
	*pid = child;
	return OK;
}
