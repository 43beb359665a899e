/* The row of a pbx on the board, and what happened between two of them. */
#include <stdio.h>
#include <string.h>

#include "health/hush.h"
#include "health/pbx.h"
#include "health/prober.h"
#include "health/row.h"

static void fill_target(struct board_target *out, const struct target *t)
{
	*out = (struct board_target){
		.endpoint = t->endpoint,
		.address = t->address,
		.alive = target_is_alive(t),
		.decided = t->liveness.decided,
		.doubted = t->liveness.state == LIVENESS_DOUBTED,
		.held = t->held,
		.draining = t->drain.draining,
		.certificate_fault = t->certificate_fault,
		.verdict = t->verdict,
		.fell = t->fell,
		.rose = t->rose,
		.since_ms = t->since_ms,
		.rtt_us = t->rtt.last_us,
		.rtt_p99_us = rtt_share_us(&t->rtt, 990),
		.lost_count = t->liveness.missed_count,
		.odd = t->odd,
		.has_certificate = t->has_certificate,
		.certificate_days = t->certificate_days,
	};
	snprintf(out->cause, sizeof(out->cause), "%s", target_cause(t));
}

static enum pbx_state state_of(const struct board_row *row)
{
	bool alive = false, decided = false, draining = true;

	for (size_t i = 0; i < row->target_count; i++) {
		const struct board_target *t = &row->targets[i];

		alive |= t->alive;
		decided |= t->alive && t->decided;
		draining &= !t->alive || t->draining;
	}
	if (!row->target_count || (alive && !decided))
		return PBX_UNDECIDED;
	if (!alive)
		return PBX_DOWN;
	return draining ? PBX_DRAINING : PBX_UP;
}

/* The target that represents the state of the row: the last to fall, or the first
 * alive. */
static const struct board_target *speaker(const struct board_row *row)
{
	const struct board_target *found = NULL;

	for (size_t i = 0; i < row->target_count; i++) {
		const struct board_target *t = &row->targets[i];

		if (row->state != PBX_DOWN && t->alive && t->decided &&
		    (row->state != PBX_UP || !t->draining))
			return t;
		if (row->state == PBX_DOWN && (!found || t->fell > found->fell))
			found = t;
	}
	return found;
}

static void fill_hold(struct pbx *x, struct board_row *row)
{
	uint64_t now = loop_now(x->prober->loop);

	row->held_by_hand = x->held_by_hand;
	for (size_t i = 0; i < x->target_count; i++) {
		const struct target *t = x->targets[i];
		uint64_t end = t->rose_at + x->plan->conf.hold_ms;

		if (t->held && end > now &&
		    (!row->hold_left_ms || end - now < row->hold_left_ms))
			row->hold_left_ms = (uint32_t)(end - now);
	}
}

/* A board need not be made for a day that nobody is told of. */
static int32_t told_days(const struct board_target *t)
{
	return t->has_certificate && t->certificate_days < CERTIFICATE_SOON_DAYS
		       ? t->certificate_days
		       : CERTIFICATE_SOON_DAYS;
}

static bool same_target(const struct board_target *a, const struct board_target *b)
{
	return a->endpoint == b->endpoint && a->address == b->address &&
	       a->alive == b->alive && a->decided == b->decided &&
	       a->doubted == b->doubted && a->held == b->held &&
	       a->draining == b->draining &&
	       a->certificate_fault == b->certificate_fault && a->fell == b->fell &&
	       a->rose == b->rose && told_days(a) == told_days(b) &&
	       strcmp(a->cause, b->cause) == 0;
}

static bool same_row(const struct board_row *a, const struct board_row *b)
{
	if (a->layout != b->layout || a->target_count != b->target_count ||
	    a->state != b->state || a->doubted != b->doubted ||
	    a->switched != b->switched || a->force != b->force ||
	    a->force_since_ms != b->force_since_ms ||
	    a->force_until_ms != b->force_until_ms || a->freeze != b->freeze ||
	    a->held_by_hand != b->held_by_hand || a->profile != b->profile)
		return false;
	for (size_t i = 0; i < a->target_count; i++)
		if (!same_target(&a->targets[i], &b->targets[i]))
			return false;
	return true;
}

static void fill_force(struct board_row *row, const struct pbx *x)
{
	row->force = x->force;
	if (x->force == FORCE_NONE)
		return;
	memcpy(row->force_author, x->force_author, sizeof(row->force_author));
	memcpy(row->force_reason, x->force_reason, sizeof(row->force_reason));
	row->force_since_ms = x->force_since_ms;
	row->force_until_ms = x->force_until_ms;
}

/* The first row after a restart shows the state that was kept. */
static int64_t since_of(const struct pbx *x, const struct board_row *row)
{
	if (x->row && x->row->state == row->state)
		return x->row->since_ms;
	return !x->row && x->kept_since_ms ? x->kept_since_ms
					   : prober_wall_ms(x->prober);
}

/* Judged when it falls, and true until it rises: later causes tell of later probes. */
static enum hush find_hush(const struct pbx *x, const struct board_row *row)
{
	if (row->state != PBX_DOWN)
		return HUSH_NONE;
	if (x->row && x->row->state == PBX_DOWN)
		return x->row->hush;
	return hush_of(row, x->began_ms, x->prober->stalled_ms);
}

struct board_row *pbx_make_row(struct pbx *x, bool always)
{
	struct board_row *row = row_new(x->plan->conf.name, &x->layout);
	const struct board_target *by;

	row->profile = x->plan->conf.profile;
	for (size_t i = 0; i < x->target_count; i++) {
		fill_target(&row->targets[i], x->targets[i]);
		row->doubted |= row->targets[i].doubted;
		if (row->profile == PROFILE_AUTO)
			row->profile = x->targets[i]->own_host || x->targets[i]->on_link
					       ? PROFILE_LAN
					       : PROFILE_WAN;
	}
	row->state = state_of(row);
	by = speaker(row);
	if (by)
		memcpy(row->cause, by->cause, sizeof(row->cause));
	row->since_ms = since_of(x, row);
	row->hush = find_hush(x, row);
	fill_force(row, x);
	fill_hold(x, row);
	row->freeze = x->freeze;
	row->freeze_since_ms = x->freeze == FREEZE_NONE ? 0 : x->freeze_since_ms;
	row->switched = x->switched_until_at != 0;
	row->generation = x->row ? x->row->generation : 0;
	if (always || !x->row || !same_row(x->row, row))
		return row;
	row_unref(row);
	return NULL;
}

/* Whether the hold of an endpoint has ended, which names with `needs` may have waited
 * for. */
static bool ended_hold(const struct board_row *was, const struct board_row *is)
{
	for (size_t i = 0;
	     i < is->target_count && was->target_count == is->target_count; i++)
		if (was->targets[i].held && is->targets[i].alive &&
		    !is->targets[i].held)
			return true;
	return false;
}

static bool lives_alike(const struct board_target *a, const struct board_target *b)
{
	return a->alive == b->alive && a->draining == b->draining &&
	       a->certificate_fault == b->certificate_fault;
}

static bool same_living(const struct board_row *a, const struct board_row *b)
{
	if (a->target_count != b->target_count)
		return false;
	for (size_t i = 0; i < a->target_count; i++)
		if (!lives_alike(&a->targets[i], &b->targets[i]))
			return false;
	return true;
}

/* Of the endpoint that changed, not of the row: that one is as it was. */
static const char *cause_of_endpoint(const struct board_row *was,
				     const struct board_row *is)
{
	for (size_t i = 0;
	     i < is->target_count && was->target_count == is->target_count; i++)
		if (!lives_alike(&was->targets[i], &is->targets[i]))
			return is->targets[i].cause;
	return is->cause;
}

static uint32_t detection_ms(const struct pbx *x)
{
	const struct target *last = NULL;

	for (size_t i = 0; i < x->target_count; i++)
		if (!target_is_alive(x->targets[i]) &&
		    (!last || x->targets[i]->fell > last->fell))
			last = x->targets[i];
	return last && last->liveness.alive_at
		       ? (uint32_t)(loop_now(x->prober->loop) - last->liveness.alive_at)
		       : 0;
}

static enum switch_kind kind_of_state(enum pbx_state to)
{
	if (to == PBX_DOWN)
		return SWITCH_DOWN;
	return to == PBX_DRAINING ? SWITCH_DRAINING : SWITCH_UP;
}

struct row_changes {
	const struct pbx *x;
	const struct board_row *was, *is;
	struct switch_record *out;
	size_t count;
};

static void add(struct row_changes *h, enum switch_kind kind, const char *cause,
		const char *author)
{
	struct switch_record *r = &h->out[h->count++];

	*r = (struct switch_record){
		.kind = kind,
		.from = h->was->state,
		.to = h->is->state,
		.stood = row_standing(h->was),
		.stands = row_standing(h->is),
		.wall_ms = prober_wall_ms(h->x->prober),
	};
	snprintf(r->pbx, sizeof(r->pbx), "%s", h->is->name);
	snprintf(r->cause, sizeof(r->cause), "%s", cause);
	snprintf(r->author, sizeof(r->author), "%s", author[0] ? author : "probe");
	if (kind == SWITCH_DOWN)
		r->detection_ms = detection_ms(h->x);
}

static void add_force(struct row_changes *h)
{
	char cause[SWITCH_CAUSE_LEN];
	const char *why = h->is->force_reason;

	snprintf(cause, sizeof(cause), "%s%s%s", force_name(h->is->force),
		 why[0] ? ": " : "", why);
	add(h, SWITCH_FORCED, cause, h->is->force_author);
}

size_t pbx_compare(const struct pbx *x, const struct board_row *was,
		   const struct board_row *is,
		   struct switch_record out[PBX_RECORDS_MAX])
{
	struct row_changes h = { x, was, is, out, 0 };
	bool forced = was->force != is->force ||
		      was->force_since_ms != is->force_since_ms;

	if (forced && is->force == FORCE_NONE)
		add(&h, SWITCH_RELEASED, force_name(was->force), x->author);
	else if (forced)
		add_force(&h);
	if (was->freeze != is->freeze)
		add(&h, is->freeze == FREEZE_NONE ? SWITCH_THAWED : SWITCH_FROZEN,
		    freeze_name(is->freeze == FREEZE_NONE ? was->freeze : is->freeze),
		    "");
	if (!was->held_by_hand && is->held_by_hand)
		add(&h, SWITCH_AWAY, "manual failover", x->author);
	/* Undecided counts as up: it is neither a switch from there nor to there. */
	if (was->state != is->state && is->state != PBX_UNDECIDED &&
	    !(was->state == PBX_UNDECIDED && is->state == PBX_UP))
		add(&h, kind_of_state(is->state), is->cause, "");
	else if ((was->state == is->state || is->state == PBX_UNDECIDED) &&
		 !same_living(was, is))
		add(&h, SWITCH_ENDPOINT, cause_of_endpoint(was, is), "");
	if (row_is_held(was) && !row_is_held(is) && is->state != PBX_DOWN)
		add(&h, SWITCH_BACK,
		    x->author[0] ? "manual failback" : "the hold has ended", x->author);
	else if (ended_hold(was, is))
		add(&h, SWITCH_ENDPOINT, "the hold of an endpoint has ended",
		    x->author);
	return h.count;
}
