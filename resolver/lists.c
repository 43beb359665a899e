/* Answers of this process that are as long as its configuration: made in pieces, from a
 * snapshot that is held meanwhile. */
#include "resolver/lists.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "resolver/live/held.h"
#include "resolver/resolver_body.h"
#include "resolver/summary.h"

enum {
	ROWS_A_PIECE = 64,
	CHOICES_A_PIECE = 512, /* some of which make no row */
	TIME_TEXT_LEN = 24
};

void time_json(struct json *j, const char *key, int64_t at_s)
{
	char text[TIME_TEXT_LEN];
	struct tm tm;
	time_t at = at_s;

	if (gmtime_r(&at, &tm) && strftime(text, sizeof(text), "%FT%TZ", &tm))
		json_text(j, key, text);
}

static const char *class_name(const struct conf *c, uint32_t class)
{
	return class < c->site_count ? c->sites[class].name : "-";
}

/* What one class of clients gets at a live name. */
struct name_choice {
	struct trace trace;
	const char *answer;
	char reason[TRACE_EDE_MAX + 1];
};

static void choose(const struct held *h, uint32_t live, uint32_t class,
		   struct name_choice *out)
{
	struct choice choice;

	chain_choose(live_chain(h->live, live, class), h->board, &choice, &out->trace);
	out->answer = trace_answer(&out->trace);
	(void)trace_ede(&out->trace, out->reason);
}

struct names_list {
	struct held *held;
	uint32_t live, live_end; /* indices in conf */
	uint32_t class;
	bool all; /* classes with the same answer as everybody else's too */
	struct summary *summary; /* NULL: not wanted */
	bool named;              /* all of them: the certificates are next */
	size_t row;              /* of the board */
};

static void names_free(void *arg)
{
	struct names_list *n = arg;

	held_free(n->held);
	summary_free(n->summary);
	free(n);
}

static enum piece put_names(struct request *req, void *arg)
{
	struct names_list *n = arg;
	const struct conf *c = n->held->world->conf;
	uint32_t others = (uint32_t)live_class_count(n->held->live) - 1;
	struct name_choice row, rest;
	struct json *j = &req->json;
	int rows = 0;

	for (int i = 0; i < CHOICES_A_PIECE && rows < ROWS_A_PIECE; i++) {
		if (n->class > others) {
			n->class = 0;
			if (n->summary)
				summary_end_name(n->summary,
						 c->lives[n->live].name.text);
			n->live++;
		}
		if (n->live >= n->live_end) {
			json_end(j);
			return PIECE_LAST;
		}
		if (n->class == 0 || i == 0)
			choose(n->held, n->live, others, &rest);
		choose(n->held, n->live, n->class, &row);
		if (n->summary)
			summary_add_choice(n->summary, &row.trace);
		if (n->all || n->class == others ||
		    strcmp(row.answer, rest.answer) != 0) {
			json_object(j, NULL);
			json_text(j, "name", c->lives[n->live].name.text);
			json_text(j, "site", class_name(c, n->class));
			json_text(j, "answer", row.answer);
			json_text(j, "reason", row.reason);
			json_end(j);
			rows++;
		}
		n->class ++;
	}
	return PIECE_MORE;
}

static void put_summary(struct request *req, const struct summary *s)
{
	struct buffer out = { 0 };

	summary_format(s, &out);
	json_text_len(&req->json, "summary", (const char *)out.octets, out.len);
	buffer_fini(&out);
	req->status = summary_status(s);
}

/* What a phone would mind first: a fault before an end that is near, or NULL. */
static const struct board_target *worst_certificate(const struct board_row *row)
{
	const struct board_target *worst = NULL;

	for (size_t i = 0; i < row->target_count; i++) {
		const struct board_target *t = &row->targets[i];
		bool soon = t->has_certificate &&
			    t->certificate_days < CERTIFICATE_SOON_DAYS;

		if (!t->alive || (!soon && !t->certificate_fault))
			continue;
		if (!worst || t->certificate_fault > worst->certificate_fault ||
		    (t->certificate_fault == worst->certificate_fault && soon &&
		     t->certificate_days < worst->certificate_days))
			worst = t;
	}
	return worst;
}

static void put_certificate(struct json *j, const struct board_row *row)
{
	const struct board_target *t = worst_certificate(row);
	char text[ADDR_TEXT_LEN];
	struct addr at;

	if (!t)
		return;
	at = row->addresses[t->address];
	at.port = row->endpoints[t->endpoint].port;
	json_object(j, NULL);
	json_text(j, "pbx", row->name);
	json_text(j, "address", addr_format_port(&at, text));
	if (t->has_certificate)
		json_int(j, "days_left", t->certificate_days);
	else
		json_null(j, "days_left");
	json_text(j, "fault", t->certificate_fault ? t->cause : NULL);
	json_end(j);
}

/* The names, what matters about them, and the certificates that are no longer good. */
static enum piece put_status(struct request *req, void *arg)
{
	struct names_list *n = arg;
	const struct board *b = n->held->board;

	if (!n->named) {
		if (put_names(req, arg) == PIECE_MORE)
			return PIECE_MORE;
		n->named = true;
		put_summary(req, n->summary);
		json_array(&req->json, "certificates");
	}
	for (int i = 0; i < ROWS_A_PIECE && n->row < b->row_count; i++, n->row++)
		if (b->rows[n->row])
			put_certificate(&req->json, b->rows[n->row]);
	if (n->row < b->row_count)
		return PIECE_MORE;
	json_end(&req->json);
	return PIECE_LAST;
}

/* live_end: the index in conf after the last one; CONF_NONE: of all */
static struct names_list *names_new(const struct request *req, uint32_t live,
				    uint32_t live_end)
{
	const struct resolver *r = req->module;
	struct names_list *n = alloc(sizeof(*n));

	n->held = held_new(r->builder, publisher_now(r->publisher));
	n->live = live;
	n->live_end = live_end == CONF_NONE ? (uint32_t)n->held->world->conf->live_count
					    : live_end;
	return n;
}

void answer_names(struct request *req)
{
	struct names_list *n = names_new(req, 0, CONF_NONE);

	json_array(&req->json, "names");
	request_pull(req, put_names, names_free, n);
}

void answer_status(struct request *req)
{
	struct names_list *n = names_new(req, 0, CONF_NONE);

	n->summary = summary_new();
	json_array(&req->json, "names");
	request_pull(req, put_status, names_free, n);
}

void answer_name(struct request *req, uint32_t live)
{
	struct names_list *n = names_new(req, live, live + 1);

	n->all = true;
	json_array(&req->json, "answers");
	request_pull(req, put_names, names_free, n);
}

void zone_json(struct json *j, const struct world *w, uint32_t i)
{
	const struct conf_zone *z = &w->conf->zones[i];
	const struct world_zone *state = &w->states[i];
	const struct zone *zone = zone_set_exact(w->zones, &z->name.wire);

	json_object(j, NULL);
	json_text(j, "zone", z->name.text);
	json_text(j, "state",
		  !state->broken ? "ok"
		  : state->kept  ? "last good"
				 : "SERVFAIL");
	if (zone) {
		json_int(j, "serial", zone_serial(zone));
		json_int(j, "records", (int64_t)zone_record_count(zone));
		json_int(j, "octets", (int64_t)zone_memory_len(zone));
		time_json(j, "loaded", state->loaded_at);
	}
	json_text(j, "file", z->file);
	if (state->error)
		json_text(j, "error", state->error);
	json_end(j);
}

struct zones {
	struct builder *builder;
	struct world *world;
	uint32_t at;
};

static void zones_free(void *arg)
{
	struct zones *z = arg;

	builder_release(z->builder, z->world);
	free(z);
}

static enum piece put_zones(struct request *req, void *arg)
{
	struct zones *z = arg;
	size_t count = z->world->conf->zone_count;

	for (int n = 0; n < ROWS_A_PIECE && z->at < count; z->at++, n++)
		zone_json(&req->json, z->world, z->at);
	if (z->at < count)
		return PIECE_MORE;
	json_end(&req->json);
	return PIECE_LAST;
}

void answer_zones(struct request *req)
{
	struct resolver *r = req->module;
	struct zones *z = alloc(sizeof(*z));

	z->builder = r->builder;
	z->world = world_ref(r->world);
	json_array(&req->json, "zones");
	request_pull(req, put_zones, zones_free, z);
}

struct switches {
	struct switch_history *history;
	struct switch_history_walk walk;
	size_t left;
};

static enum piece put_switches(struct request *req, void *arg)
{
	enum { SWITCHES_A_PIECE = 16 }; /* each may have many moves */
	struct switches *s = arg;
	size_t count = s->left < SWITCHES_A_PIECE ? s->left : SWITCHES_A_PIECE;

	s->left -= count;
	if (switch_history_json(s->history, &s->walk, count, &req->json) && s->left)
		return PIECE_MORE;
	json_end(&req->json);
	return PIECE_LAST;
}

void answer_switches(struct request *req, size_t count)
{
	const struct resolver *r = req->module;
	struct switches *s = alloc(sizeof(*s));

	s->history = r->switch_history;
	s->left = count;
	json_array(&req->json, "switches");
	request_pull(req, put_switches, free, s);
}
