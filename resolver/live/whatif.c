#include "resolver/live/whatif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/operator/diag.h"
#include "conf/conf.h"
#include "dns/name.h"
#include "health/chain.h"
#include "health/slots.h"
#include "health/suppose.h"
#include "health/trace.h"
#include "resolver/live/access.h"

enum {
	ROWS_MAX = 5000,
	NOTE_TEXT_LEN = 64,
	CHOICES_A_PIECE = 512 /* and those of one name more */
};

/* In the column of the failed PBX. */
static const char as_it_is[] = "(nobody)";

/* Two boards to compare, the question about them, and how far it has been answered. */
struct whatif_question {
	struct whatif w;
	struct request *req;
	struct board *then;  /* NULL: the present board */
	const char *pbx;     /* that fails in it; NULL: see the request */
	uint32_t slot;       /* of that */
	uint32_t next_death; /* index in conf of the pbx that fails next */
	uint32_t next_name;  /* index in conf of the live name that comes next */
	size_t rows_before;  /* this failure */
	uint32_t live;       /* CONF_NONE: all of them */
	bool one_class;      /* of one address alone */
	uint32_t site;       /* then: its site, or CONF_NONE */
	size_t row_count;
	size_t unshown_count;
	bool lost; /* some name has no PBX left */
};

/* One name as clients of one site get it, before and after. */
struct outcome {
	const char *now, *then;
	bool nobody;     /* the policy decides */
	bool was_nobody; /* and did before */
	char note[NOTE_TEXT_LEN];
	char because[TRACE_EDE_MAX + 1];
};

static void outcome_of(const struct whatif_question *q, const struct board *then,
		       uint32_t live, uint32_t site, struct outcome *out)
{
	struct chain chain;
	struct choice choice;
	struct trace trace;

	chain_init(&chain, q->w.conf, q->w.slots, live, site);
	chain_choose(&chain, q->w.board, &choice, &trace);
	out->now = trace_answer(&trace);
	out->was_nobody = trace.all_down;
	chain_choose(&chain, then, &choice, &trace);
	out->then = trace_answer(&trace);
	out->nobody = trace.all_down;
	(void)trace_ede(&trace, out->because);
	if (out->nobody)
		(void)snprintf(out->note, sizeof(out->note), "NOBODY LEFT%s, %s",
			       out->was_nobody ? " (as now)" : "",
			       trace_policy(&trace));
	else
		(void)snprintf(out->note, sizeof(out->note), "%s",
			       strcmp(out->now, out->then) == 0 ? "" : "moves");
}

static const char *site_name(const struct whatif_question *q, uint32_t site)
{
	return site == CONF_NONE ? "-" : q->w.conf->sites[site].name;
}

/* pbx: the one that fails in this row; NULL: given by the request, and the reasons are
 * shown too. */
static void put_outcome(struct whatif_question *q, const char *pbx, uint32_t live,
			uint32_t site, const struct outcome *o)
{
	struct json *j = &q->req->json;

	q->lost |= o->nobody;
	if (q->row_count++ >= ROWS_MAX) {
		q->unshown_count++;
		return;
	}
	json_object(j, NULL);
	if (pbx)
		json_text(j, "if_dead", pbx);
	json_text(j, "name", q->w.conf->lives[live].name.text);
	json_text(j, "site", site_name(q, site));
	json_text(j, "now", o->now);
	json_text(j, "then", o->then);
	json_text(j, "note", o->note);
	if (!pbx)
		json_text(j, "because", o->because);
	json_end(j);
}

/* Whether to show a failure: a name that has no PBX left anyway is shown once. */
static bool is_news(const char *pbx, const struct outcome *o)
{
	if (pbx == NULL)
		return true;
	if (strcmp(pbx, as_it_is) == 0)
		return o->nobody;
	return strcmp(o->now, o->then) != 0 || (o->nobody && !o->was_nobody);
}

static bool same_outcome(const struct outcome *a, const struct outcome *b)
{
	return strcmp(a->now, b->now) == 0 && strcmp(a->then, b->then) == 0 &&
	       a->nobody == b->nobody;
}

/*
 * Shows one name for each site whose clients get another answer than all others; for a
 * failed pbx only what changes or is lost.
 */
static void put_name(struct whatif_question *q, const struct board *then,
		     const char *pbx, uint32_t live)
{
	uint32_t site_count = (uint32_t)q->w.conf->site_count;
	struct outcome rest;
	struct outcome o;

	if (q->one_class) {
		outcome_of(q, then, live, q->site, &o);
		if (is_news(pbx, &o))
			put_outcome(q, pbx, live, q->site, &o);
		return;
	}
	outcome_of(q, then, live, CONF_NONE, &rest);
	for (uint32_t site = 0; site < site_count; site++) {
		outcome_of(q, then, live, site, &o);
		if (same_outcome(&o, &rest) || !is_news(pbx, &o))
			continue;
		put_outcome(q, pbx, live, site, &o);
	}
	if (is_news(pbx, &rest))
		put_outcome(q, pbx, live, CONF_NONE, &rest);
}

static void put_nothing(struct whatif_question *q)
{
	struct json *j = &q->req->json;

	json_object(j, NULL);
	json_text(j, "if_dead", q->pbx);
	json_text(j, "name", "-");
	json_text(j, "site", "-");
	json_text(j, "now", "-");
	json_text(j, "then", "-");
	json_text(j, "note",
		  board_row(q->w.board, q->slot)->state == PBX_DOWN
			  ? "it is already down"
			  : "nothing changes");
	json_end(j);
}

/* Ends one failure and begins that of the next pbx. Returns whether there is one. */
static bool die_next(struct whatif_question *q)
{
	const struct conf *c = q->w.conf;

	if (q->then && q->row_count == q->rows_before)
		put_nothing(q);
	board_unref(q->then);
	q->then = NULL;
	while (q->next_death < c->pbx_count) {
		uint32_t i = q->next_death++;

		q->slot = slots_at(q->w.slots, i);
		if (board_row(q->w.board, q->slot) == NULL)
			continue;
		q->then = board_suppose(q->w.board);
		board_suppose_row(q->then, q->slot, SUPPOSE_DOWN);
		q->pbx = c->pbxs[i].name;
		q->next_name = 0;
		q->rows_before = q->row_count;
		return true;
	}
	return false;
}

/* clang-format off */
static const struct {
	const char *option;
	const char *value; /* behind "PBX="; NULL: the whole value is the PBX */
	enum supposition supposition;
} forms[] = {
	{ "down",    NULL,    SUPPOSE_DOWN },
	{ "up",      NULL,    SUPPOSE_UP },
	{ "drain",   NULL,    SUPPOSE_DRAINED },
	{ "force",   "down",  SUPPOSE_FORCED_DOWN },
	{ "force",   "up",    SUPPOSE_FORCED_UP },
	{ "force",   "drain", SUPPOSE_FORCED_DRAIN },
	{ "release", NULL,    SUPPOSE_RELEASED },
};
/* clang-format on */

enum { FORMS = sizeof(forms) / sizeof(*forms) };

static const char *pbx_name_at(const void *arg, size_t i)
{
	return ((const struct conf *)arg)->pbxs[i].name;
}

/* The slot of a pbx that the board knows, or CONF_NONE after the request was failed. */
static uint32_t find_pbx(const struct whatif_question *q, const char *name)
{
	const struct conf *c = q->w.conf;
	const char *meant;

	for (uint32_t i = 0; i < c->pbx_count; i++)
		if (strcmp(c->pbxs[i].name, name) == 0 &&
		    board_row(q->w.board, slots_at(q->w.slots, i)))
			return slots_at(q->w.slots, i);
	meant = suggest(name, c->pbx_count, pbx_name_at, c);
	request_fail(q->req, EXIT_USAGE, "no PBX is named \"%s\"%s%s%s", name,
		     meant ? "; did you mean '" : "; see: deputy pbx list",
		     meant ? meant : "", meant ? "'?" : "");
	return CONF_NONE;
}

static bool is_value_of(size_t form, const char *value)
{
	const char *equals = strrchr(value, '=');

	return forms[form].value == NULL ||
	       (equals && strcmp(equals + 1, forms[form].value) == 0);
}

/* "--force hq" without what, or with something else. */
static int check_forces(struct request *req)
{
	const char *value;

	for (size_t n = 0; (value = request_option_at(req, "force", n)); n++) {
		bool known = false;

		for (size_t f = 0; f < FORMS; f++)
			known |= forms[f].value && is_value_of(f, value);
		if (known)
			continue;
		request_fail(req, EXIT_USAGE,
			     "--force needs PBX=up, PBX=down or PBX=drain, not \"%s\"",
			     value);
		return ERR_INVALID;
	}
	return OK;
}

/* Calls `fn` for each supposition, as long as it returns 0; returns how many. */
typedef int supposed_fn(struct whatif_question *q, size_t form, const char *value,
			void *arg);

static size_t each_supposition(struct whatif_question *q, supposed_fn *fn, void *arg)
{
	size_t count = 0;

	for (size_t f = 0; f < FORMS; f++) {
		const char *value;

		for (size_t n = 0;
		     (value = request_option_at(q->req, forms[f].option, n)); n++) {
			if (!is_value_of(f, value))
				continue;
			count++;
			if (fn(q, f, value, arg))
				return count;
		}
	}
	return count;
}

/* Returns the slot of the pbx that a value names, or CONF_NONE after failing the
 * request.
 */
static uint32_t slot_of(const struct whatif_question *q, size_t form, const char *value)
{
	const char *equals = forms[form].value ? strrchr(value, '=') : NULL;
	char *name = equals ? alloc_format("%.*s", (int)(equals - value), value)
			    : alloc_text(value);
	uint32_t slot = find_pbx(q, name);

	free(name);
	return slot;
}

static int check_one(struct whatif_question *q, size_t form, const char *value,
		     void *arg)
{
	(void)arg;
	return slot_of(q, form, value) == CONF_NONE ? ERR_INVALID : OK;
}

static int suppose_one(struct whatif_question *q, size_t form, const char *value,
		       void *arg)
{
	struct board *then = arg;
	uint32_t slot = slot_of(q, form, value);

	board_suppose_row(then, slot, forms[form].supposition);
	json_object(&q->req->json, NULL);
	json_text(&q->req->json, "pbx", then->rows[slot]->name);
	json_text(&q->req->json, "is", supposition_name(forms[form].supposition));
	json_end(&q->req->json);
	return OK;
}

static int read_name(struct whatif_question *q)
{
	const char *word = request_word(q->req, 0);
	struct name name;

	q->live = CONF_NONE;
	if (word == NULL)
		return OK;
	if (name_parse(word, strlen(word), &(struct name){ .len = 1 }, &name)) {
		request_fail(q->req, EXIT_USAGE, "%s is not a domain name", word);
		return ERR_INVALID;
	}
	for (uint32_t i = 0; i < q->w.conf->live_count; i++)
		if (name_equal(q->w.conf->lives[i].name.wire.wire, name.wire))
			q->live = i;
	if (q->live != CONF_NONE)
		return OK;
	request_fail(q->req, EXIT_USAGE, "%s is not a live name; see: deputy name list",
		     word);
	return ERR_INVALID;
}

static int read_from(struct whatif_question *q)
{
	const char *from = request_option(q->req, "from");
	struct addr addr;

	if (from == NULL)
		return OK;
	if (addr_parse(from, &addr)) {
		request_fail(q->req, EXIT_USAGE, "%s is not an address", from);
		return ERR_INVALID;
	}
	q->one_class = true;
	q->site = access_find(q->w.access, &addr).site;
	return OK;
}

static enum piece end_answer(struct whatif_question *q)
{
	struct json *j = &q->req->json;

	json_end(j);
	if (q->unshown_count)
		json_int(j, "rows_not_shown", (int64_t)q->unshown_count);
	if (q->lost)
		q->req->status = EXIT_NEGATIVE;
	return PIECE_LAST;
}

static enum piece tell(struct request *req, void *arg)
{
	struct whatif_question *q = arg;
	size_t classes = q->one_class ? 1 : q->w.conf->site_count + 1;
	size_t choices = 0;

	(void)req;
	while (choices < CHOICES_A_PIECE) {
		uint32_t live = q->next_name++;

		if (live >= q->w.conf->live_count) {
			if (q->pbx == NULL || !die_next(q))
				return end_answer(q);
			choices++;
		} else if (q->live == CONF_NONE || q->live == live) {
			put_name(q, q->then ? q->then : q->w.board, q->pbx, live);
			choices += classes;
		}
	}
	return PIECE_MORE;
}

static void question_free(void *arg)
{
	struct whatif_question *q = arg;

	board_unref(q->then);
	if (q->w.release)
		q->w.release(q->w.release_arg);
	free(q);
}

/* With suppositions: all of them at once. Without: each PBX fails alone. */
static void begin_answer(struct whatif_question *q, bool supposed)
{
	struct json *j = &q->req->json;

	json_text(j, "told_from", q->w.told_from);
	if (supposed) {
		q->then = board_suppose(q->w.board);
		json_array(j, "supposed");
		(void)each_supposition(q, suppose_one, q->then);
		json_end(j);
		json_array(j, "answers");
	} else {
		q->pbx = as_it_is;
		json_array(j, "deaths");
	}
	request_pull(q->req, tell, question_free, q);
}

void whatif_answer(const struct whatif *w, struct request *req)
{
	struct whatif_question *q = alloc(sizeof(*q));
	size_t count = 0;

	q->w = *w;
	q->req = req;
	if (read_name(q) == OK && check_forces(req) == OK && read_from(q) == OK)
		count = each_supposition(q, check_one, NULL);
	if (req->status == EXIT_DONE)
		begin_answer(q, count > 0);
	else
		question_free(q);
}
