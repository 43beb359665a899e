#include "health/health.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "base/operator/metric.h"
#include "conf/conf.h"
#include "health/count.h"
#include "health/events.h"
#include "health/health_body.h"
#include "health/host.h"
#include "health/kept.h"
#include "health/kept_rows.h"
#include "health/sip_wire.h"
#include "health/slots.h"
#include "net/loop.h"

enum { SNAPSHOT_ROWS = 2048 };

/* What the prober tells the main loop after each board. */
struct board_news {
	struct health *health;
	struct board *board;
	struct switch_record *records;
	size_t record_count;
	struct kept_rows kept;
	bool sync;
	health_done_fn *done;
	void *done_arg;
	int err;
};

/* Quoted where a blank makes it necessary. */
static const char *word(const char *text)
{
	return strchr(text, ' ') ? log_quote(text) : text;
}

static void log_record(const struct switch_record *r)
{
	log_event(
		&health_events[EVENT_SWITCH],
		"pbx=%s what=%s from=%s to=%s cause=%s author=%s detection_ms=%u gen=%llu",
		r->pbx, switch_kind_name(r->kind), word(standing_name(r->stood)),
		word(standing_name(r->stands)), log_quote(r->cause),
		log_quote(r->author), r->detection_ms,
		(unsigned long long)r->generation);
}

static void hear(void *arg)
{
	struct board_news *n = arg;
	struct health *h = n->health;
	int kept_err = OK;

	if (n->board) {
		board_unref(h->seen);
		h->seen = n->board;
	}
	for (size_t i = 0; i < n->record_count; i++) {
		count_switch(h->cells, &n->records[i]);
		log_record(&n->records[i]);
	}
	if (n->kept.count || n->sync)
		kept_err = h->calls.keep(h->calls.arg, &n->kept, n->sync);
	watchers_notify(h, n->records, n->record_count);
	if (n->done)
		n->done(n->done_arg, n->err ? n->err : kept_err);
	kept_rows_fini(&n->kept);
	free(n->records);
	free(n);
}

/* Costs what changed since the last time. */
static void write_kept(struct health *h, struct kept_rows *out)
{
	prober_keep_rows(h->prober, out);
	host_keep_names(h->host, out);
	if (h->whole && out->count) { /* the first time it is all rows */
		kept_rows_drop(out, KEPT_WHOLE);
		h->whole = false;
	}
}

/* Answers flip before anybody hears, encodes or writes. */
static void on_publish(void *arg, struct board *fresh,
		       const struct switch_record *records, size_t record_count)
{
	struct health *h = arg;
	struct board_news *n = alloc(sizeof(*n));

	n->health = h;
	n->board = board_ref(fresh);
	h->calls.publish(h->calls.arg, fresh, records, record_count);
	if (record_count)
		n->records = alloc_copy(records, record_count * sizeof(*records));
	n->record_count = record_count;
	write_kept(h, &n->kept);
	loop_post(h->main_loop, hear, n);
}

static void on_noted(void *arg, const struct target *t, const char *what)
{
	tracing_note(arg, t, what);
}

static void on_message(void *arg, const struct target *t, const char *what,
		       const void *octets, size_t len)
{
	tracing_message(arg, t, what, octets, len);
}

struct health *health_new(struct loop *prober, struct loop *main,
			  const struct health_calls *calls)
{
	struct health *h = alloc(sizeof(*h));

	h->prober_loop = prober;
	h->main_loop = main;
	h->calls = *calls;
	h->prober_calls = (struct prober_calls){ on_publish, on_noted, on_message, h };
	h->sip_wire = sip_wire_new(prober);
	h->host = host_new(prober);
	h->prober = prober_new(prober, sip_wire_wire(h->sip_wire), host_calls(h->host),
			       &h->prober_calls);
	h->metrics = metrics_new(health_metrics);
	h->prober->cells = metrics_join(h->metrics);
	h->cells = metrics_join(h->metrics);
	host_serve(h->host, h->prober);
	return h;
}

void site_table_unref(struct site_table *t)
{
	if (t == NULL || --t->refs)
		return;
	for (size_t i = 0; i < t->count; i++) {
		free(t->rows[i].name);
		free(t->rows[i].pbx);
		free(t->rows[i].networks);
	}
	free(t);
}

void health_free(struct health *h)
{
	if (!h)
		return;
	tracing_free(h);
	prober_free(h->prober);
	host_free(h->host);
	sip_wire_free(h->sip_wire);
	board_unref(h->seen);
	kept_free(h->restored);
	metrics_free(h->metrics);
	site_table_unref(h->sites);
	free(h);
}

int health_restore(struct health *h, const char *key, const void *octets, size_t len)
{
	int err;

	if (!h->restored)
		h->restored = kept_new();
	err = kept_read(h->restored, key, octets, len);
	if (err)
		log_event(&health_events[EVENT_KEPT_BAD], "key=%s len=%zu cause=%s",
			  log_quote(key), len, log_quote(err_text(err)));
	return err;
}

/* Before the first plan. */
static void use_restored(struct health *h)
{
	if (!h->restored)
		return;
	kept_sort(h->restored);
	h->whole = h->restored->whole;
	host_restore_names(h->host, h->restored);
	prober_keep(h->prober, h->restored);
	h->restored = NULL;
}

static void copy_sites(struct health *h, const struct conf *c, const struct slots *s)
{
	struct site_table *t = alloc(sizeof(*t) + c->site_count * sizeof(*t->rows));

	t->refs = 1;
	for (; t->count < c->site_count; t->count++) {
		const struct conf_site *from = &c->sites[t->count];
		struct site_row *to = &t->rows[t->count];
		struct buffer networks = { 0 };
		char text[ADDR_TEXT_LEN];

		for (size_t i = 0; i < from->network_count; i++)
			buffer_printf(&networks, "%s%s", i ? " " : "",
				      prefix_format(&from->networks[i], text));
		to->name = alloc_text(from->name);
		to->pbx = alloc_text(c->pbxs[from->pbx].name);
		to->slot = slots_at(s, from->pbx);
		to->networks = buffer_take_text(&networks);
	}
	site_table_unref(h->sites);
	h->sites = t;
}

struct plan_load {
	struct health *health;
	struct plan *plan;
};

static void load(void *arg)
{
	struct plan_load *l = arg;

	host_resolve(l->health->host, l->plan);
	prober_load(l->health->prober, l->plan);
	free(l);
}

void health_load(struct health *h, const struct conf *c, const struct slots *s)
{
	struct plan_load *l = alloc(sizeof(*l));

	l->health = h;
	l->plan = plan_new(c, s);
	copy_sites(h, c, s);
	use_restored(h);
	loop_post(h->prober_loop, load, l);
}

void health_metrics_format(struct health *h, struct buffer *out)
{
	if (h->seen)
		count_pbxs(h->cells, h->seen);
	metrics_format(h->metrics, out);
}

struct board *health_board(struct health *h)
{
	return h->seen ? board_ref(h->seen) : NULL;
}

struct order_job {
	struct health *health;
	struct health_order order;
	health_done_fn *done;
	void *arg;
};

static void order(void *arg)
{
	struct order_job *j = arg;
	struct board_news *n = alloc(sizeof(*n));

	n->health = j->health;
	n->err = prober_order(j->health->prober, &j->order);
	n->sync = !n->err;
	n->done = j->done;
	n->done_arg = j->arg;
	if (!n->err) /* what its board had not */
		write_kept(j->health, &n->kept);
	loop_post(j->health->main_loop, hear, n);
	free(j);
}

void health_order(struct health *h, const struct health_order *o, health_done_fn *done,
		  void *arg)
{
	struct order_job *j = alloc(sizeof(*j));

	*j = (struct order_job){ h, *o, done, arg };
	loop_post(h->prober_loop, order, j);
}

struct snapshot {
	struct health *health;
	struct board *board;
	uint32_t slot;
	size_t at; /* rows before it are made */
	health_snapshot_fn *fn;
	void *arg;
};

static void show_snapshot(void *arg)
{
	struct snapshot *s = arg;

	s->fn(s->arg, s->board);
	board_unref(s->board);
	free(s);
}

/* So many rows a turn: sip_wire and answers of a large fleet do not wait for a list. */
static void take_snapshot(void *arg)
{
	struct snapshot *s = arg;
	struct prober *p = s->health->prober;

	if (!s->board)
		s->board = prober_snapshot(p);
	if (s->slot == CONF_NONE) {
		prober_snapshot_rows(p, s->board, s->at, s->at + SNAPSHOT_ROWS);
		s->at += SNAPSHOT_ROWS;
	} else {
		prober_snapshot_rows(p, s->board, s->slot, s->slot + 1u);
		s->at = s->board->row_count;
	}
	if (s->at < s->board->row_count)
		loop_post(s->health->prober_loop, take_snapshot, s);
	else
		loop_post(s->health->main_loop, show_snapshot, s);
}

void health_snapshot(struct health *h, uint32_t slot, health_snapshot_fn *fn, void *arg)
{
	struct snapshot *s = alloc(sizeof(*s));

	*s = (struct snapshot){ .health = h, .slot = slot, .fn = fn, .arg = arg };
	loop_post(h->prober_loop, take_snapshot, s);
}
