#include "health/prober.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "conf/conf.h"
#include "health/count.h"
#include "health/events.h"
#include "health/kept.h"
#include "health/path.h"
#include "health/row.h"
#include "health/turns.h"

enum {
	BEAT_MIN_MS = 25,
	BEAT_MAX_MS = 250,
	STEP_MS = 1000,
	STALL_MS = 1000, /* long enough to be told */
	EXTRA_MS = 100,
	EXTRA_COUNT = 20,
	HISTORY_MIN = 16,
	LOSSY_WINDOWS = 3
};

static void publish(void *arg);

int64_t prober_wall_ms(const struct prober *p)
{
	return p->host_calls->wall_ms(p->host_calls->arg);
}

static void list_add(struct slot_list *l, uint32_t slot)
{
	if (l->count == l->cap) {
		l->cap = l->cap ? 2 * l->cap : HISTORY_MIN;
		l->slots = alloc_resize(l->slots, l->cap, sizeof(*l->slots));
	}
	l->slots[l->count++] = slot;
}

static int by_slot(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

/* All of a list, in the order of slots; the list is empty then. */
static struct slot_list list_take(struct slot_list *l)
{
	struct slot_list taken = *l;

	*l = (struct slot_list){ 0 };
	if (taken.count > 1)
		qsort(taken.slots, taken.count, sizeof(*taken.slots), by_slot);
	return taken;
}

static struct pbx *pbx_at(const struct prober *p, uint32_t slot)
{
	return slot < p->slot_count ? p->pbxs[slot] : NULL;
}

static void mark_unkept(struct prober *p, struct pbx *x)
{
	if (!x->unkept)
		list_add(&p->unkept, x->slot);
	x->unkept = true;
}

void prober_dirty(struct prober *p, struct pbx *x)
{
	if (!x->dirty)
		list_add(&p->dirty, x->slot);
	x->dirty = true;
	/* After all that happens in this turn: one board for many changes. */
	if (!timer_is_started(&p->publish))
		timer_start(p->loop, &p->publish, 0, publish, p);
}

/*
 * If we did not run for longer than the pace, then missed answers were our own fault:
 * we were stopped, starved, or suspended with the host.
 */
static void judge_own_stall(struct prober *p)
{
	uint64_t now = loop_now(p->loop);
	uint64_t gap = now - p->awake_at;

	p->awake_at = now;
	if (gap <= p->heartbeat_ms)
		return;
	if (gap >= STALL_MS)
		p->stalled_ms = prober_wall_ms(p);
	for (size_t i = 0; i < p->slot_count; i++)
		for (size_t k = 0; p->pbxs[i] && k < p->pbxs[i]->target_count; k++)
			if (gap > p->pbxs[i]->targets[k]->probe.pace_ms)
				target_void(p->pbxs[i]->targets[k]);
}

static int64_t wall_ahead_ms(const struct prober *p)
{
	return prober_wall_ms(p) - (int64_t)loop_now(p->loop);
}

/* Whether somebody set the wall clock since the last heartbeat. */
static void judge_wall(struct prober *p)
{
	int64_t was = p->wall_ahead_ms, is = wall_ahead_ms(p);

	p->wall_ahead_ms = is;
	if (is - was < STEP_MS && was - is < STEP_MS)
		return;
	for (size_t i = 0; i < p->slot_count; i++)
		if (p->pbxs[i])
			pbx_wall_stepped(p->pbxs[i]);
}

static void heartbeat(void *arg)
{
	struct prober *p = arg;

	judge_own_stall(p);
	judge_wall(p);
	isolation_learn(p);
	timer_start(p->loop, &p->heartbeat, p->heartbeat_ms, heartbeat, p);
}

static struct prober *of(const struct target *t)
{
	const struct pbx *x = t->owner;

	return x->prober;
}

static void on_woke(struct target *t)
{
	judge_own_stall(of(t));
}

static void on_changed(struct target *t)
{
	path_settle(of(t), t);
	pbx_target_changed(t->owner, t);
}

static void on_doubted(struct target *t)
{
	isolation_ask(of(t), t);
}

/* The other endpoints of a pbx are probed at once when one is refused or lost. */
static void on_hurt(struct target *t)
{
	const struct pbx *x = t->owner;

	for (size_t i = 0; i < x->target_count; i++)
		if (x->targets[i] != t && x->targets[i]->shared == t->shared)
			target_suspect(x->targets[i]);
		else if (x->targets[i] != t)
			target_hurry(x->targets[i], 20);
}

/* A thousand in doubt at once indicate a problem of our link; they must not cause a
 * storm. */
static bool on_may_send_extra(struct target *t)
{
	struct prober *p = of(t);
	uint64_t now = loop_now(p->loop);

	if (now - p->extra_at >= EXTRA_MS) {
		p->extra_at = now;
		p->extra_count = 0;
	}
	return p->extra_count++ < EXTRA_COUNT;
}

static void on_asked(struct target *t)
{
	path_ask(of(t), t);
}

static bool is_last(const struct target *t)
{
	const struct pbx *x = t->owner;

	for (size_t i = 0; i < x->target_count; i++)
		if (x->targets[i] != t && target_is_alive(x->targets[i]))
			return false;
	return true;
}

/*
 * On a lossy path silence proves less: it must last for three windows. And the last
 * endpoint of a pbx does not fall while others at its address, which are down, answer
 * now and then.
 */
static bool on_may_fall(struct target *t)
{
	uint64_t silent_ms = loop_now(t->loop) - t->liveness.window_at;

	if (turns_alive_at(t) + t->probe.silence_ms > loop_now(t->loop) && is_last(t))
		return false;

	if (silent_ms < LOSSY_WINDOWS * (uint64_t)t->probe.silence_ms &&
	    path_is_lossy(of(t), t))
		return false;
	return isolation_may_fall(of(t), t);
}

static void on_noted(struct target *t, const char *what)
{
	const struct prober_calls *c = of(t)->calls;

	if (c->noted)
		c->noted(c->arg, t, what);
}

static void on_message(struct target *t, const char *what, const void *octets,
		       size_t len)
{
	const struct prober_calls *c = of(t)->calls;

	if (c->message)
		c->message(c->arg, t, what, octets, len);
}

static void on_answered(struct target *t, uint64_t round_trip_us)
{
	count_round_trip(of(t)->cells, t->transport, round_trip_us);
}

const struct target_calls prober_target_calls = {
	.woke = on_woke,
	.changed = on_changed,
	.doubted = on_doubted,
	.asked = on_asked,
	.doubt_began = turns_doubt_began,
	.turn_every_ms = turns_every_ms,
	.doubt_count = turns_doubt_count,
	.down_every_ms = turns_down_ms,
	.rising = turns_rising,
	.fell_silent = turns_fell_silent,
	.turn_at = turns_at,
	.address_alive_at = turns_alive_at,
	.hurt = on_hurt,
	.may_send_extra = on_may_send_extra,
	.free_at = turns_free_at,
	.may_fall = on_may_fall,
	.noted = on_noted,
	.message = on_message,
	.answered = on_answered,
};

struct prober *prober_new(struct loop *l, const struct wire *wire,
			  const struct host_calls *host_calls,
			  const struct prober_calls *calls)
{
	struct prober *p = alloc(sizeof(*p));

	p->loop = l;
	p->wire = wire;
	p->host_calls = host_calls;
	p->calls = calls;
	p->awake_at = loop_now(l);
	p->wall_ahead_ms = wall_ahead_ms(p);
	p->heartbeat_ms = BEAT_MAX_MS;
	timer_start(l, &p->heartbeat, p->heartbeat_ms, heartbeat, p);
	return p;
}

void prober_free(struct prober *p)
{
	if (!p)
		return;
	timer_stop(&p->publish);
	timer_stop(&p->heartbeat);
	for (size_t i = 0; i < p->slot_count; i++)
		pbx_free(p->pbxs[i]);
	free(p->pbxs);
	isolation_fini(p);
	board_unref(p->board);
	plan_free(p->plan);
	kept_free(p->kept);
	free(p->dirty.slots);
	free(p->unkept.slots);
	kept_rows_fini(&p->dropped);
	free(p);
}

struct fresh {
	struct switch_record *records;
	size_t count, cap;
	bool changed;
};

/* Returns whether the state to save has changed: doubts and TTL phases do not matter.
 */
static bool is_durable(const struct board_row *was, const struct board_row *is)
{
	if (!was || was->layout != is->layout ||
	    was->force_since_ms != is->force_since_ms || was->force != is->force ||
	    was->force_until_ms != is->force_until_ms ||
	    was->held_by_hand != is->held_by_hand)
		return true;
	for (size_t i = 0; i < is->target_count; i++) {
		const struct board_target *a = &was->targets[i], *b = &is->targets[i];

		if (a->alive != b->alive || a->decided != b->decided ||
		    a->held != b->held || a->draining != b->draining ||
		    a->certificate_fault != b->certificate_fault ||
		    a->fell != b->fell || a->rose != b->rose)
			return true;
	}
	return false;
}

static void renew_row(struct prober *p, struct pbx *x, struct fresh *f)
{
	struct switch_record found[PBX_RECORDS_MAX];
	struct board_row *row = pbx_make_row(x, false);
	size_t count = 0;

	x->dirty = false;
	if (row && x->row)
		count = pbx_compare(x, x->row, row, found);
	x->author[0] = 0;
	if (!row)
		return;
	for (size_t i = 0; i < count; i++) {
		found[i].seq = ++p->switch_seq;
		found[i].generation = p->generation + 1;
		if (found[i].kind == SWITCH_FROZEN || found[i].kind == SWITCH_THAWED)
			continue;
		x->switched_until_at = loop_now(p->loop) + SWITCHED_MS;
		row->switched = true;
	}
	if (f->count + count > f->cap) {
		f->cap = 2 * (f->count + count) + HISTORY_MIN;
		f->records = alloc_resize(f->records, f->cap, sizeof(*f->records));
	}
	if (count)
		memcpy(f->records + f->count, found, count * sizeof(*found));
	f->count += count;
	if (count || is_durable(x->row, row))
		mark_unkept(p, x);
	f->changed = true;
	row->generation = p->generation + 1;
	row_unref(x->row);
	x->row = row;
	pbx_plan_wake(x);
}

static struct board *make_board(struct prober *p)
{
	struct board *b = board_new(p->generation, prober_wall_ms(p), p->slot_count);

	for (size_t i = 0; i < p->slot_count; i++)
		if (p->pbxs[i] && p->pbxs[i]->row)
			b->rows[i] = row_ref(p->pbxs[i]->row);
	return b;
}

static void publish(void *arg)
{
	struct prober *p = arg;
	struct slot_list dirty = list_take(&p->dirty);
	struct fresh f = { 0 };

	for (size_t i = 0; i < dirty.count; i++)
		if (pbx_at(p, dirty.slots[i])) /* else it left meanwhile */
			renew_row(p, p->pbxs[dirty.slots[i]], &f);
	free(dirty.slots);
	if (f.changed || p->left || !p->board) {
		p->generation++;
		p->left = false;
		board_unref(p->board);
		p->board = make_board(p);
		p->calls->publish(p->calls->arg, board_ref(p->board), f.records,
				  f.count);
	}
	free(f.records);
}

static void publish_now(struct prober *p)
{
	timer_stop(&p->publish);
	publish(p);
}

void prober_keep(struct prober *p, struct kept *kept)
{
	kept_free(p->kept);
	p->kept = kept;
	p->generation = kept->generation;
	p->order = kept->order;
	p->switch_seq = kept->switch_seq;
}

/* Beats twice in the shortest pace, so that a late turn is noticed. */
static void hasten_beat(struct prober *p, const struct pbx *x)
{
	for (size_t k = 0; k < x->target_count; k++)
		if (x->targets[k]->probe.pace_ms / 2 < p->heartbeat_ms)
			p->heartbeat_ms = x->targets[k]->probe.pace_ms / 2;
	if (p->heartbeat_ms < BEAT_MIN_MS)
		p->heartbeat_ms = BEAT_MIN_MS;
}

static void set_heartbeat(struct prober *p)
{
	p->heartbeat_ms = BEAT_MAX_MS;
	for (size_t i = 0; i < p->slot_count; i++)
		if (p->pbxs[i])
			hasten_beat(p, p->pbxs[i]);
	timer_start(p->loop, &p->heartbeat, p->heartbeat_ms, heartbeat, p);
}

static size_t lookup(void *arg, const char *name, struct addr *out, size_t max)
{
	const struct prober *p = arg;

	return p->host_calls->addresses
		       ? p->host_calls->addresses(p->host_calls->arg, name, out, max)
		       : 0;
}

static void judge_layout(const struct plan_pbx *plan, const struct pbx_layout *l)
{
	if (l->dropped_count)
		log_event(&health_events[EVENT_LAYOUT],
			  "pbx=%s endpoints=%d addresses=%d dropped=%zu",
			  plan->conf.name, ROW_ENDPOINTS_MAX, ROW_ADDRESSES_MAX,
			  l->dropped_count);
}

static void load_pbx(struct prober *p, struct pbx **places, const struct plan_pbx *plan)
{
	struct pbx *x = places[plan->slot];
	struct kept_pbx *kept = kept_find(p->kept, plan->conf.name);
	struct pbx_layout l;

	if (kept)
		kept->wanted = true;
	layout_init(&l, &plan->conf, lookup, p);
	judge_layout(plan, &l);
	if (!x) {
		x = places[plan->slot] = pbx_new(p, plan);
		if (kept)
			pbx_restore(x, kept);
	}
	pbx_lay_out(x, plan, &l, kept);
}

/* What was kept before and is nobody's now; before the rows of this configuration. */
static void drop_kept(struct prober *p)
{
	for (size_t i = 0; p->kept && i < p->kept->stray_count; i++)
		kept_rows_drop(&p->dropped, p->kept->strays[i]);
	for (size_t i = 0; p->kept && i < p->kept->pbx_count; i++)
		if (!p->kept->pbxs[i].wanted)
			kept_rows_drop_pbx(&p->dropped, p->kept->pbxs[i].name);
	kept_free(p->kept);
	p->kept = NULL;
}

static void drop_pbx(struct prober *p, struct pbx *x)
{
	if (!x)
		return;
	p->left = true;
	kept_rows_drop_pbx(&p->dropped, x->plan->conf.name);
	pbx_free(x);
}

void prober_load(struct prober *p, struct plan *plan)
{
	struct pbx **places = alloc_array(plan->slot_end, sizeof(struct pbx *));
	struct plan *was = p->plan;
	size_t count = plan->slot_end;

	for (size_t i = 0; i < plan->pbx_count; i++) {
		uint32_t slot = plan->pbxs[i].slot;

		if (slot < p->slot_count) {
			places[slot] = p->pbxs[slot];
			p->pbxs[slot] = NULL;
		}
	}
	for (size_t i = 0; i < p->slot_count; i++)
		drop_pbx(p, p->pbxs[i]);
	free(p->pbxs);
	p->pbxs = places;
	p->slot_count = count;
	p->plan = plan;
	for (size_t i = 0; i < plan->pbx_count; i++)
		load_pbx(p, places, &plan->pbxs[i]);
	plan_free(was);
	drop_kept(p);
	set_heartbeat(p);
	publish_now(p);
}

static void relay_pbx(struct prober *p, const struct plan_pbx *plan)
{
	struct pbx *x = p->pbxs[plan->slot];
	uint32_t was_ms = p->heartbeat_ms;
	struct pbx_layout l;

	layout_init(&l, &plan->conf, lookup, p);
	if (l.id == x->layout.id) {
		layout_fini(&l);
		return;
	}
	pbx_lay_out(x, plan, &l, NULL);
	hasten_beat(p, x);
	if (p->heartbeat_ms != was_ms)
		timer_start(p->loop, &p->heartbeat, p->heartbeat_ms, heartbeat, p);
}

void prober_relay(struct prober *p, const char *name)
{
	size_t at = p->plan ? plan_hosts_find(p->plan, name) : 0;

	for (; p->plan && at < p->plan->host_count &&
	       strcmp(p->plan->hosts[at].name, name) == 0;
	     at++)
		relay_pbx(p, &p->plan->pbxs[p->plan->hosts[at].pbx]);
}

int prober_order(struct prober *p, const struct health_order *o)
{
	int err;

	if (o->slot >= p->slot_count || !p->pbxs[o->slot])
		return ERR_NOT_FOUND;
	err = pbx_order(p->pbxs[o->slot], o);
	mark_unkept(p, p->pbxs[o->slot]);
	publish_now(p);
	return err;
}

void prober_carrier(struct prober *p, uint32_t interface, bool carrier)
{
	for (size_t i = 0; i < p->slot_count; i++)
		for (size_t k = 0; p->pbxs[i] && k < p->pbxs[i]->target_count; k++) {
			struct target *t = p->pbxs[i]->targets[k];

			if (t->own_host || t->interface != interface)
				continue;
			target_carrier(t, carrier);
			pbx_target_changed(p->pbxs[i], t);
		}
}

struct board *prober_snapshot(const struct prober *p)
{
	return board_new(p->generation, prober_wall_ms(p), p->slot_count);
}

void prober_snapshot_rows(struct prober *p, struct board *b, size_t from, size_t to)
{
	for (size_t i = from; i < to && i < b->row_count; i++)
		if (pbx_at(p, (uint32_t)i))
			b->rows[i] = pbx_make_row(p->pbxs[i], true);
}

static void keep_pbx(struct pbx *x, struct kept_rows *out)
{
	struct kept_pbx kept;

	pbx_keep(x, &kept);
	kept_rows_put_pbx(out, &kept);
	kept_pbx_fini(&kept);
	x->unkept = false;
}

void prober_keep_rows(struct prober *p, struct kept_rows *out)
{
	struct slot_list unkept = list_take(&p->unkept);

	kept_rows_move(out, &p->dropped);
	if (unkept.count)
		kept_rows_put_head(out, p->generation, p->order, p->switch_seq);
	for (size_t i = 0; i < unkept.count; i++)
		if (pbx_at(p, unkept.slots[i]))
			keep_pbx(p->pbxs[unkept.slots[i]], out);
	free(unkept.slots);
}
