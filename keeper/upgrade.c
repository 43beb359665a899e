#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/operator/log.h"
#include "keeper/handover.h"
#include "keeper/keeper_body.h"
#include "keeper/spawn.h"

enum { WAIT_MS = 30000, CHECK_MS = 10000 };

enum { EVENT_BEGUN, EVENT_REFUSED };

/* clang-format off */
static struct event events[] = {
	[EVENT_BEGUN] = { .name = "upgrade", .level = LOG_LEVEL_NOTICE,
		.help = "deputyd is replaced with the program now at its path; sockets and child processes stay" },
	[EVENT_REFUSED] = { .name = "upgrade-refused", .level = LOG_LEVEL_ERROR,
		.help = "the program at deputyd's path cannot take over; the running one continues" },
};
/* clang-format on */

static void refuse(struct keeper *k, const char *why)
{
	struct upgrade *u = &k->upgrade;

	log_event(&events[EVENT_REFUSED], "why=%s", log_quote(why));
	timer_stop(&u->timer);
	u->state = UPGRADE_NONE;
	if (u->asker) {
		request_fail(u->asker, EXIT_NEGATIVE,
			     "%s; the running deputyd continues", why);
		request_finish(u->asker);
	}
	u->asker = NULL;
	keeper_settle(k);
}

static void collect(const struct keeper *k, struct handover *h)
{
	*h = (struct handover){ .sockets = k->sockets,
				.started = k->started,
				.conf = k->conf.octets };
	for (const struct process *p = k->processes; p; p = p->next) {
		struct handover_process *row = &h->processes[h->process_count];

		if (p->state != PROCESS_RUNNING ||
		    h->process_count == HANDOVER_PROCESSES_MAX)
			continue;
		(void)snprintf(row->name, sizeof(row->name), "%s",
			       p->kind->row->program);
		row->pid = p->pid;
		row->link = p->link;
		row->speaks = p->speaks;
		h->process_count++;
	}
}

/* Ends this deputyd: its process goes on as the new one, which finds DEPUTY_HANDOVER.
 */
static void become_new(struct keeper *k)
{
	struct upgrade *u = &k->upgrade;
	struct handover h;
	char number[16];
	int fd;

	collect(k, &h);
	fd = handover_write(&h);
	if (fd < 0) {
		refuse(k, "cannot write the state to hand over");
		return;
	}
	(void)snprintf(number, sizeof(number), "%d", fd);
	(void)setenv("DEPUTY_HANDOVER", number, 1);
	log_event(&events[EVENT_BEGUN], "program=%s sockets=%zu children=%zu",
		  log_quote(k->options.argv[0]), h.sockets.count, h.process_count);
	if (u->asker) {
		json_text(&u->asker->json, "upgrade", "the new deputyd is taking over");
		request_finish(u->asker);
		u->asker = NULL;
	}
	if (k->options.before_exec)
		k->options.before_exec(k->options.arg);
	execv(k->options.argv[0], k->options.argv);
	(void)unsetenv("DEPUTY_HANDOVER");
	handover_withdraw(&h, fd);
	refuse(k, strerror(errno));
}

static void on_late(void *arg)
{
	struct keeper *k = arg;

	if (k->upgrade.state == UPGRADE_WANTED)
		refuse(k, "child processes or on-switch hooks are busy");
	else if (k->upgrade.pid)
		(void)kill(-k->upgrade.pid, SIGKILL); /* its end is told by SIGCHLD */
}

/* The programs of the children that are handed over, with a blank between them. */
static char *programs_of(const struct keeper *k)
{
	struct buffer names = { 0 };

	for (const struct process *p = k->processes; p; p = p->next) {
		if (p->state != PROCESS_RUNNING)
			continue;
		if (names.len)
			buffer_put_text(&names, " ");
		buffer_put_text(&names, p->kind->row->program);
	}
	return buffer_take_text(&names);
}

/* Starts it with DEPUTY_CHILDREN: those that it will have to take over. */
static int spawn_check(struct keeper *k, const struct spawn *what)
{
	char *programs = programs_of(k);
	int err;

	(void)setenv("DEPUTY_CHILDREN", programs, 1);
	err = spawn(what, &k->upgrade.pid);
	(void)unsetenv("DEPUTY_CHILDREN");
	free(programs);
	return err;
}

/* The new program first shows, beside the running one, that it can read all this. */
void upgrade_check(struct keeper *k)
{
	struct upgrade *u = &k->upgrade;
	char check[] = "--check-upgrade";
	char file[] = "-c";
	char *argv[] = { k->options.argv[0], check, file, k->conf_path, NULL };
	struct spawn what = { .argv = argv, .link = -1, .input = k->conf.octets };

	if (u->state != UPGRADE_WANTED)
		return;
	if (lseek(k->conf.octets, 0, SEEK_SET) || spawn_check(k, &what)) {
		refuse(k, "cannot start the new deputyd");
		return;
	}
	u->state = UPGRADE_CHECKING;
	timer_start(k->loop, &u->timer, CHECK_MS, on_late, k);
}

void upgrade_begin(struct keeper *k, struct request *asker)
{
	struct upgrade *u = &k->upgrade;

	u->state = UPGRADE_WANTED;
	u->asker = asker;
	timer_start(k->loop, &u->timer, WAIT_MS, on_late, k);
	keeper_settle(k);
}

bool upgrade_exited(struct keeper *k, pid_t pid, int wait_status)
{
	struct upgrade *u = &k->upgrade;
	char why[80];

	if (pid == 0 || pid != u->pid)
		return false;
	u->pid = 0;
	timer_stop(&u->timer);
	if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) {
		become_new(k);
		return true;
	}
	if (WIFEXITED(wait_status))
		(void)snprintf(why, sizeof(why),
			       "the new deputyd rejected the upgrade "
			       "with exit status %d",
			       WEXITSTATUS(wait_status));
	else
		(void)snprintf(why, sizeof(why),
			       "the new deputyd was killed by signal %d",
			       WTERMSIG(wait_status));
	refuse(k, why);
	return true;
}
