#include "resolver/resolver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "conf/conf.h"
#include "resolver/resolver_body.h"

/* clang-format off */
enum resolver_event { EVENT_ZONE, EVENT_WORLD };
static struct event events[] = {
	[EVENT_ZONE]  = { "zone-broken", LOG_LEVEL_ERROR, 0, "a zone file has errors; its last good version stays in use, or it is answered with SERVFAIL", 0, 0, 0 },
	[EVENT_WORLD] = { "world", LOG_LEVEL_NOTICE, 0, "the configuration and zones now in use", 0, 0, 0 },
};
/* clang-format on */

void conf_text_set(struct conf_text *t, const char *path, const void *octets,
		   size_t len)
{
	t->path = alloc_text(path);
	t->octets = alloc_copy(octets, len);
	t->len = len;
}

void conf_text_clear(struct conf_text *t)
{
	free(t->path);
	free_wiped(t->octets, t->len);
	*t = (struct conf_text){ 0 };
}

/* Answers, or a world that differs only in its zones, on their way to the prober. */
struct adoption {
	struct resolver *resolver;
	struct live_answers *answers;
	struct world *world;
	struct diags faults; /* of its zones */
};

static void adopt(void *arg)
{
	struct adoption *a = arg;

	publisher_adopt(a->resolver->publisher, a->answers);
	free(a);
}

/* On the main loop: the other zones are now in use. */
static void report_reread(void *arg)
{
	struct adoption *a = arg;
	struct resolver *r = a->resolver;

	r->preparing = r->zones_only = false;
	r->prepared_fn(r->prepared_arg, NULL, &a->faults);
	diags_fini(&a->faults);
	free(a);
}

static void adopt_zones(void *arg)
{
	struct adoption *a = arg;
	struct resolver *r = a->resolver;

	publisher_zones(r->publisher, a->world);
	builder_release(r->builder, a->world);
	loop_post(r->main, report_reread, a);
}

void resolver_log_world(const struct world *w)
{
	size_t records = 0;

	for (size_t i = 0; i < zone_set_count(w->zones); i++) {
		const struct name *origin;
		const struct zone *z = zone_set_at(w->zones, i, &origin);

		records += z ? zone_record_count(z) : 0;
	}
	for (size_t i = 0; i < w->conf->zone_count; i++)
		if (w->states[i].broken)
			log_event(&events[EVENT_ZONE], "zone=%s served=%s error=%s",
				  w->conf->zones[i].name.text,
				  w->states[i].kept ? "last-good" : "SERVFAIL",
				  log_quote(w->states[i].error));
	log_event(&events[EVENT_WORLD],
		  "serial=%llu zones=%zu records=%zu live=%zu sites=%zu pbxs=%zu",
		  (unsigned long long)w->serial, zone_set_count(w->zones), records,
		  w->conf->live_count, w->conf->site_count, w->conf->pbx_count);
}

static void post(struct resolver *r, post_fn *fn, struct adoption what)
{
	what.resolver = r;
	loop_post(r->prober, fn, alloc_copy(&what, sizeof(what)));
}

/* Makes built answers and their world the current ones. */
static void use(struct resolver *r, struct live_answers *answers)
{
	struct world *was = r->world;
	struct listener_limits limits;

	r->world = world_ref(answers->world);
	limits = resolver_tcp_limits(r);
	for (uint16_t i = 0; i < r->tcp_count; i++)
		tcp_worker_limit(r->tcp_workers[i], &limits);
	post(r, adopt, (struct adoption){ .answers = answers });
	health_load(r->health, r->world->conf, r->world->slots);
	resolver_log_world(r->world);
	builder_release(r->builder, was);
}

static void report_prepared(struct resolver *r, const struct built *b)
{
	r->prepared_fn(r->prepared_arg,
		       b->err ? "the configuration is rejected as a whole; the last "
				"good one stays in use"
			      : NULL,
		       b->err ? &b->diags : &b->zones);
}

static void on_prepared(void *arg, struct built *b)
{
	struct resolver *r = arg;

	r->preparing = false;
	world_unref(b->world); /* the answers have it */
	if (r->aborted && b->answers) {
		builder_drop(r->builder, b->answers);
	} else if (!r->aborted) {
		r->prepared = b->answers;
		report_prepared(r, b);
	}
	if (r->prepared == NULL)
		conf_text_clear(&r->prepared_text);
	r->aborted = false;
	diags_fini(&b->diags);
	diags_fini(&b->zones);
}

static void begin_building(struct resolver *r, resolver_prepared_fn *done, void *arg)
{
	r->preparing = true;
	r->prepared_fn = done;
	r->prepared_arg = arg;
}

int resolver_prepare(struct resolver *r, const char *conf_path, const void *conf,
		     size_t conf_len, resolver_prepared_fn *done, void *arg)
{
	const struct builder_job job = {
		.path = conf_path,
		.conf = conf,
		.conf_len = conf_len,
		.was = r->world,
		.known = health_board(r->health),
		.reading = WORLD_CHANGED_FILES,
		.done = { r->main, on_prepared, r },
	};
	int err = OK;

	if (r->preparing || r->prepared) {
		err = ERR_CONFLICT;
	} else {
		conf_text_set(&r->prepared_text, conf_path, conf, conf_len);
		begin_building(r, done, arg);
		builder_build(r->builder, &job);
	}
	board_unref(job.known);
	return err;
}

/* Makes other zones the current ones; no other module is affected. */
static void on_reread(void *arg, struct built *b)
{
	struct resolver *r = arg;
	struct world *was = r->world;

	r->world = b->world;
	post(r, adopt_zones,
	     (struct adoption){ .world = world_ref(b->world), .faults = b->zones });
	resolver_log_world(r->world);
	builder_release(r->builder, was);
}

int resolver_reload_zones(struct resolver *r, uint32_t zone, resolver_prepared_fn *done,
			  void *arg)
{
	const struct builder_done then = { r->main, on_reread, r };

	if (r->preparing || r->prepared)
		return ERR_CONFLICT;
	r->zones_only = true;
	begin_building(r, done, arg);
	builder_reread(r->builder, r->world, zone, &then);
	return OK;
}

void resolver_abort(struct resolver *r)
{
	if (r->zones_only)
		return;
	r->aborted = r->preparing;
	if (r->prepared)
		builder_drop(r->builder, r->prepared);
	r->prepared = NULL;
	if (!r->preparing)
		conf_text_clear(&r->prepared_text);
}

/* Hands each worker the sockets that are its own now. */
static void spread_sockets(struct resolver *r)
{
	struct udp_socket *udp = alloc_array(r->socket_count, sizeof(*udp));
	int *tcp = alloc_array(r->socket_count, sizeof(*tcp));

	for (uint16_t w = 0; w < r->udp_count || w < r->tcp_count; w++) {
		size_t udp_count = 0;
		size_t tcp_count = 0;

		for (size_t i = 0; i < r->socket_count; i++) {
			const struct child_socket *s = &r->sockets[i];

			if (s->kind == CHILD_UDP && s->worker % r->udp_count == w)
				udp[udp_count++] = (struct udp_socket){ s->fd,
									s->wildcard };
			else if (s->kind == CHILD_TCP && s->worker % r->tcp_count == w)
				tcp[tcp_count++] = s->fd;
		}
		if (w < r->udp_count)
			udp_worker_use(r->udp_workers[w], udp, udp_count);
		if (w < r->tcp_count)
			tcp_worker_use(r->tcp_workers[w], tcp, tcp_count);
	}
	free(udp);
	free(tcp);
}

void resolver_sockets(struct resolver *r, const struct child_socket *sockets,
		      size_t count)
{
	r->sockets = alloc_resize(r->sockets, r->socket_count + count,
				  sizeof(*r->sockets));
	for (size_t i = 0; i < count; i++)
		r->sockets[r->socket_count++] = sockets[i];
	spread_sockets(r);
}

void resolver_link(struct resolver *r, enum child_socket_kind kind, uint16_t worker,
		   int fd)
{
	if (kind == CHILD_UDP && worker < r->udp_count)
		udp_worker_link(r->udp_workers[worker], fd);
	else if (kind == CHILD_TCP && worker < r->tcp_count)
		tcp_worker_link(r->tcp_workers[worker], fd);
	else
		close(fd);
}

static bool is_gone(uint32_t id, const uint32_t *gone, size_t gone_count)
{
	for (size_t i = 0; i < gone_count; i++)
		if (gone[i] == id)
			return true;
	return false;
}

void resolver_commit(struct resolver *r, const uint32_t *gone, size_t gone_count)
{
	size_t left = 0;

	if (r->prepared) {
		use(r, r->prepared);
		r->prepared = NULL;
		conf_text_clear(&r->text);
		r->text = r->prepared_text;
		r->prepared_text = (struct conf_text){ 0 };
	}
	for (size_t i = 0; i < r->socket_count; i++)
		if (!is_gone(r->sockets[i].id, gone, gone_count))
			r->sockets[left++] = r->sockets[i];
	if (left != r->socket_count) {
		r->socket_count = left;
		spread_sockets(r);
	}
}

struct health *resolver_health(struct resolver *r)
{
	return r->health;
}

void resolver_hook_done(struct resolver *r, const struct child_message *m)
{
	switch_history_hook_done(r->switch_history, m->sequence, m->status, m->tries,
				 m->why);
}

static void show_prober_heartbeat(void *arg)
{
	struct resolver *r = arg;

	heartbeat_see(&r->prober_heartbeat);
}

const char *resolver_stuck(struct resolver *r)
{
	r->stuck[0] = '\0';
	if (heartbeat_ask(&r->prober_heartbeat))
		loop_post(r->prober, show_prober_heartbeat, r);
	else
		(void)snprintf(r->stuck, sizeof(r->stuck), "prober");
	for (uint16_t i = 0; i < r->udp_count; i++)
		if (!udp_worker_turns(r->udp_workers[i]))
			(void)snprintf(r->stuck, sizeof(r->stuck), "udp worker %u", i);
	for (uint16_t i = 0; i < r->tcp_count; i++)
		if (!tcp_worker_turns(r->tcp_workers[i]))
			(void)snprintf(r->stuck, sizeof(r->stuck), "stream worker %u",
				       i);
	return r->stuck[0] ? r->stuck : NULL;
}
