/*
 * deputy-dns: answers. Started by the keeper, which hands it its configuration and its
 * sockets; or alone, for tests and benches, with `-c FILE`.
 */
#include <malloc.h>
#include <stdlib.h>

#include "admin/server.h"
#include "base/alloc.h"
#include "base/err.h"
#include "cmd/child_frame.h"
#include "health/health.h"
#include "resolver/resolver.h"

enum { DRAIN_MS = 5000 }; /* longer than a query waits for recursion */

struct dns {
	struct child_frame *frame;
	struct resolver *resolver;
};

static int open_dns(struct child_frame *f, const struct conf *c,
		    const struct child_message *m, void **module)
{
	struct resolver_plan plan = {
		.main = child_frame_loop(f),
		.child = child_frame_link(f),
		.conf_path = m->conf_path,
		.conf = m->conf,
		.conf_len = m->conf_len,
		.state_dir = m->state_dir,
		.udp_workers = m->udp_workers,
		.stream_workers = m->stream_workers,
	};
	struct dns *d;
	struct resolver *r;
	int err = resolver_new(&plan, &r);

	(void)c; /* the world is built from its octets */
	if (err)
		return err;
	resolver_sockets(r, m->sockets, m->socket_count);
	d = alloc(sizeof(*d));
	*d = (struct dns){ .frame = f, .resolver = r };
	*module = d;
	return OK;
}

static void serve_commands(void *module, struct admin_server *s)
{
	const struct dns *d = module;

	admin_server_add(s, resolver_commands, d->resolver);
	admin_server_add(s, health_commands, resolver_health(d->resolver));
}

static void close_dns(void *module, uint32_t grace_ms)
{
	struct dns *d = module;

	resolver_stop(d->resolver, grace_ms);
	free(d);
}

static void prepared(void *arg, const char *why, const struct diags *faults)
{
	const struct dns *d = arg;

	child_frame_prepared(d->frame, why, faults);
}

static void prepare(void *module, const struct child_message *m)
{
	struct dns *d = module;

	if (resolver_prepare(d->resolver, m->conf_path, m->conf, m->conf_len, prepared,
			     d))
		child_frame_prepared(d->frame, "another reload is in progress", NULL);
}

static void commit(void *module, const struct child_message *m)
{
	const struct dns *d = module;

	resolver_sockets(d->resolver, m->sockets, m->socket_count);
	resolver_commit(d->resolver, m->gone, m->gone_count);
}

static void drop_prepared(void *module)
{
	const struct dns *d = module;

	resolver_abort(d->resolver);
}

static void hook_done(void *module, const struct child_message *m)
{
	const struct dns *d = module;

	resolver_hook_done(d->resolver, m);
}

static const char *stuck(void *module)
{
	const struct dns *d = module;

	return resolver_stuck(d->resolver);
}

static void link_worker(void *module, const struct child_message *m)
{
	const struct dns *d = module;

	resolver_link(d->resolver, (enum child_socket_kind)m->link_kind, m->link_worker,
		      m->end);
}

/* What answering, probing, loading and keeping state need: no program is started, no
 * thread, no other user, no tracing. */
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

static const struct child_program program = {
	.name = "dns",
	.program = "deputy-dns",
	.system_calls = system_calls,
	.alone = true,
	.drain_ms = DRAIN_MS,
	.open = open_dns,
	.serve_commands = serve_commands,
	.close = close_dns,
	.prepare = prepare,
	.commit = commit,
	.abort = drop_prepared,
	.hook_done = hook_done,
	.stuck = stuck,
	.links = { { "recursor", link_worker } },
};

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
	give_memory_back();
	return child_main(&program, argc, argv);
}
