/* deputy-recursor: asks the world. Started by the keeper, for deputy-dns. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "admin/server.h"
#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/diag.h"
#include "base/operator/log.h"
#include "base/process/child.h"
#include "base/process/confine.h"
#include "conf/conf.h"
#include "net/loop.h"
#include "recursor/recursor.h"

enum { DRAIN_MS = 5000 };

struct process {
	struct loop *loop;
	struct child *child;
	struct recursor *recursor;
	struct admin_server *admin;
	struct timer grace;
	int signals;
};

/* clang-format off */
enum recursor_event { EVENT_CONF, EVENT_CONTROL, EVENT_CONFINE, EVENT_END };
static struct event events[] = {
	[EVENT_CONF]    = { "recursion-failed", LOG_LEVEL_ERROR, 0, "cannot set up recursion as configured", 0, 0, 0 },
	[EVENT_CONTROL] = { "no-control-socket", LOG_LEVEL_ERROR, 0, "cannot open the control socket: commands cannot reach this process", 0, 0, 0 },
	[EVENT_CONFINE] = { "not-confined", LOG_LEVEL_ERROR, 0, "the kernel rejected the system-call filter; this process does not run without it", 0, 0, 0 },
	[EVENT_END]     = { "end", LOG_LEVEL_NOTICE, 0, "this process has stopped", 0, 0, 0 },
};

/* What libunbound does besides what every process of ours does. */
static const char *const system_calls[] = {
	"socket", "connect", "bind", "setsockopt", "openat", "access", "faccessat",
	"faccessat2", "stat", "lstat", "rename", "renameat", "unlink", "unlinkat",
	"fsync", "fdatasync", "ftruncate", "ioctl", "pipe2", NULL,
};
/* clang-format on */

/* Names that this node answers itself, and what stands in private networks. */
static size_t list_inside(const struct conf *c, const char **out)
{
	size_t count = 0;

	for (size_t i = 0; i < c->recursion.inside_count; i++)
		out[count++] = c->recursion.inside[i];
	for (size_t i = 0; i < c->zone_count; i++)
		out[count++] = c->zones[i].name;
	return count;
}

/* Says what to do with a configuration: its engine's options, to be used at once. */
static int with_options(const struct conf *c, struct recursor *r, struct process *p,
			char **why)
{
	const struct conf_recursion *conf = &c->recursion;
	const char **inside = alloc_array(conf->inside_count + c->zone_count + 1,
					  sizeof(*inside));
	char *kept = alloc_format("%s/root.key", c->node.state_dir);
	struct engine_options o = {
		.forwarders = conf->forwarders,
		.forwarder_count = conf->forwarder_count,
		.root_hints = conf->root_hints,
		.anchor_file = conf->trust_anchors,
		.kept_anchors = kept,
		.validate = conf->validate,
		.cache_mib = conf->cache_mib,
		.inside = inside,
	};
	int err;

	o.inside_count = list_inside(c, inside);
	err = r ? recursor_prepare(r, &o, why)
		: recursor_new(p->loop, &o, why, &p->recursor);
	free(inside);
	free(kept);
	return err;
}

static void prepare(void *arg, const struct child_message *m)
{
	struct process *p = arg;
	struct diags diags = { 0 };
	struct conf *c = NULL;
	char *why = NULL;
	int err = conf_parse(m->conf_path, m->conf, m->conf_len, &diags, &c);

	if (err == OK)
		err = with_options(c, p->recursor, p, &why);
	(void)child_prepared(p->child,
			     err == OK ? NULL
			     : why     ? why
				       : "the configuration has errors",
			     NULL);
	free(why);
	conf_free(c);
	diags_fini(&diags);
}

static void stop(void *arg)
{
	const struct process *p = arg;

	loop_stop(p->loop);
}

static void commit(void *arg, const struct child_message *m)
{
	const struct process *p = arg;

	(void)m;
	recursor_commit(p->recursor);
}

static void drop_prepared(void *arg)
{
	const struct process *p = arg;

	recursor_abort(p->recursor);
}

/* Another takes the questions; these are answered still. */
static void drain(void *arg)
{
	struct process *p = arg;

	timer_start(p->loop, &p->grace, DRAIN_MS, stop, p);
}

static void link_worker(void *arg, const struct child_message *m)
{
	const struct process *p = arg;

	recursor_link(p->recursor, m->peer);
}

/* There is one thread, and it is here. */
static const char *stuck(void *arg)
{
	(void)arg;
	return NULL;
}

static const struct child_calls calls = {
	.prepare = prepare,
	.commit = commit,
	.abort = drop_prepared,
	.drain = drain,
	.stop = stop,
	.peer = link_worker,
	.stuck = stuck,
};

static void on_keeper(void *arg, int ready)
{
	const struct process *p = arg;

	(void)ready;
	child_obey(p->child, &calls, arg);
}

static void on_signal(void *arg, int ready)
{
	struct process *p = arg;
	struct signalfd_siginfo info;

	(void)ready;
	while (read(p->signals, &info, sizeof(info)) == sizeof(info))
		loop_stop(p->loop);
}

static void catch_signals(struct process *p)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void open_control(struct process *p, const char *run_dir)
{
	char *path = alloc_format("%s/recursor.sock", run_dir);

	if (admin_server_open(p->loop, path, NULL, &p->admin))
		log_event(&events[EVENT_CONTROL], "path=%s", log_quote(path));
	else
		admin_server_add(p->admin, recursor_commands, p->recursor);
	free(path);
}

static void serve(struct process *p)
{
	struct watch *keeper = watch_start(p->loop, child_fd(p->child), LOOP_READ,
					   on_keeper, p);
	struct watch *signals = watch_start(p->loop, p->signals, LOOP_READ, on_signal,
					    p);

	(void)child_ready(p->child);
	loop_run(p->loop);
	watch_stop(keeper);
	watch_stop(signals);
	log_event(&events[EVENT_END], "pid=%d", (int)getpid());
}

static int run(struct process *p, const struct child_message *m)
{
	struct diags diags = { 0 };
	struct conf *c = NULL;
	char *why = NULL;
	const char *forbidden = "";
	int err = conf_parse(m->conf_path, m->conf, m->conf_len, &diags, &c);

	if (err == OK)
		err = with_options(c, NULL, p, &why);
	if (err) {
		log_event(&events[EVENT_CONF], "why=%s",
			  log_quote(why ? why : "the configuration has errors"));
		goto done;
	}
	open_control(p, c->node.run_dir);
	err = confine_calls(system_calls, CONFINE_EPERM, &forbidden);
	if (err)
		log_event(&events[EVENT_CONFINE], "what=%s", log_quote(forbidden));
	else
		serve(p);
	if (p->admin)
		admin_server_close(p->admin);
	recursor_free(p->recursor);
done:
	timer_stop(&p->grace);
	free(why);
	conf_free(c);
	diags_fini(&diags);
	return err ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct process p = { 0 };
	struct child_message m;
	int status;
	int err;

	(void)argv;
	if (argc != 1) {
		fputs("usage: deputy-recursor (started by deputyd)\n", stderr);
		return 2;
	}
	log_open("recursor", LOG_LEVEL_INFO);
	err = child_open(&p.child, &m);
	if (err) {
		fprintf(stderr, "deputy-recursor: not started by deputyd (%s)\n",
			err_text(err));
		return 2;
	}
	child_raise_limits();
	catch_signals(&p);
	p.loop = loop_new();
	status = run(&p, &m);
	child_close(p.child);
	loop_free(p.loop);
	return status;
}
