/*
 * deputy-dns: answers. Started by the keeper, which hands it its configuration and its
 * sockets; or alone, for tests and benches, with `-c FILE`.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/server.h"
#include "base/alloc.h"
#include "base/buffer.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "base/process/child.h"
#include "base/process/confine.h"
#include "conf/conf.h"
#include "health/health.h"
#include "net/loop.h"
#include "resolver/resolver.h"

enum {
	CONF_MAX_LEN = 16 << 20,
	WORKERS_MAX = 8,
	BACKLOG = 1024,
	UDP_BUFFER_LEN = 4 << 20,
	DRAIN_MS = 5000, /* more than a query waits for the world */
	STOP_MS = 100
};

struct process {
	struct loop *loop;
	struct child *child; /* NULL: alone */
	struct resolver *resolver;
	struct admin_server *admin;
	const char *path;           /* alone: of the configuration */
	struct child_socket *fresh; /* of the configuration being prepared */
	size_t fresh_count;
	uint32_t grace_ms; /* once the loop has stopped */
};

/* clang-format off */
enum dns_event { EVENT_CONFINE, EVENT_BIND, EVENT_RELOAD, EVENT_REFUSED, EVENT_CONTROL, EVENT_END };
static struct event events[] = {
	[EVENT_CONFINE] = { "not-confined", LOG_LEVEL_ERROR, 0, "the kernel rejected the system-call filter; this process does not start without it", 0, 0, 0 },
	[EVENT_BIND]    = { "bind", LOG_LEVEL_ERROR, 0, "cannot bind a listen address", 0, 0, 0 },
	[EVENT_RELOAD]  = { "reloaded", LOG_LEVEL_NOTICE, 0, "a new configuration is in use", 0, 0, 0 },
	[EVENT_REFUSED] = { "reload-refused", LOG_LEVEL_ERROR, 0, "the configuration has errors; the previous one stays in use", 0, 0, 0 },
	[EVENT_CONTROL] = { "no-control-socket", LOG_LEVEL_ERROR, 0, "cannot open the control socket: commands cannot reach this process", 0, 0, 0 },
	[EVENT_END]     = { "end", LOG_LEVEL_NOTICE, 0, "this process has stopped", 0, 0, 0 },
};
/* clang-format on */

static int bind_one(const struct addr *at, enum child_socket_kind kind)
{
	int type = kind == CHILD_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(at->family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;
	int buffer_len = UDP_BUFFER_LEN;
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(at, &sa);

	if (fd < 0)
		return ERR_SYSTEM;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (at->family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (kind == CHILD_UDP)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_len,
				 sizeof(buffer_len));
	if (bind(fd, (struct sockaddr *)&sa, len) == 0 &&
	    (kind == CHILD_UDP || listen(fd, BACKLOG) == 0))
		return fd;
	close(fd);
	return ERR_SYSTEM;
}

/* Alone: every worker's sockets on every address. Returns 0 or ERR_SYSTEM. */
static int bind_all(struct process *p, const struct conf *c,
		    const uint16_t workers[CHILD_SOCKET_KINDS])
{
	size_t most = c->node.listen_count * (size_t)(workers[0] + workers[1]);
	struct child_socket *sockets = alloc_array(most, sizeof(*sockets));
	size_t count = 0;

	for (size_t i = 0; i < most; i++) {
		const struct addr *at = &c->node.listens[i % c->node.listen_count];
		size_t nth = i / c->node.listen_count;
		enum child_socket_kind kind = nth < workers[0] ? CHILD_UDP : CHILD_TCP;
		int fd = bind_one(at, kind);

		if (fd < 0) {
			char text[ADDR_TEXT_LEN];

			log_event(&events[EVENT_BIND], "address=%s error=%s",
				  addr_format_port(at, text),
				  log_quote(strerror(errno)));
			free(sockets);
			return ERR_SYSTEM;
		}
		sockets[count++] = (struct child_socket){
			.fd = fd,
			.id = (uint32_t)i,
			.kind = (uint16_t)kind,
			.worker = (uint16_t)(kind == CHILD_UDP ? nth
							       : nth - workers[0]),
			.wildcard = addr_is_any(at),
			.addr = *at,
		};
	}
	resolver_sockets(p->resolver, sockets, count);
	free(sockets);
	return OK;
}

static void drop_fresh(struct process *p, bool close_them)
{
	for (size_t i = 0; close_them && i < p->fresh_count; i++)
		close(p->fresh[i].fd);
	free(p->fresh);
	p->fresh = NULL;
	p->fresh_count = 0;
}

static void prepared(void *arg, const char *why, const struct diags *faults)
{
	struct process *p = arg;

	(void)child_prepared(p->child, why, faults);
}

static void prepare(void *arg, const struct child_message *m)
{
	struct process *p = arg;

	drop_fresh(p, true);
	p->fresh = alloc_copy(m->sockets, m->socket_count * sizeof(*m->sockets));
	p->fresh_count = m->socket_count;
	if (resolver_prepare(p->resolver, m->conf_path, m->conf, m->conf_len, prepared,
			     p))
		(void)child_prepared(p->child, "another reload is in progress", NULL);
}

static void end(struct process *p, uint32_t grace_ms)
{
	p->grace_ms = grace_ms;
	loop_stop(p->loop);
}

static void commit(void *arg, const struct child_message *m)
{
	struct process *p = arg;

	resolver_sockets(p->resolver, p->fresh, p->fresh_count);
	drop_fresh(p, false);
	resolver_commit(p->resolver, m->gone, m->gone_count);
	log_event(&events[EVENT_RELOAD], "by=keeper");
}

static void drop_prepared(void *arg)
{
	struct process *p = arg;

	drop_fresh(p, true);
	resolver_abort(p->resolver);
}

static void drain(void *arg)
{
	end(arg, DRAIN_MS);
}

static void stop(void *arg)
{
	end(arg, STOP_MS);
}

static void link_worker(void *arg, const struct child_message *m)
{
	const struct process *p = arg;

	resolver_link(p->resolver, (enum child_socket_kind)m->link_kind, m->link_worker,
		      m->peer);
}

static void hook_done(void *arg, const struct child_message *m)
{
	const struct process *p = arg;

	resolver_hook_done(p->resolver, m);
}

static const char *stuck(void *arg)
{
	const struct process *p = arg;

	return resolver_stuck(p->resolver);
}

static const struct child_calls calls = {
	.prepare = prepare,
	.commit = commit,
	.abort = drop_prepared,
	.drain = drain,
	.stop = stop,
	.peer = link_worker,
	.hook_done = hook_done,
	.stuck = stuck,
};

static void on_keeper(void *arg, int ready)
{
	const struct process *p = arg;

	(void)ready;
	child_obey(p->child, &calls, arg);
}

static void reloaded(void *arg, const char *why, const struct diags *faults)
{
	struct process *p = arg;
	struct buffer text = { 0 };

	diags_format(faults, &text);
	(void)file_write(2, text.octets, text.len);
	buffer_fini(&text);
	if (why) {
		log_event(&events[EVENT_REFUSED], "path=%s", log_quote(p->path));
		return;
	}
	resolver_commit(p->resolver, NULL, 0);
	log_event(&events[EVENT_RELOAD], "by=SIGHUP");
}

/* Alone: addresses stay as they were bound. */
static void reload_alone(struct process *p)
{
	uint8_t *octets;
	size_t len;

	if (file_read(p->path, CONF_MAX_LEN, &octets, &len)) {
		log_event(&events[EVENT_REFUSED], "path=%s error=%s",
			  log_quote(p->path), log_quote(strerror(errno)));
		return;
	}
	(void)resolver_prepare(p->resolver, p->path, octets, len, reloaded, p);
	free(octets);
}

static int signal_fd;

static void on_signal(void *arg, int ready)
{
	struct process *p = arg;
	struct signalfd_siginfo info;

	(void)ready;
	while (read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP && p->child == NULL)
			reload_alone(p);
		else if (info.ssi_signo != SIGHUP)
			end(p, STOP_MS);
	}
}

/* Before any thread is: all of them leave signals to the main loop. */
static void catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void open_control(struct process *p, const char *run_dir)
{
	char *path = alloc_format("%s/dns.sock", run_dir);

	(void)mkdir(run_dir, 0755);
	if (admin_server_open(p->loop, path, NULL, &p->admin)) {
		log_event(&events[EVENT_CONTROL], "path=%s error=%s", log_quote(path),
			  log_quote(strerror(errno)));
	} else {
		admin_server_add(p->admin, resolver_commands, p->resolver);
		admin_server_add(p->admin, health_commands,
				 resolver_health(p->resolver));
	}
	free(path);
}

/*
 * Gives up what answering, probing, loading and keeping state never need: no program is
 * started, no thread, no other user, no tracing. What is missed gives an error and no
 * end: a node that can still answer goes on.
 */
static int confine(void)
{
	/* clang-format off */
	static const char *const system_calls[] = {
		"access", "bind", "chmod", "connect", "faccessat", "faccessat2", "fallocate",
		"fchmod", "fdatasync", "flock", "fstatfs", "fsync", "ftruncate",
		"getcwd", "getdents64", "getgroups", "ioctl", "lstat", "mkdir", "mkdirat", "msync",
		"open", "openat", "pipe2", "readlink", "readlinkat", "rename", "renameat",
		"setsockopt", "socket", "stat", "statfs", "statx", "umask", "unlink",
		"unlinkat",
		NULL,
	};
	/* clang-format on */
	const char *why = "";
	int err = OK;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	(void)system_calls; /* sanitizers start threads and programs */
#else
	err = confine_calls(system_calls, CONFINE_EPERM, &why);
#endif
	if (err)
		log_event(&events[EVENT_CONFINE], "error=%s", log_quote(why));
	return err;
}

static void serve(struct process *p)
{
	struct watch *keeper = NULL;
	struct watch *signals = watch_start(p->loop, signal_fd, LOOP_READ, on_signal,
					    p);

	if (p->child) {
		keeper = watch_start(p->loop, child_fd(p->child), LOOP_READ, on_keeper,
				     p);
		(void)child_ready(p->child);
	}
	loop_run(p->loop);
	watch_stop(keeper);
	watch_stop(signals);
	if (p->admin)
		admin_server_drain(p->admin);
	log_event(&events[EVENT_END], "grace_ms=%u", p->grace_ms);
	if (p->admin)
		admin_server_close(p->admin);
	drop_fresh(p, true);
	resolver_stop(p->resolver, p->grace_ms);
}

/* How many workers of each kind this machine and the configuration want. */
static void count_workers(const struct conf *c, uint16_t out[CHILD_SOCKET_KINDS])
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint16_t most = (uint16_t)(cores < 1             ? 1
				   : cores > WORKERS_MAX ? WORKERS_MAX
							 : cores);

	out[CHILD_UDP] = c->node.udp_workers ? (uint16_t)c->node.udp_workers : most;
	out[CHILD_TCP] = c->node.stream_workers ? (uint16_t)c->node.stream_workers : 1;
}

static int run_alone(struct process *p)
{
	struct diags diags = { 0 };
	struct buffer text = { 0 };
	struct conf *c = NULL;
	struct resolver_plan plan = { .main = p->loop, .conf_path = p->path };
	uint16_t workers[CHILD_SOCKET_KINDS];
	uint8_t *octets = NULL;
	int err = conf_load(p->path, &diags, &c);

	diags_format(&diags, &text);
	(void)file_write(2, text.octets, text.len);
	if (err)
		goto done;
	err = file_read(p->path, CONF_MAX_LEN, &octets, &plan.conf_len);
	if (err)
		goto done;
	count_workers(c, workers);
	plan.conf = octets;
	plan.udp_workers = workers[CHILD_UDP];
	plan.stream_workers = workers[CHILD_TCP];
	err = resolver_new(&plan, &p->resolver);
	if (err)
		goto done;
	err = bind_all(p, c, workers);
	if (err) {
		resolver_stop(p->resolver, 0);
		goto done;
	}
	open_control(p, c->node.run_dir);
	err = confine();
	if (err)
		resolver_stop(p->resolver, 0);
	else
		serve(p);
done:
	diags_fini(&diags);
	buffer_fini(&text);
	conf_free(c);
	free(octets);
	return err ? 1 : 0;
}

static int run_child(struct process *p)
{
	struct child_message m;
	struct diags diags = { 0 };
	struct conf *c = NULL;
	struct resolver_plan plan = { .main = p->loop };
	int err = child_open(&p->child, &m);

	if (err) {
		fprintf(stderr,
			"deputy-dns: not started by deputyd (%s); to run it alone: "
			"deputy-dns -c FILE\n",
			err_text(err));
		return 2;
	}
	plan.child = p->child;
	plan.conf_path = m.conf_path;
	plan.conf = m.conf;
	plan.conf_len = m.conf_len;
	plan.udp_workers = m.udp_workers;
	plan.stream_workers = m.stream_workers;
	err = conf_parse(m.conf_path, m.conf, m.conf_len, &diags, &c);
	if (!err)
		err = resolver_new(&plan, &p->resolver);
	if (!err) {
		resolver_sockets(p->resolver, m.sockets, m.socket_count);
		open_control(p, c->node.run_dir);
		err = confine();
		if (err)
			resolver_stop(p->resolver, 0);
		else
			serve(p);
	}
	diags_fini(&diags);
	conf_free(c);
	child_close(p->child);
	return err ? 1 : 0;
}

/*
 * What is large goes back to the kernel when it is freed: else the first zone file that
 * is read raises glibc's own bounds, and every later one stays in memory beside the
 * zone.
 */
static void give_memory_back(void)
{
	enum { LARGE_LEN = 256 << 10 };

	(void)mallopt(M_MMAP_THRESHOLD, LARGE_LEN);
}

int main(int argc, char **argv)
{
	struct process p = { 0 };
	int status;

	if (argc == 3 && strcmp(argv[1], "-c") == 0) {
		p.path = argv[2];
	} else if (argc != 1) {
		fputs("usage: deputy-dns [-c FILE]\n", stderr);
		return 2;
	}
	log_open("dns", LOG_LEVEL_INFO);
	give_memory_back();
	child_raise_limits();
	catch_signals();
	p.loop = loop_new();
	status = p.path ? run_alone(&p) : run_child(&p);
	loop_free(p.loop);
	return status;
}
