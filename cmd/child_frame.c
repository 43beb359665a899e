#include "cmd/child_frame.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/server.h"
#include "base/alloc.h"
#include "base/buffer.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "base/operator/diag.h"
#include "base/operator/log.h"
#include "base/process/confine.h"
#include "conf/conf.h"
#include "conf/parcel.h"
#include "keeper/sockets.h"
#include "net/loop.h"

enum { CONF_MAX_LEN = 16 << 20, STOP_MS = 100 };

struct child_frame {
	const struct child_program *program;
	void *module;
	struct loop *loop;
	struct child *child; /* NULL: alone */
	struct admin_server *admin;
	const char *path;           /* alone: of the configuration */
	struct child_socket *fresh; /* of the configuration being prepared */
	size_t fresh_count;
	uint32_t grace_ms; /* once the loop has stopped */
	struct timer lingering;
	int signals;
};

/* clang-format off */
enum { EVENT_CONFINE, EVENT_RELOAD, EVENT_REFUSED, EVENT_CONTROL, EVENT_END };
static struct event events[] = {
	[EVENT_CONFINE] = { "not-confined", LOG_LEVEL_ERROR, 0, "the kernel rejected the system-call filter; this process does not start without it", 0, 0, 0 },
	[EVENT_RELOAD]  = { "reloaded", LOG_LEVEL_NOTICE, 0, "a new configuration is in use", 0, 0, 0 },
	[EVENT_REFUSED] = { "reload-refused", LOG_LEVEL_ERROR, 0, "the configuration has errors; the previous one stays in use", 0, 0, 0 },
	[EVENT_CONTROL] = { "no-control-socket", LOG_LEVEL_ERROR, 0, "cannot open the control socket: commands cannot reach this process", 0, 0, 0 },
	[EVENT_END]     = { "end", LOG_LEVEL_NOTICE, 0, "this process serves no more", 0, 0, 0 },
};
/* clang-format on */

struct loop *child_frame_loop(const struct child_frame *f)
{
	return f->loop;
}

struct child *child_frame_link(const struct child_frame *f)
{
	return f->child;
}

static void drop_fresh(struct child_frame *f, bool close_them)
{
	for (size_t i = 0; close_them && i < f->fresh_count; i++)
		close(f->fresh[i].fd);
	free(f->fresh);
	f->fresh = NULL;
	f->fresh_count = 0;
}

static void print_diags(const struct diags *diags)
{
	struct buffer text = { 0 };

	diags_format(diags, &text);
	(void)file_write(2, text.octets, text.len);
	buffer_fini(&text);
}

static void commit_alone(struct child_frame *f, const char *why,
			 const struct diags *faults)
{
	static const struct child_message nothing_new = { .type = CHILD_COMMIT };

	if (faults)
		print_diags(faults);
	if (why) {
		log_event(&events[EVENT_REFUSED], "path=%s", log_quote(f->path));
		return;
	}
	f->program->commit(f->module, &nothing_new);
	log_event(&events[EVENT_RELOAD], "by=SIGHUP");
}

void child_frame_prepared(struct child_frame *f, const char *why,
			  const struct diags *faults)
{
	if (f->child)
		(void)child_prepared(f->child, why, faults);
	else
		commit_alone(f, why, faults);
}

static void prepare(void *arg, const struct child_message *m)
{
	struct child_frame *f = arg;

	drop_fresh(f, true);
	f->fresh = alloc_copy(m->sockets, m->socket_count * sizeof(*m->sockets));
	f->fresh_count = m->socket_count;
	f->program->prepare(f->module, m);
}

static void commit(void *arg, const struct child_message *m)
{
	struct child_frame *f = arg;
	struct child_message with_sockets = *m;

	with_sockets.sockets = f->fresh;
	with_sockets.socket_count = f->fresh_count;
	f->program->commit(f->module, &with_sockets);
	drop_fresh(f, false);
	log_event(&events[EVENT_RELOAD], "by=keeper");
}

static void drop_prepared(void *arg)
{
	struct child_frame *f = arg;

	drop_fresh(f, true);
	f->program->abort(f->module);
}

static void end(struct child_frame *f, uint32_t grace_ms)
{
	f->grace_ms = grace_ms;
	loop_stop(f->loop);
}

static void stop(void *arg)
{
	end(arg, STOP_MS);
}

static void linger_over(void *arg)
{
	struct child_frame *f = arg;

	end(f, f->program->drain_ms);
}

static void drain(void *arg)
{
	struct child_frame *f = arg;

	if (f->program->linger_ms)
		timer_start(f->loop, &f->lingering, f->program->linger_ms, linger_over,
			    f);
	else
		linger_over(f);
}

/* A keeper of a former release names no link: it knows only the first. */
static void join_link(void *arg, const struct child_message *m)
{
	const struct child_frame *f = arg;
	const struct child_link *link = f->program->links;

	while (link < f->program->links + CHILD_LINKS_MAX && link->name &&
	       *m->link_name && strcmp(link->name, m->link_name) != 0)
		link++;
	if (link < f->program->links + CHILD_LINKS_MAX && link->name)
		link->join(f->module, m);
	else
		close(m->end); /* of a keeper newer than this child */
}

static void hook_done(void *arg, const struct child_message *m)
{
	const struct child_frame *f = arg;

	if (f->program->hook_done)
		f->program->hook_done(f->module, m);
}

static const char *stuck(void *arg)
{
	const struct child_frame *f = arg;

	return f->program->stuck ? f->program->stuck(f->module) : NULL;
}

static const struct child_calls calls = {
	.prepare = prepare,
	.commit = commit,
	.abort = drop_prepared,
	.drain = drain,
	.stop = stop,
	.linked = join_link,
	.hook_done = hook_done,
	.stuck = stuck,
};

static void on_keeper(void *arg, int ready)
{
	const struct child_frame *f = arg;

	(void)ready;
	child_obey(f->child, &calls, arg);
}

/* Reads the file as a keeper would pass it on; if it has errors, as it is, so that its
 * reader reports them. */
static int read_parcel(const char *path, struct buffer *out)
{
	struct diags unheard = { 0 };
	struct conf *c = NULL;
	uint8_t *octets;
	size_t len;
	int err = file_read(path, CONF_MAX_LEN, &octets, &len);

	if (err)
		return err;
	if (conf_parse(path, octets, len, &unheard, &c) == OK)
		conf_parcel(c, octets, len, out);
	else
		buffer_put(out, octets, len);
	free_wiped(octets, len);
	diags_fini(&unheard);
	conf_free(c);
	return OK;
}

/* Alone: addresses stay as they were bound. */
static void reload_alone(struct child_frame *f)
{
	struct child_message m = { .type = CHILD_PREPARE, .conf_path = f->path };
	struct buffer parcel = { 0 };

	if (read_parcel(f->path, &parcel)) {
		log_event(&events[EVENT_REFUSED], "path=%s error=%s",
			  log_quote(f->path), log_quote(strerror(errno)));
		return;
	}
	m.conf = parcel.octets;
	m.conf_len = parcel.len;
	f->program->prepare(f->module, &m);
	free_wiped(parcel.octets, parcel.len);
}

static void on_signal(void *arg, int ready)
{
	struct child_frame *f = arg;
	struct signalfd_siginfo info;

	(void)ready;
	while (read(f->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP && f->child == NULL)
			reload_alone(f);
		else if (info.ssi_signo != SIGHUP)
			end(f, STOP_MS);
	}
}

/* Before any thread is: all of them leave signals to the main loop. */
static void catch_signals(struct child_frame *f)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGUSR1, SIG_IGN); /* meant for a keeper with a log file */
	f->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void open_control(struct child_frame *f, const char *run_dir)
{
	char *path = alloc_format("%s/%s.sock", run_dir, f->program->name);

	if (f->child == NULL)
		(void)mkdir(run_dir, 0755); /* with a keeper it is there */
	if (admin_server_open(f->loop, path, NULL, &f->admin))
		log_event(&events[EVENT_CONTROL], "path=%s error=%s", log_quote(path),
			  log_quote(strerror(errno)));
	else
		f->program->serve_commands(f->module, f->admin);
	free(path);
}

/* Gives up the rights for all that it never does. A system call that is missing in the
 * list fails but does not end the process: a node that can still answer continues. */
static int confine(const struct child_program *program)
{
	const char *why = "";
	int err = OK;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	(void)program; /* sanitizers start threads and programs */
#else
	err = confine_calls(program->system_calls, CONFINE_EPERM, &why);
#endif
	if (err)
		log_event(&events[EVENT_CONFINE], "error=%s", log_quote(why));
	return err;
}

static void run(struct child_frame *f)
{
	struct watch *signals = watch_start(f->loop, f->signals, LOOP_READ, on_signal,
					    f);
	struct watch *keeper = NULL;

	if (f->child) {
		keeper = watch_start(f->loop, child_fd(f->child), LOOP_READ, on_keeper,
				     f);
		(void)child_ready(f->child);
	}
	loop_run(f->loop);
	timer_stop(&f->lingering);
	watch_stop(keeper);
	watch_stop(signals);
	if (f->admin)
		admin_server_drain(f->admin);
	log_event(&events[EVENT_END], "grace_ms=%u", f->grace_ms);
	drop_fresh(f, true);
}

/* From the start to the end. Returns an error if it cannot serve. */
static int serve(struct child_frame *f, const struct conf *c,
		 const struct child_message *start)
{
	struct child_message m = *start;
	int err;

	if (m.state_dir == NULL) { /* alone, or of an older keeper */
		m.state_dir = c->node.state_dir;
		m.run_dir = c->node.run_dir;
	}
	err = f->program->open(f, c, &m, &f->module);

	if (err)
		return err;
	open_control(f, m.run_dir);
	if (f->child)
		child_show_threads(f->child);
	err = confine(f->program);
	if (err == OK)
		run(f);
	if (f->admin)
		admin_server_close(f->admin);
	f->program->close(f->module, f->grace_ms);
	return err;
}

/* Alone: the sockets and workers that a keeper would have given. */
static int bind_alone(struct child_frame *f, const struct conf *c,
		      const struct child_message *m)
{
	struct diags diags = { 0 };
	struct sockets sockets = { 0 };
	struct child_message start = *m;
	struct child_socket *mine;
	int err;

	sockets_workers(&sockets, c);
	err = sockets_prepare(&sockets, c, &diags);
	print_diags(&diags);
	diags_fini(&diags);
	if (err)
		return err;
	start.udp_workers = sockets.workers[CHILD_UDP];
	start.stream_workers = sockets.workers[CHILD_TCP];
	mine = sockets_take(&sockets, &start.socket_count);
	start.sockets = mine;
	err = serve(f, c, &start);
	free(mine);
	return err;
}

static int run_alone(struct child_frame *f)
{
	struct child_message m = { .type = CHILD_START, .conf_path = f->path };
	struct diags diags = { 0 };
	struct conf *c = NULL;
	struct buffer parcel = { 0 };
	int err = conf_load(f->path, &diags, &c);

	print_diags(&diags);
	diags_fini(&diags);
	if (err == OK)
		err = read_parcel(f->path, &parcel);
	m.conf = parcel.octets;
	m.conf_len = parcel.len;
	if (err == OK)
		err = bind_alone(f, c, &m);
	conf_free(c);
	free_wiped(parcel.octets, parcel.len);
	return err ? 1 : 0;
}

static int run_child(struct child_frame *f)
{
	struct child_message m;
	struct diags diags = { 0 };
	struct conf *c = NULL;
	int err = child_open(&f->child, &m);

	if (err) {
		fprintf(stderr, "%s: started by no keeper (%s)%s%s%s\n",
			f->program->program, err_text(err),
			f->program->alone ? "; alone: " : "",
			f->program->alone ? f->program->program : "",
			f->program->alone ? " -c FILE" : "");
		return 2;
	}
	err = conf_parse_parcel(m.conf_path, m.conf, m.conf_len, &diags, &c);
	if (err)
		print_diags(&diags);
	else
		err = serve(f, c, &m);
	diags_fini(&diags);
	conf_free(c);
	child_close(f->child);
	return err ? 1 : 0;
}

int child_main(const struct child_program *program, int argc, char **argv)
{
	struct child_frame f = { .program = program };
	int status;

	if (program->alone && argc == 3 && strcmp(argv[1], "-c") == 0) {
		f.path = argv[2];
	} else if (argc != 1) {
		fprintf(stderr, "usage: %s %s\n", program->program,
			program->alone ? "[-c FILE]" : "(started by deputyd)");
		return 2;
	}
	log_open(program->name, LOG_LEVEL_INFO);
	if (f.path)
		log_own(); /* otherwise the keeper did */
	(void)confine_memory();
	child_raise_limits();
	catch_signals(&f);
	f.loop = loop_new();
	status = f.path ? run_alone(&f) : run_child(&f);
	loop_free(f.loop);
	return status;
}
