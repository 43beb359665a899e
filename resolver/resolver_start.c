#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "base/process/thread.h"
#include "base/rcu.h"
#include "conf/conf.h"
#include "health/kept.h"
#include "health/kept_rows.h"
#include "resolver/resolver_body.h"

enum { FIRST_TURNS = 4 };

/* clang-format off */
enum { EVENT_REBUILD };
static struct event events[] = {
	[EVENT_REBUILD] = { "variants-failed", LOG_LEVEL_ERROR, 6, "cannot build live answers for the new addresses; the previous ones stay in use", 0, 0, 0 },
};
/* clang-format on */

/* News of the prober, on the main loop. */
struct delivery {
	struct resolver *resolver;
	struct switch_news *news;
};

static void deliver_news(void *arg)
{
	struct delivery *d = arg;
	struct resolver *r = d->resolver;

	switch_history_add(r->switch_history, r->world->conf, d->news);
	answer_history_add_moves(r->answer_history, d->news->wall_ms, d->news->moves,
				 d->news->move_count);
	if (r->store)
		resolver_fold_soon(r);
	switch_news_free(d->news);
	free(d);
}

static void send_news(struct resolver *r, struct switch_news *n)
{
	struct delivery *d;

	if (n->record_count == 0 && n->move_count == 0) {
		switch_news_free(n);
		return;
	}
	d = alloc(sizeof(*d));
	d->resolver = r;
	d->news = n;
	loop_post(r->main, deliver_news, d);
}

static struct switch_news *switch_news_of(const struct board *b)
{
	struct switch_news *n = alloc(sizeof(*n));

	n->generation = b->generation;
	n->wall_ms = b->wall_ms;
	return n;
}

/* On the prober's thread: the answers switch before anything else is done. */
static void on_board(void *arg, struct board *fresh,
		     const struct switch_record *records, size_t record_count)
{
	struct resolver *r = arg;

	r->news = switch_news_of(fresh);
	publisher_board(r->publisher, fresh);
	switch_news_add_records(r->news, records, record_count);
	send_news(r, r->news);
	r->news = NULL;
}

static void on_moved(void *arg, const struct live_move *moves, size_t count,
		     size_t total)
{
	struct resolver *r = arg;
	struct switch_news *n;

	if (!r->answered)
		return;
	if (r->news) {
		switch_news_add_moves(r->news, moves, count, total);
		return;
	}
	n = switch_news_of(publisher_now(r->publisher)->board);
	switch_news_add_moves(n, moves, count, total);
	send_news(r, n);
}

static void remember(struct resolver *r, enum answer_history_kind kind)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	answer_history_add_all(r->answer_history,
			       (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, kind,
			       publisher_now(r->publisher));
	if (r->store)
		resolver_fold_soon(r);
}

static void remember_reload(void *arg)
{
	remember(arg, ANSWER_HISTORY_RELOAD);
}

/* On the prober's thread. */
static void on_renewed(void *arg)
{
	struct resolver *r = arg;

	loop_post(r->main, remember_reload, r);
}

static void on_retire(void *arg, struct live_answers *was)
{
	struct resolver *r = arg;

	builder_retire(r->builder, was);
}

static void on_drop(void *arg, struct live_answers *unused)
{
	struct resolver *r = arg;

	builder_drop(r->builder, unused);
}

/* On the prober's thread: variants for addresses that changed. */
static void on_rebuilt(void *arg, struct built *b)
{
	struct resolver *r = arg;

	if (b->err) {
		log_event(&events[EVENT_REBUILD], "error=%s",
			  log_quote(b->diags.count ? b->diags.rows[0].text : ""));
		publisher_gave_up(r->publisher);
	} else {
		publisher_adopt(r->publisher, b->answers);
	}
	diags_fini(&b->diags);
	diags_fini(&b->zones);
}

static void on_rebuild(void *arg, struct world *world, struct board *board)
{
	struct resolver *r = arg;
	const struct builder_done done = { r->prober, on_rebuilt, r };

	builder_rebuild(r->builder, world, board, &done);
}

static void *run_prober(void *arg)
{
	struct resolver *r = arg;

	loop_run(r->prober);
	return NULL;
}

/* Builds the first world, and the answers of a node that has not probed yet. */
static int first_answers(struct resolver *r, const struct resolver_plan *plan)
{
	const struct builder_job job = {
		.path = plan->conf_path,
		.conf = plan->conf,
		.conf_len = plan->conf_len,
		.reading = WORLD_ALL_FILES,
	};
	const struct publisher_calls calls = {
		.retire = on_retire,
		.drop = on_drop,
		.rebuild = on_rebuild,
		.renewed = on_renewed,
		.moved = on_moved,
		.arg = r,
	};
	struct built built;
	struct buffer text = { 0 };

	builder_build_now(&job, &built);
	if (built.err) /* otherwise the errors have already been shown */
		diags_format(&built.diags, &text);
	diags_format(&built.zones, &text);
	(void)file_write(2, text.octets, text.len);
	buffer_fini(&text);
	diags_fini(&built.diags);
	diags_fini(&built.zones);
	if (built.err)
		return built.err;
	r->world = built.world;
	r->publisher = publisher_new(&calls, built.answers);
	resolver_log_world(r->world);
	return OK;
}

struct listener_limits resolver_tcp_limits(const struct resolver *r)
{
	const struct conf_node *node = &r->world->conf->node;

	return (struct listener_limits){
		.total = node->tcp_connections / r->tcp_count + 1,
		.per_source = node->tcp_connections_per_source,
		.idle_ms = node->tcp_idle_ms,
	};
}

static void start_workers(struct resolver *r, bool recurses)
{
	const struct listener_limits limits = resolver_tcp_limits(r);

	r->udp_workers = alloc_array(r->udp_count, sizeof(struct udp_worker *));
	for (uint16_t i = 0; i < r->udp_count; i++)
		r->udp_workers[i] = udp_worker_start(r->publisher, r->jar, recurses);
	r->tcp_workers = alloc_array(r->tcp_count, sizeof(struct tcp_worker *));
	for (uint16_t i = 0; i < r->tcp_count; i++)
		r->tcp_workers[i] = tcp_worker_start(r->publisher, r->jar, recurses,
						     &limits);
}

/* The first answers are those of the saved state: a restart switches nothing. */
static void start_health(struct resolver *r)
{
	const struct health_calls calls = {
		.publish = on_board,
		.keep = resolver_keep,
		.arg = r,
	};

	r->health = health_new(r->prober, r->main, &calls);
	resolver_restore(r);
	health_load(r->health, r->world->conf, r->world->slots);
	for (int i = 0; i < FIRST_TURNS; i++)
		loop_turn(r->prober, false);
	r->answered = true;
	thread_start(&r->prober_thread, run_prober, r);
}

static void before_wait(void *arg)
{
	(void)arg;
	rcu_sleep();
}

static void after_wait(void *arg)
{
	(void)arg;
	rcu_wake();
}

int resolver_new(const struct resolver_plan *plan, struct resolver **out)
{
	struct resolver *r = alloc(sizeof(*r));
	int err = first_answers(r, plan);

	if (err) {
		free(r);
		return err;
	}
	conf_text_set(&r->text, plan->conf_path, plan->conf, plan->conf_len);
	r->main = plan->main;
	r->prober = loop_new();
	r->started_at = time(NULL);
	r->udp_count = plan->udp_workers;
	r->tcp_count = plan->stream_workers;
	r->state_dir = alloc_text(plan->state_dir ? plan->state_dir
						  : r->world->conf->node.state_dir);
	resolver_open_state(r);
	r->jar = cookie_jar_new(r->main, r->store, resolver_fold_soon, r);
	r->switch_history = switch_history_new(r->store, r->main, plan->child);
	r->answer_history = answer_history_new(r->store);
	r->builder = builder_start();
	start_health(r);
	start_workers(r, plan->child && conf_recurses(r->world->conf));
	rcu_join(); /* for commands, which read what workers read */
	loop_around_wait(r->main, before_wait, after_wait, r);
	remember(r, ANSWER_HISTORY_START);
	*out = r;
	return OK;
}

static void end_prober(void *arg)
{
	struct resolver *r = arg;

	loop_stop(r->prober);
}

void resolver_stop(struct resolver *r, uint32_t grace_ms)
{
	rcu_sleep(); /* the builder must not wait for a thread that waits for it */
	for (uint16_t i = 0; i < r->udp_count; i++)
		udp_worker_drain(r->udp_workers[i], grace_ms);
	for (uint16_t i = 0; i < r->tcp_count; i++)
		tcp_worker_drain(r->tcp_workers[i], grace_ms);
	for (uint16_t i = 0; i < r->udp_count; i++)
		udp_worker_stop(r->udp_workers[i]);
	for (uint16_t i = 0; i < r->tcp_count; i++)
		tcp_worker_stop(r->tcp_workers[i]);
	loop_post(r->prober, end_prober, r);
	(void)pthread_join(r->prober_thread, NULL);
	builder_stop(r->builder);
	r->builder = NULL;
	loop_turn(r->main, false); /* the last calls that the threads have posted */
	rcu_leave();
	for (uint16_t i = 0; i < r->udp_count; i++)
		udp_worker_free(r->udp_workers[i]);
	for (uint16_t i = 0; i < r->tcp_count; i++)
		tcp_worker_free(r->tcp_workers[i]);
	free(r->udp_workers);
	free(r->tcp_workers);
	timer_stop(&r->fold);
	cookie_jar_free(r->jar);
	switch_history_free(r->switch_history);
	answer_history_free(r->answer_history);
	health_free(r->health);
	store_close(r->store);
	free(r->state_dir);
	publisher_free(r->publisher);
	live_answers_free(r->prepared);
	world_unref(r->world);
	conf_text_clear(&r->text);
	conf_text_clear(&r->prepared_text);
	loop_free(r->prober);
	free(r->sockets);
	free(r);
}
