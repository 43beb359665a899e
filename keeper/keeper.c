#include "keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "conf/conf.h"
#include "keeper/folders.h"
#include "keeper/handover.h"
#include "keeper/keeper_body.h"
#include "keeper/notify.h"

enum { GIVE_UP_STARTS = 3 };

enum {
	EVENT_STARTED,
	EVENT_STOPPING,
	EVENT_UPGRADE_FAILED,
	EVENT_HOOK_REFUSED,
	EVENT_LOG_OPENED,
	EVENT_LOG_FAILED
};

/* clang-format off */
static struct event events[] = {
	[EVENT_STARTED] = { .name = "ready", .level = LOG_LEVEL_NOTICE,
		.help = "all child processes are ready" },
	[EVENT_STOPPING] = { .name = "stopping", .level = LOG_LEVEL_NOTICE,
		.help = "deputyd is stopping" },
	[EVENT_UPGRADE_FAILED] = { .name = "upgrade-failed", .level = LOG_LEVEL_ERROR,
		.help = "the new child process did not start; the old one keeps answering" },
	[EVENT_HOOK_REFUSED] = { .name = "hook-refused", .level = LOG_LEVEL_ERROR, .per_minute = 6,
		.help = "a child process asked for a program that it may not have run, or that is not in the configuration: somebody else may have taken it over" },
	[EVENT_LOG_OPENED] = { .name = "log-opened", .level = LOG_LEVEL_NOTICE,
		.help = "the log file was opened anew (SIGUSR1); all processes write to it" },
	[EVENT_LOG_FAILED] = { .name = "log-not-opened", .level = LOG_LEVEL_ERROR,
		.help = "the log file cannot be opened anew, for the given reason; the one before is still written to" },
};
/* clang-format on */

void keeper_conf_fini(struct keeper_conf *c)
{
	conf_free(c->conf);
	if (c->octets >= 0)
		close(c->octets);
	*c = (struct keeper_conf){ .octets = -1 };
}

/* The octets as nobody can change them any more. */
static int sealed(const void *octets, size_t len)
{
	int fd = memfd_create("deputy.conf", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return ERR_SYSTEM;
	if (file_write(fd, octets, len) ||
	    fcntl(fd, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)) {
		close(fd);
		return ERR_SYSTEM;
	}
	return fd;
}

int keeper_conf_read(const char *path, int fd, struct diags *diags,
		     struct keeper_conf *out)
{
	struct keeper_conf c = { .octets = -1 };
	struct buffer parcel = { 0 };
	uint8_t *octets = NULL;
	char source[32];
	size_t len = 0;
	int err;

	(void)snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
	err = file_read(fd < 0 ? path : source, KEEPER_CONF_MAX_LEN, &octets, &len);
	if (err) {
		diags_add(diags, DIAG_ERROR, (struct diag_place){ .file = path }, "%s",
			  err == ERR_LIMIT      ? "longer than 16 MiB"
			  : err == ERR_NOT_FILE ? err_text(err)
			  : errno == ENOENT
				  ? "no such file; use -c FILE for another one; "
				    "examples are in " DEPUTY_DOC_DIR "/examples"
				  : strerror(errno));
		return ERR_INVALID;
	}
	err = fd < 0 ? conf_parse(path, octets, len, diags, &c.conf)
		     : conf_parse_parcel(path, octets, len, diags, &c.conf);
	if (err == OK) {
		conf_parcel(c.conf, octets, strnlen((char *)octets, len), &parcel);
		c.octets = sealed(parcel.octets, parcel.len);
		if (c.octets < 0) {
			diags_add(diags, DIAG_ERROR,
				  (struct diag_place){ .file = path }, "%s",
				  strerror(errno));
			err = ERR_INVALID;
		}
	}
	free_wiped(octets, len);
	free_wiped(parcel.octets, parcel.len);
	if (err)
		keeper_conf_fini(&c);
	else
		*out = c;
	return err;
}

static void put_text(struct buffer *b, const char *text)
{
	buffer_put_u32(b, (uint32_t)strlen(text));
	buffer_put_text(b, text);
}

void keeper_send_conf(struct keeper *k, struct process *p, uint32_t type,
		      uint32_t sequence, const struct keeper_conf *c, bool fresh)
{
	struct buffer b = { 0 };

	for (size_t i = 0; i < k->sockets.count; i++) {
		const struct socket_row *row = &k->sockets.rows[i];

		if (row->fresh == fresh && p->kind->row->sockets & CHILD_USE(row->kind))
			process_send_socket(p, row);
	}
	buffer_put_u16(&b, k->sockets.workers[CHILD_UDP]);
	buffer_put_u16(&b, k->sockets.workers[CHILD_TCP]);
	buffer_put_u16(&b, p->follows);
	put_text(&b, k->conf_path);
	put_text(&b, k->started.state_dir);
	put_text(&b, k->started.run_dir);
	process_send(p, type, sequence, b.octets, b.len, c->octets);
	buffer_fini(&b);
}

static void on_starting(void *arg, struct process *p)
{
	struct keeper *k = arg;

	keeper_send_conf(k, p, CHILD_START, 0, &k->conf, false);
}

static void on_prepared(void *arg, struct process *p, uint32_t sequence,
			const char *why_not, struct text faults)
{
	reload_heard(arg, p, sequence, why_not, faults);
}

static void on_hook_done(void *arg, struct process *asker, uint32_t sequence,
			 const struct hook_fate *fate)
{
	struct buffer b = { 0 };

	(void)arg;
	buffer_put_u32(&b, (uint32_t)fate->status);
	buffer_put_u32(&b, fate->tries);
	buffer_put_u32(&b, (uint32_t)strlen(fate->why));
	buffer_put_text(&b, fate->why);
	process_send(asker, CHILD_HOOK_DONE, sequence, b.octets, b.len, -1);
	buffer_fini(&b);
}

static void on_running(struct keeper *k, struct process *p)
{
	children_running(k, p);
	links_join(k, p);
	reload_joined(k, p);
	if (k->was_ready || !children_are_ready(k))
		return;
	k->was_ready = true;
	log_event(&events[EVENT_STARTED], "sockets=%zu", k->sockets.count);
	notify("READY=1");
	if (k->options.ready)
		k->options.ready(k->options.arg);
}

static void on_hook(void *arg, struct process *p, uint32_t sequence,
		    struct text payload)
{
	struct hook_fate refused = { -1, 0, "this process may have no programs run" };
	struct keeper *k = arg;

	if (p->kind->row->may_ask_hooks) {
		if (hooks_add(k->hooks, k->conf.conf, p, sequence, payload) == OK)
			return;
		refused.why = "it is no program of the configuration";
	}
	log_event(&events[EVENT_HOOK_REFUSED], "child=%s pid=%d reason=%s",
		  p->kind->row->program, (int)p->pid, log_quote(refused.why));
	on_hook_done(k, p, sequence, &refused);
}

static void on_changed(void *arg, struct process *p)
{
	struct keeper *k = arg;

	if (p->state == PROCESS_RUNNING)
		on_running(k, p);
	reload_lost(k, p);
	if (p->follows && p->state == PROCESS_BACKOFF &&
	    p->failure_count >= GIVE_UP_STARTS) {
		log_event(&events[EVENT_UPGRADE_FAILED], "child=%s",
			  p->kind->row->program);
		process_step(p, PROCESS_UNWANTED);
	}
	keeper_settle(k);
}

const struct process_calls keeper_process_calls = {
	.changed = on_changed,
	.prepared = on_prepared,
	.hook = on_hook,
	.starting = on_starting,
};

static void reap(struct keeper *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (!hooks_exited(k->hooks, pid, status) &&
		    !upgrade_exited(k, pid, status))
			children_exited(k, pid, status);
	}
	children_sweep(k);
	keeper_settle(k);
}

bool keeper_is_quiet(const struct keeper *k)
{
	if (k->stopping || k->reload.active || k->upgrade.state == UPGRADE_CHECKING)
		return false;
	for (const struct process *p = k->processes; p; p = p->next)
		if (p->state != PROCESS_RUNNING && p->state != PROCESS_BACKOFF)
			return false;
	return true;
}

void keeper_settle(struct keeper *k)
{
	if (!keeper_is_quiet(k))
		return;
	if (k->reload.wanted)
		reload_begin(k, k->reload.waiting);
	else if (k->upgrade.state == UPGRADE_WANTED && hooks_are_idle(k->hooks))
		upgrade_check(k);
}

/* The one before may have been renamed; all processes follow. */
static void reopen_log(const struct keeper *k)
{
	if (k->options.log_path == NULL)
		return;
	if (log_to_file(k->options.log_path)) {
		log_event(&events[EVENT_LOG_FAILED], "path=%s reason=%s",
			  log_quote(k->options.log_path), log_quote(strerror(errno)));
		return;
	}
	for (struct process *p = k->processes; p; p = p->next)
		process_send(p, CHILD_LOG, 0, NULL, 0, STDERR_FILENO);
	log_event(&events[EVENT_LOG_OPENED], "path=%s", log_quote(k->options.log_path));
}

static void on_signal(void *arg, int ready)
{
	struct keeper *k = arg;
	struct signalfd_siginfo info;

	(void)ready;
	while (read(k->signals, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			reap(k);
			break;
		case SIGHUP:
			k->reload.wanted = true;
			keeper_settle(k);
			break;
		case SIGUSR1:
			reopen_log(k);
			break;
		case SIGUSR2:
			if (k->upgrade.state == UPGRADE_NONE)
				upgrade_begin(k, NULL);
			break;
		default:
			keeper_stop(k);
		}
	}
}

static void watch_signals(struct keeper *k)
{
	static const int numbers[] = { SIGCHLD, SIGHUP,  SIGUSR1,
				       SIGUSR2, SIGTERM, SIGINT };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaddset(&set, numbers[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	k->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (k->signals >= 0)
		k->signal_watch = watch_start(k->loop, k->signals, LOOP_READ, on_signal,
					      k);
}

/*
 * Binds all addresses. The child of a keeper that was killed ends within a moment, so
 * an address that is held is tried again before it is an error.
 */
static int bind_all(struct keeper *k, struct diags *diags)
{
	enum { TRIES = 10, PAUSE_MS = 50 };

	for (int i = 0; i < TRIES; i++) {
		struct diags tried = { 0 };
		int err = sockets_prepare(&k->sockets, k->conf.conf, &tried);

		for (size_t w = 0; !err && w < tried.count; w++)
			diags_add(diags, tried.rows[w].level, tried.rows[w].place, "%s",
				  tried.rows[w].text);
		diags_fini(&tried);
		if (!err)
			return OK;
		(void)poll(NULL, 0, PAUSE_MS);
	}
	return sockets_prepare(&k->sockets, k->conf.conf, diags);
}

static void note_first(char **out, const char *text)
{
	if (*out == NULL)
		*out = alloc_text(text);
}

static void note_start(struct keeper *k)
{
	const struct conf_node *n = &k->conf.conf->node;

	note_first(&k->started.user, n->user);
	note_first(&k->started.state_dir, n->state_dir);
	note_first(&k->started.run_dir, n->run_dir);
}

static int open_afresh(struct keeper *k, struct diags *diags)
{
	int err = keeper_conf_read(k->conf_path, -1, diags, &k->conf);

	if (err == OK)
		err = user_check(&k->conf.conf->node, diags);
	if (err)
		return err;
	note_start(k);
	sockets_workers(&k->sockets, k->conf.conf);
	err = bind_all(k, diags);
	if (err)
		return err;
	sockets_commit(&k->sockets);
	return folders_make(&k->conf.conf->node, diags);
}

/* Takes over from the keeper this process was. */
static int open_handed_over(struct keeper *k, struct diags *diags)
{
	struct handover h;
	int err = handover_read(k->options.handover, &h);

	if (err) {
		diags_add(
			diags, DIAG_ERROR, (struct diag_place){ 0 },
			"cannot read the state handed over by the previous deputyd: %s",
			err_text(err));
		return ERR_INVALID;
	}
	k->sockets = h.sockets;
	k->started = h.started;
	err = keeper_conf_read(k->conf_path, h.conf, diags, &k->conf);
	close(h.conf);
	if (err == OK) { /* what the former one did not say or have */
		note_start(k);
		sockets_workers(&k->sockets, k->conf.conf);
	}
	k->was_ready = true;
	return err ? err : children_adopt(k, &h, diags);
}

int keeper_open(struct loop *l, const struct keeper_options *options,
		struct diags *diags, struct keeper **out)
{
	struct keeper *k = alloc(sizeof(*k));
	int err;

	k->loop = l;
	k->options = *options;
	k->since_at = loop_now(l);
	k->conf.octets = k->reload.fresh.octets = k->signals = -1;
	k->conf_path = alloc_text(options->conf_path);
	children_init(k);
	if (options->handover >= 0)
		err = open_handed_over(k, diags);
	else
		err = open_afresh(k, diags);
	if (err == OK && rights_reduce()) {
		diags_add(diags, DIAG_ERROR, (struct diag_place){ 0 },
			  "cannot drop privileges: %s", strerror(errno));
		err = ERR_INVALID;
	}
	if (err) {
		keeper_free(k);
		return ERR_INVALID;
	}
	for (size_t i = 0; i < k->kind_count; i++)
		k->kinds[i].user = k->started.user;
	k->hooks = hooks_new(l, k->started.user, on_hook_done, k);
	*out = k;
	return OK;
}

void keeper_start(struct keeper *k)
{
	watch_signals(k);
	children_start(k);
	reap(k); /* what ended before signals were watched */
}

void keeper_stop(struct keeper *k)
{
	if (k->stopping)
		return;
	log_event(&events[EVENT_STOPPING], "pid=%d", (int)getpid());
	notify("STOPPING=1");
	k->stopping = true;
	children_stop(k);
}

void keeper_free(struct keeper *k)
{
	if (k == NULL)
		return;
	children_fini(k);
	hooks_free(k->hooks);
	timer_stop(&k->reload.timer);
	timer_stop(&k->upgrade.timer);
	watch_stop(k->signal_watch);
	if (k->signals >= 0)
		close(k->signals);
	sockets_fini(&k->sockets);
	keeper_conf_fini(&k->conf);
	keeper_conf_fini(&k->reload.fresh);
	diags_fini(&k->reload.diags);
	started_fini(&k->started);
	free(k->conf_path);
	free(k);
}

const char *keeper_run_dir(const struct keeper *k)
{
	return k->started.run_dir;
}

const struct conf *keeper_conf(const struct keeper *k)
{
	return k->conf.conf;
}
