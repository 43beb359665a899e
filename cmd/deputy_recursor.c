/* deputy-recursor: resolves all other names for deputy-dns. Started by the keeper. */
#include <stdlib.h>

#include "admin/server.h"
#include "base/alloc.h"
#include "base/err.h"
#include "base/operator/diag.h"
#include "base/operator/log.h"
#include "cmd/child_frame.h"
#include "conf/conf.h"
#include "recursor/recursor.h"

enum { LINGER_MS = 5000 };

struct recursion {
	struct child_frame *frame;
	struct recursor *recursor;
	char *kept_anchors; /* in the state directory of the start */
};

static struct event failed = {
	.name = "recursion-failed",
	.level = LOG_LEVEL_ERROR,
	.help = "cannot set up recursion as configured",
};

/* Lists the names that this node answers itself, and the domains under `inside`. */
static size_t list_inside(const struct conf *c, const char **out)
{
	size_t count = 0;

	for (size_t i = 0; i < c->recursion.inside_count; i++)
		out[count++] = c->recursion.inside[i].text;
	for (size_t i = 0; i < c->zone_count; i++)
		out[count++] = c->zones[i].name.text;
	return count;
}

/* Makes the options of the engine from a configuration, to be used at once. */
static int with_options(const struct conf *c, struct recursion *p, char **why)
{
	const struct conf_recursion *conf = &c->recursion;
	const char **inside = alloc_array(conf->inside_count + c->zone_count + 1,
					  sizeof(*inside));
	struct engine_options o = {
		.forwarders = conf->forwarders,
		.forwarder_count = conf->forwarder_count,
		.root_hints = conf->root_hints,
		.anchor_file = conf->trust_anchors,
		.kept_anchors = p->kept_anchors,
		.validate = conf->validate,
		.cache_mib = conf->cache_mib,
		.inside = inside,
	};
	int err;

	o.inside_count = list_inside(c, inside);
	o.insecure_count = conf->forwarder_count ? conf->inside_count : 0;
	err = p->recursor
		      ? recursor_prepare(p->recursor, &o, why)
		      : recursor_new(child_frame_loop(p->frame), &o, why, &p->recursor);
	free(inside);
	return err;
}

static int open_recursor(struct child_frame *f, const struct conf *c,
			 const struct child_message *m, void **module)
{
	struct recursion *p = alloc(sizeof(*p));
	char *why = NULL;
	int err;

	p->frame = f; /* it has no sockets */
	p->kept_anchors = alloc_format("%s/root.key", m->state_dir);
	err = with_options(c, p, &why);
	if (err) {
		log_event(&failed, "why=%s",
			  log_quote(why ? why : "the configuration has errors"));
		free(p->kept_anchors);
		free(p);
	} else {
		*module = p;
	}
	free(why);
	return err;
}

static void serve_commands(void *module, struct admin_server *s)
{
	const struct recursion *p = module;

	admin_server_add(s, recursor_commands, p->recursor);
}

static void close_recursor(void *module, uint32_t grace_ms)
{
	struct recursion *p = module;

	(void)grace_ms; /* queries were answered during linger_ms */
	recursor_free(p->recursor);
	free(p->kept_anchors);
	free(p);
}

static void prepare(void *module, const struct child_message *m)
{
	struct recursion *p = module;
	struct diags diags = { 0 };
	struct conf *c = NULL;
	char *why = NULL;
	int err = conf_parse_parcel(m->conf_path, m->conf, m->conf_len, &diags, &c);

	if (err == OK)
		err = with_options(c, p, &why);
	child_frame_prepared(p->frame,
			     err == OK ? NULL
			     : why     ? why
				       : "the configuration has errors",
			     NULL);
	free(why);
	conf_free(c);
	diags_fini(&diags);
}

static void commit(void *module, const struct child_message *m)
{
	const struct recursion *p = module;

	(void)m;
	recursor_commit(p->recursor);
}

static void drop_prepared(void *module)
{
	const struct recursion *p = module;

	recursor_abort(p->recursor);
}

static void link_worker(void *module, const struct child_message *m)
{
	const struct recursion *p = module;

	recursor_link(p->recursor, m->end);
}

/* The system calls of libunbound, besides those of all our processes. */
/* clang-format off */
static const char *const system_calls[] = {
	"socket", "connect", "bind", "setsockopt", "openat", "access", "faccessat",
	"faccessat2", "stat", "lstat", "rename", "renameat", "unlink", "unlinkat",
	"fsync", "fdatasync", "ftruncate", "ioctl", "pipe2", NULL,
};
/* clang-format on */

static const struct child_program program = {
	.name = "recursor",
	.program = "deputy-recursor",
	.system_calls = system_calls,
	.linger_ms = LINGER_MS,
	.open = open_recursor,
	.serve_commands = serve_commands,
	.close = close_recursor,
	.prepare = prepare,
	.commit = commit,
	.abort = drop_prepared,
	.links = { { "dns", link_worker } },
};

int main(int argc, char **argv)
{
	return child_main(&program, argc, argv);
}
