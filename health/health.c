#include "health/health.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "base/operator/metric.h"
#include "health/count.h"
#include "health/events.h"
#include "health/health_body.h"
#include "health/host.h"
#include "health/kept.h"
#include "health/sip_wire.h"
#include "net/loop.h"

/* What the prober sends to the main loop after each board. */
struct board_news {
	struct health *health;
	struct board *board;
	struct switch_record *records;
	size_t record_count;
	struct buffer kept; /* empty: no fault to keep */
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
	if (n->kept.len)
		kept_err = h->calls.keep(h->calls.arg, n->kept.octets, n->kept.len,
					 n->sync);
	watchers_notify(h, n->records, n->record_count);
	if (n->done)
		n->done(n->done_arg, n->err ? n->err : kept_err);
	buffer_fini(&n->kept);
	free(n->records);
	free(n);
}

static void write_kept(struct health *h, struct buffer *out)
{
	struct kept *k = prober_kept(h->prober);

	host_keep_names(h->host, k);
	kept_encode(k, out);
	kept_free(k);
}

static void on_publish(void *arg, struct board *fresh,
		       const struct switch_record *records, size_t record_count,
		       bool durable)
{
	struct health *h = arg;
	struct board_news *n = alloc(sizeof(*n));

	n->health = h;
	n->board = board_ref(fresh);
	if (record_count)
		n->records = alloc_copy(records, record_count * sizeof(*records));
	n->record_count = record_count;
	if (durable)
		write_kept(h, &n->kept);
	/* Answers switch before anything is reported or written. */
	h->calls.publish(h->calls.arg, fresh, records, record_count);
	for (size_t i = 0; i < record_count; i++) {
		count_switch(h->prober->cells, &records[i]);
		log_record(&records[i]);
	}
	loop_post(h->main_loop, hear, n);
}

static void on_noted(void *arg, const struct target *t, const char *what)
{
	tracing_note(arg, t, what);
}

struct health *health_new(struct loop *prober, struct loop *main,
			  const struct health_calls *calls)
{
	struct health *h = alloc(sizeof(*h));

	h->prober_loop = prober;
	h->main_loop = main;
	h->calls = *calls;
	h->prober_calls = (struct prober_calls){ on_publish, on_noted, h };
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

static void free_sites(struct health *h)
{
	for (size_t i = 0; i < h->site_count; i++) {
		free(h->sites[i].name);
		free(h->sites[i].pbx);
		free(h->sites[i].networks);
	}
	free(h->sites);
	h->sites = NULL;
	h->site_count = 0;
}

void health_free(struct health *h)
{
	if (!h)
		return;
	tracing_free(h);
	watchers_free(h);
	prober_free(h->prober);
	host_free(h->host);
	sip_wire_free(h->sip_wire);
	board_unref(h->seen);
	metrics_free(h->metrics);
	free_sites(h);
	free(h);
}

int health_restore(struct health *h, const void *octets, size_t len)
{
	struct kept *kept;
	int err = kept_decode(octets, len, &kept);

	if (err) {
		log_event(&health_events[EVENT_KEPT_BAD], "len=%zu cause=%s", len,
			  log_quote(err_text(err)));
		return err;
	}
	host_restore_names(h->host, kept);
	prober_keep(h->prober, kept);
	return OK;
}

static void copy_sites(struct health *h, const struct conf *c)
{
	free_sites(h);
	h->sites = alloc_array(c->site_count, sizeof(*h->sites));
	for (; h->site_count < c->site_count; h->site_count++) {
		const struct conf_site *from = &c->sites[h->site_count];
		struct site_row *to = &h->sites[h->site_count];
		struct buffer networks = { 0 };
		char text[ADDR_TEXT_LEN];

		for (size_t i = 0; i < from->network_count; i++)
			buffer_printf(&networks, "%s%s", i ? " " : "",
				      prefix_format(&from->networks[i], text));
		to->name = alloc_text(from->name);
		to->pbx = alloc_text(c->pbxs[from->pbx].name);
		to->networks = buffer_take_text(&networks);
	}
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
	copy_sites(h, c);
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
	n->sync = true;
	n->done = j->done;
	n->done_arg = j->arg;
	if (!n->err)
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

static void take_snapshot(void *arg)
{
	struct snapshot *s = arg;

	s->board = prober_snapshot(s->health->prober);
	loop_post(s->health->main_loop, show_snapshot, s);
}

void health_snapshot(struct health *h, health_snapshot_fn *fn, void *arg)
{
	struct snapshot *s = alloc(sizeof(*s));

	*s = (struct snapshot){ h, NULL, fn, arg };
	loop_post(h->prober_loop, take_snapshot, s);
}
