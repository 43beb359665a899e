#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "base/process/child.h"
#include "base/process/diag_form.h"
#include "conf/check.h"
#include "conf/conf.h"
#include "keeper/keeper_body.h"
#include "keeper/notify.h"

enum { PREPARE_MS = 300000 };

enum { EVENT_DONE, EVENT_REFUSED, EVENT_FAULT, EVENT_DROPPED };

/* clang-format off */
static struct event events[] = {
	[EVENT_DONE] = { .name = "reloaded", .level = LOG_LEVEL_NOTICE,
		.help = "the configuration was reloaded and is in use" },
	[EVENT_REFUSED] = { .name = "reload-refused", .level = LOG_LEVEL_ERROR,
		.help = "the new configuration was rejected as a whole; the last good one stays in use" },
	[EVENT_FAULT] = { .name = "fault", .level = LOG_LEVEL_ERROR, .per_minute = 100,
		.help = "an error in the configuration that SIGHUP asked to reload; `deputy conf check` shows them all" },
	[EVENT_DROPPED] = { .name = "dropped", .level = LOG_LEVEL_WARNING, .per_minute = 100,
		.help = "a live name, zone or host that the reloaded configuration no longer has" },
};
/* clang-format on */

/* Nobody waits for the answer to a signal: the log is told. */
static void log_faults(const struct diags *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct diag *row = &d->rows[i];

		if (row->level == DIAG_ERROR)
			log_event(&events[EVENT_FAULT], "at=%s:%u:%u what=%s",
				  row->place.file ? row->place.file : "-",
				  row->place.line, row->place.col,
				  log_quote(row->text));
	}
}

static void end(struct keeper *k, const char *why_not)
{
	struct reload *r = &k->reload;
	struct request *asker = r->asker;

	if (asker == NULL && why_not)
		log_faults(&r->diags);
	if (why_not)
		log_event(&events[EVENT_REFUSED],
			  "errors=%zu why=%s see=\"deputy conf check %s\"",
			  r->diags.error_count, log_quote(why_not), k->conf_path);
	else
		log_event(&events[EVENT_DONE], "sockets=%zu", k->sockets.count);
	if (asker) {
		diags_json(&r->diags, &asker->json);
		if (why_not)
			request_fail(asker, EXIT_NEGATIVE, "%s", why_not);
		else if (r->diags.error_count)
			request_fail(asker, EXIT_PARTIAL,
				     "reloaded, but some zone files have errors: their "
				     "last good versions stay in use, or are answered "
				     "with SERVFAIL (see `deputy zone list`)");
		request_finish(asker);
	}
	r->asker = NULL;
	r->active = false;
	timer_stop(&r->timer);
	diags_fini(&r->diags);
	notify("READY=1");
	keeper_settle(k);
}

static void refuse(struct keeper *k, const char *why)
{
	struct reload *r = &k->reload;

	for (struct process *p = k->processes; p && r->waiting_count; p = p->next) {
		process_send(p, CHILD_ABORT, 0, NULL, 0, -1);
		p->preparing = false;
	}
	r->waiting_count = 0;
	sockets_abort(&k->sockets);
	keeper_conf_fini(&r->fresh);
	end(k, why);
}

static void send_commit(struct keeper *k, struct process *p)
{
	struct buffer gone = { 0 };

	for (size_t i = 0; i < k->sockets.count; i++)
		if (k->sockets.rows[i].gone &&
		    p->kind->row->sockets & CHILD_USE(k->sockets.rows[i].kind))
			buffer_put_u32(&gone, k->sockets.rows[i].id);
	process_send(p, CHILD_COMMIT, 0, gone.octets, gone.len, -1);
	buffer_fini(&gone);
}

/* What was answered and is no more is told, as it may be a mistake. */
static void note_dropped(void *arg, const struct conf_change *change)
{
	static const char *const kinds[] = { "live name", "zone", "host" };
	struct diags *d = arg;

	if (change->key || change->now)
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(change->was, kinds[i]) != 0)
			continue;
		log_event(&events[EVENT_DROPPED], "what=%s", log_quote(change->where));
		diags_add(d, DIAG_WARNING, (struct diag_place){ 0 },
			  "%s is no longer in the configuration and no longer answered",
			  change->where);
	}
}

static void commit(struct keeper *k)
{
	struct reload *r = &k->reload;

	conf_compare(k->conf.conf, r->fresh.conf, note_dropped, &r->diags);
	for (struct process *p = k->processes; p; p = p->next)
		if (p->state == PROCESS_RUNNING)
			send_commit(k, p);
	sockets_commit(&k->sockets);
	keeper_conf_fini(&k->conf);
	k->conf = r->fresh;
	r->fresh = (struct keeper_conf){ .octets = -1 };
	children_populate(k);
	end(k, NULL);
}

static void on_late(void *arg)
{
	refuse(arg, "a child process took too long to prepare the configuration");
}

/* What a reload cannot change is told, not silently passed over. */
static void warn_of_start_only(const struct keeper *k, const struct conf *c,
			       struct diags *d)
{
	const struct started *was = &k->started;
	const struct conf_node *now = &c->node;
	const struct {
		const char *name;
		bool changed;
	} rows[] = {
		{ "state", strcmp(was->state_dir, now->state_dir) != 0 },
		{ "run", strcmp(was->run_dir, now->run_dir) != 0 },
		{ "user", strcmp(was->user, now->user) != 0 },
		{ "workers", !sockets_has_workers(&k->sockets, CHILD_UDP, c) },
		{ "stream-workers", !sockets_has_workers(&k->sockets, CHILD_TCP, c) },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].changed)
			diags_add(d, DIAG_WARNING, (struct diag_place){ 0 },
				  "%s takes effect when deputyd is restarted",
				  rows[i].name);
}

static void ask(struct keeper *k, struct process *p)
{
	struct reload *r = &k->reload;

	r->waiting_count++;
	p->preparing = true;
	keeper_send_conf(k, p, CHILD_PREPARE, r->sequence, &r->fresh, true);
}

static void prepare(struct keeper *k)
{
	struct reload *r = &k->reload;

	r->sequence++;
	for (struct process *p = k->processes; p; p = p->next)
		if (p->state == PROCESS_RUNNING)
			ask(k, p);
	timer_start(k->loop, &r->timer, PREPARE_MS, on_late, k);
	if (r->waiting_count == 0)
		commit(k);
}

void reload_begin(struct keeper *k, struct request *asker)
{
	struct reload *r = &k->reload;

	r->active = true;
	r->wanted = false;
	r->waiting = NULL;
	r->asker = asker;
	notify("RELOADING=1");
	if (keeper_conf_read(k->conf_path, -1, &r->diags, &r->fresh)) {
		end(k, "the configuration is rejected as a whole; "
		       "the last good one stays in use");
		return;
	}
	warn_of_start_only(k, r->fresh.conf, &r->diags);
	if (sockets_prepare(&k->sockets, r->fresh.conf, &r->diags))
		refuse(k, "cannot bind a listen address; the "
			  "last good configuration stays in use");
	else
		prepare(k);
}

void reload_heard(struct keeper *k, struct process *p, uint32_t sequence,
		  const char *why_not, struct text faults)
{
	struct reload *r = &k->reload;

	if (!r->active || sequence != r->sequence || !p->preparing)
		return;
	p->preparing = false;
	if (text_len(&faults))
		(void)diags_decode(&faults, &r->diags);
	if (why_not) {
		refuse(k, why_not);
		return;
	}
	if (--r->waiting_count == 0)
		commit(k);
}

/* It was started with the configuration of now. */
void reload_joined(struct keeper *k, struct process *p)
{
	if (k->reload.active && k->reload.waiting_count)
		ask(k, p);
}

/* One that the node can do without reads the configuration when it starts again. */
void reload_lost(struct keeper *k, struct process *p)
{
	char *why;

	if (!k->reload.active || !p->preparing || p->state == PROCESS_RUNNING)
		return;
	if (!p->kind->row->essential) {
		reload_heard(k, p, k->reload.sequence, NULL, (struct text){ 0 });
		return;
	}
	why = alloc_format("%s ended while it prepared the configuration, and is "
			   "started again with the last good one",
			   p->kind->row->program);
	refuse(k, why);
	free(why);
}
