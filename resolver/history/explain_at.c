#include "resolver/history/explain_at.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/moment.h"

enum { CLOCK_LEN = 32 };

/* "2026-11-22T14:03:07.123Z"; "-" for no moment. */
static const char *clock_text(int64_t ms, char out[CLOCK_LEN])
{
	time_t at = (time_t)(ms / 1000);
	struct tm tm;
	size_t len = 0;

	if (ms && gmtime_r(&at, &tm))
		len = strftime(out, CLOCK_LEN - 6, "%FT%T", &tm);
	if (len)
		(void)snprintf(out + len, CLOCK_LEN - len, ".%03dZ", (int)(ms % 1000));
	else
		(void)snprintf(out, CLOCK_LEN, "-");
	return out;
}

/* What the switch history says about a member at a moment. */
struct member_then {
	struct switch_record last; /* until then */
	bool known;
	enum row_standing stood; /* before the first switch after it */
	bool later;
};

/* An explanation in progress: first the answer history is read, then the switch
 * history.
 */
struct telling {
	struct explain_at e;
	int64_t at_ms;
	struct answer_history_walk *walk; /* NULL: at its end */
	struct answer_history_answer answer;
	struct switch_history_walk switches;
	struct member_then rows[CHAIN_MEMBERS_MAX];
};

static void take_switch(void *arg, const struct switch_record *r)
{
	struct telling *m = arg;

	for (size_t i = 0; i < m->e.chain->member_count; i++) {
		if (strcmp(m->e.chain->members[i].name, r->pbx) != 0)
			continue;
		if (r->wall_ms <= m->at_ms) {
			m->rows[i].last = *r;
			m->rows[i].known = true;
		} else if (!m->rows[i].later) {
			m->rows[i].later = true;
			m->rows[i].stood = r->stood;
		}
	}
}

/* Before its first switch it had the state from which that one started; without any it
 * still has its current state. */
static const char *state_then(const struct telling *m, size_t i)
{
	const struct board_row *row = board_row(m->e.held->board,
						m->e.chain->members[i].slot);

	if (m->rows[i].known)
		return standing_name(m->rows[i].last.stands);
	if (m->rows[i].later)
		return standing_name(m->rows[i].stood);
	return row ? standing_name(row_standing(row)) : "-";
}

static void put_members(const struct telling *m, struct json *j)
{
	const struct chain *chain = m->e.chain;
	char clock[CLOCK_LEN];

	json_array(j, "pbxs");
	for (size_t i = 0; i < chain->member_count; i++) {
		const struct switch_record *r = m->rows[i].known ? &m->rows[i].last
								 : NULL;

		json_object(j, NULL);
		json_text(j, "pbx", chain->members[i].name);
		json_text(j, "state", state_then(m, i));
		json_text(j, "since",
			  r ? clock_text(r->wall_ms, clock) : "before the history");
		json_text(j, "cause", r ? r->cause : "");
		json_text(j, "author", r ? r->author : "");
		json_end(j);
	}
	json_end(j);
}

/* How an answer began, and how it ended. */
static const char *const begins[ANSWER_HISTORY_KINDS] = {
	[ANSWER_HISTORY_START] = "the node was started",
	[ANSWER_HISTORY_RELOAD] = "a configuration was loaded",
	[ANSWER_HISTORY_MOVE] = "the answer moved",
};

static void put_end(const struct answer_history_answer *a, struct json *j)
{
	char clock[CLOCK_LEN];

	if (a->until_ms == 0) {
		json_text(j, "until", "now");
		return;
	}
	json_text(j, "until", clock_text(a->until_ms, clock));
	json_format(j, "then", "%s: %s%s", begins[a->until_kind],
		    a->until_answer ? a->until_answer : "no longer a live name",
		    a->until_kind == ANSWER_HISTORY_START
			    ? "; the node may not have been running until then"
			    : "");
}

static void put_answer(const struct telling *t, struct json *j)
{
	const struct answer_history_answer *a = &t->answer;
	char clock[CLOCK_LEN];

	json_text(j, "live", t->e.chain->live);
	json_text(j, "site", t->e.chain->site_name);
	json_text(j, "at", clock_text(t->at_ms, clock));
	json_text(j, "answer", a->answer);
	json_text(j, "because", a->reason);
	json_text(j, "since", clock_text(a->since_ms, clock));
	json_text(j, "began", begins[a->kind]);
	put_end(a, j);
	put_members(t, j);
	json_text(j, "history_from", clock_text(a->first_ms, clock));
}

static int read_moment(const struct explain_at *e, const char *at, int64_t *out,
		       struct request *req)
{
	int err = moment_parse(at, e->now_ms, out);

	if (err == ERR_RANGE)
		request_fail(req, EXIT_USAGE,
			     "%s is in the future; `deputy whatif` "
			     "shows what would be answered",
			     at);
	else if (err)
		request_fail(req, EXIT_USAGE,
			     "\"%s\" is not a time such as 14:03, 14:03:07Z, -10m or "
			     "2026-11-22T14:03:07Z",
			     at);
	return err;
}

/* Returns whether there is an answer to be shown; otherwise fails the request. */
static bool is_known(const struct telling *t, struct request *req)
{
	const struct answer_history_answer *a = &t->answer;
	char first[CLOCK_LEN];
	char then[CLOCK_LEN];

	if (a->first_ms == 0)
		request_fail(req, EXIT_NEGATIVE,
			     "there is no history: nothing is saved in the state "
			     "directory (`deputy doctor` shows why)");
	else if (t->at_ms < a->first_ms)
		request_fail(req, EXIT_NEGATIVE,
			     "%s is before the history, which starts at %s: what was "
			     "answered then is not known",
			     clock_text(t->at_ms, then),
			     clock_text(a->first_ms, first));
	else if (a->answer == NULL)
		request_fail(req, EXIT_NEGATIVE,
			     "%s was not a live name "
			     "for this site at %s",
			     t->e.chain->live, clock_text(t->at_ms, then));
	return req->status == EXIT_DONE;
}

static enum piece tell(struct request *req, void *arg)
{
	enum { SWITCHES_A_PIECE = 256 };
	struct telling *t = arg;

	if (t->walk) {
		if (answer_history_walk_on(t->walk))
			return PIECE_MORE;
		answer_history_walk_take(t->walk, &t->answer);
		answer_history_walk_free(t->walk);
		t->walk = NULL;
		return is_known(t, req) ? PIECE_MORE : PIECE_LAST;
	}
	if (switch_history_each(t->e.switch_history, &t->switches, SWITCHES_A_PIECE,
				take_switch, t))
		return PIECE_MORE;
	put_answer(t, &req->json);
	return PIECE_LAST;
}

static void telling_free(void *arg)
{
	struct telling *t = arg;

	answer_history_walk_free(t->walk);
	answer_history_answer_fini(&t->answer);
	held_free(t->e.held);
	free(t);
}

void explain_at(const struct explain_at *e, const char *at, struct request *req)
{
	const char *site = e->chain->site_name ? e->chain->site_name : "-";
	struct telling *t;
	int64_t at_ms;

	if (read_moment(e, at, &at_ms, req)) {
		held_free(e->held);
		return;
	}
	t = alloc(sizeof(*t));
	t->e = *e;
	t->at_ms = at_ms;
	t->walk = answer_history_walk_new(e->answer_history, e->chain->live, site,
					  at_ms);
	request_pull(req, tell, telling_free, t);
}
