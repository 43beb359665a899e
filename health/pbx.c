#include "health/pbx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "health/events.h"
#include "health/flows.h"
#include "health/path.h"
#include "health/prober.h"
#include "health/row.h"

static uint64_t now_of(const struct pbx *x)
{
	return loop_now(x->prober->loop);
}

static void wake(void *arg);

struct pbx *pbx_new(struct prober *p, const struct plan_pbx *plan)
{
	struct pbx *x = alloc(sizeof(*x));

	x->prober = p;
	x->slot = plan->slot;
	x->plan = plan;
	x->witness.to = plan->conf.witness;
	x->began_ms = prober_wall_ms(p);
	return x;
}

static void target_free(struct target *t)
{
	const struct pbx *x = t->owner;

	target_stop(t);
	path_forget(x->prober, &t->ping);
	free(t);
}

void pbx_free(struct pbx *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->target_count; i++)
		target_free(x->targets[i]);
	free(x->targets);
	timer_stop(&x->wake);
	if (x->witness.own)
		x->prober->host_calls->forget(x->prober->host_calls->arg, &x->witness);
	layout_fini(&x->layout);
	row_unref(x->row);
	free(x);
}

static uint32_t setting(uint32_t preset, uint32_t given, uint32_t given_bits,
			unsigned bit)
{
	return given_bits >> bit & 1 ? given : preset;
}

/* The profile's settings, with what the operator gave for this pbx. */
static struct conf_probe probe_of(const struct conf_pbx *c, bool near)
{
	const struct conf_probe *p = &conf_profiles[near ? PROFILE_LAN : PROFILE_WAN];
	const struct conf_probe *g = &c->probe;
	uint32_t set = c->probe_set;

	if (c->profile != PROFILE_AUTO)
		return *g;
	return (struct conf_probe){
		.pace_ms = setting(p->pace_ms, g->pace_ms, set, 0),
		.after_miss_ms = setting(p->after_miss_ms, g->after_miss_ms, set, 1),
		.timeout_ms = setting(p->timeout_ms, g->timeout_ms, set, 2),
		.silence_ms = setting(p->silence_ms, g->silence_ms, set, 3),
		.lost_count = setting(p->lost_count, g->lost_count, set, 4),
		.rise_count = setting(p->rise_count, g->rise_count, set, 5),
	};
}

static void target_settings(struct pbx *x, struct target *t)
{
	(void)isolation_route(x->prober, t); /* without one it is far, and silent */
	t->probe = probe_of(&x->plan->conf, t->own_host || t->on_link);
	t->dead_codes = x->plan->conf.dead_codes;
	t->dead_code_count = x->plan->conf.dead_code_count;
	t->hold_ms = x->plan->conf.hold_ms;
	t->server_name = plan_server_name(x->plan);
	if (flows_kept(t)->state != FLOW_CLOSED)
		x->prober->wire->judge(x->prober->wire->arg, t);
}

/* The first probes are spread over the pace by the golden ratio: even for any number.
 */
static uint64_t spread(struct prober *p, uint32_t pace_ms)
{
	return (uint64_t)(p->target_count++ * 2654435769u) * pace_ms >> 32;
}

static struct target *target_new(struct pbx *x, const struct pbx_layout *l, size_t e,
				 size_t a)
{
	struct target *t = alloc(sizeof(*t));

	t->loop = x->prober->loop;
	t->wire = x->prober->wire;
	t->owner = x;
	t->calls = &prober_target_calls;
	t->endpoint = (uint8_t)e;
	t->address = (uint8_t)a;
	t->transport = l->endpoints[e].transport;
	t->to = l->addresses[a];
	t->to.port = l->endpoints[e].port;
	return t;
}

static struct target *take_target(struct pbx *x, const struct pbx_layout *l, size_t e,
				  size_t a)
{
	for (size_t i = 0; i < x->target_count; i++) {
		struct target *t = x->targets[i];

		if (!t || t->transport != l->endpoints[e].transport ||
		    t->to.port != l->endpoints[e].port ||
		    !addr_equal(&t->to, &l->addresses[a]))
			continue;
		x->targets[i] = NULL;
		t->endpoint = (uint8_t)e;
		t->address = (uint8_t)a;
		return t;
	}
	return NULL;
}

static bool any_alive(struct target *const *targets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (targets[i] && target_is_alive(targets[i]))
			return true;
	return false;
}

/* The freeze of the pbx: the reason at one target, or a fault of our own for all. */
static void judge_freeze(struct pbx *x)
{
	enum freeze is = FREEZE_NONE;
	bool own_fault = x->target_count > 0;

	for (size_t i = 0; i < x->target_count; i++) {
		if (x->targets[i]->withheld > is)
			is = x->targets[i]->withheld;
		own_fault &= x->targets[i]->own_fault;
	}
	if (own_fault)
		is = FREEZE_OWN_FAULT;
	if (is == x->freeze)
		return;
	if (is == FREEZE_OWN_FAULT)
		log_event(&health_events[EVENT_OWN_FAULT], "pbx=%s cause=%s",
			  x->plan->conf.name, log_quote(x->targets[0]->loss));
	x->freeze = is;
	x->freeze_since_ms = prober_wall_ms(x->prober);
}

static void start_new(struct pbx *x, struct target **fresh, size_t count, bool was_up,
		      const struct kept_pbx *kept)
{
	bool up = any_alive(x->targets, x->target_count);
	bool stays = false;

	for (size_t i = 0; i < count; i++)
		stays |= fresh[i]->liveness.window_at != 0;
	for (size_t i = 0; i < count; i++) {
		struct target *t = fresh[i];
		uint64_t after;

		target_settings(x, t);
		if (t->liveness.window_at)
			continue;
		t->since_ms = prober_wall_ms(x->prober);
		/* A new address of a known pbx must be proven first; if all its
		 * addresses are new the pbx keeps its state. */
		if (x->row && (stays || !(up && was_up)))
			liveness_init_down(&t->liveness, now_of(x));
		else
			liveness_init(&t->liveness, now_of(x));
		if (kept)
			pbx_restore_target(x, t, kept);
		t->was_alive = target_is_alive(t);
		after = spread(x->prober, t->probe.pace_ms);
		target_start(t, after);
	}
}

void pbx_lay_out(struct pbx *x, const struct plan_pbx *plan, struct pbx_layout *l,
		 const struct kept_pbx *kept)
{
	struct target **fresh = alloc_array(l->endpoint_count * l->address_count,
					    sizeof(struct target *));
	bool was_up = any_alive(x->targets, x->target_count);
	size_t count = 0;

	x->plan = plan;
	if (!addr_equal(&x->witness.to, &plan->conf.witness)) {
		if (x->witness.own)
			x->prober->host_calls->forget(x->prober->host_calls->arg,
						      &x->witness);
		x->witness = (struct ping){ .to = plan->conf.witness };
	}
	for (size_t a = 0; a < l->address_count; a++)
		for (size_t e = 0; e < l->endpoint_count; e++) {
			struct target *t;

			if (!layout_pairs(l, e, a))
				continue;
			t = take_target(x, l, e, a);
			fresh[count++] = t ? t : target_new(x, l, e, a);
		}
	start_new(x, fresh, count, was_up, kept);
	for (size_t i = 0; i < x->target_count; i++)
		if (x->targets[i])
			target_free(x->targets[i]);
	free(x->targets);
	x->targets = fresh;
	x->target_count = count;
	layout_fini(&x->layout);
	x->layout = *l;
	*l = (struct pbx_layout){ 0 };
	judge_freeze(x);
	pbx_plan_wake(x);
	prober_dirty(x->prober, x);
}

/* Whether fail-back is allowed at this minute of the local day. */
static bool in_window(const struct pbx *x)
{
	const struct conf_pbx *c = &x->plan->conf;
	time_t now = (time_t)(prober_wall_ms(x->prober) / 1000);
	struct tm tm;
	int minute;

	if (c->window_from_min == c->window_to_min || !localtime_r(&now, &tm))
		return true;
	minute = tm.tm_hour * 60 + tm.tm_min;
	if (c->window_from_min < c->window_to_min)
		return minute >= c->window_from_min && minute < c->window_to_min;
	return minute >= c->window_from_min || minute < c->window_to_min;
}

/* Ends the holds that have passed. Returns when to look again, or UINT64_MAX. */
static uint64_t end_holds(struct pbx *x)
{
	const struct conf_pbx *c = &x->plan->conf;
	uint64_t again = UINT64_MAX;

	for (size_t i = 0; i < x->target_count; i++) {
		struct target *t = x->targets[i];
		uint64_t end = t->rose_at + c->hold_ms;

		if (!t->held || c->failback_manual)
			continue;
		if (end > now_of(x)) {
			again = end < again ? end : again;
		} else if (in_window(x)) {
			t->held = false;
			prober_dirty(x->prober, x);
		} else if (now_of(x) + 1000 < again) {
			again = now_of(x) + 1000;
		}
	}
	return again;
}

void pbx_plan_wake(struct pbx *x)
{
	uint64_t at = end_holds(x);

	if (x->force_until_at && x->force_until_at < at)
		at = x->force_until_at;
	if (x->switched_until_at && x->switched_until_at < at)
		at = x->switched_until_at;
	if (at == UINT64_MAX)
		timer_stop(&x->wake);
	else
		timer_start_at(x->prober->loop, &x->wake, at, wake, x);
}

static void release(struct pbx *x, const char *author)
{
	x->force = FORCE_NONE;
	x->force_until_at = 0;
	x->force_until_ms = 0;
	snprintf(x->author, sizeof(x->author), "%s", author);
}

static void wake(void *arg)
{
	struct pbx *x = arg;

	if (x->force_until_at && x->force_until_at <= now_of(x)) {
		release(x, "expiry");
		prober_dirty(x->prober, x);
	}
	if (x->switched_until_at && x->switched_until_at <= now_of(x)) {
		x->switched_until_at = 0;
		prober_dirty(x->prober, x);
	}
	pbx_plan_wake(x);
}

void pbx_wall_stepped(struct pbx *x)
{
	if (!x->force_until_at)
		return;
	x->force_until_ms = prober_wall_ms(x->prober) +
			    (int64_t)(x->force_until_at - now_of(x));
	prober_dirty(x->prober, x);
}

void pbx_target_changed(struct pbx *x, struct target *t)
{
	bool alive = target_is_alive(t);

	if (t->liveness.state != LIVENESS_DOUBTED && !t->no_carrier)
		t->withheld = FREEZE_NONE;
	if (t->was_alive && !alive) {
		t->fell = ++x->prober->order;
		t->held = false;
	} else if (!t->was_alive && alive) {
		const struct conf_pbx *c = &x->plan->conf;

		t->rose = ++x->prober->order;
		t->rose_at = now_of(x);
		t->held = t->fell &&
			  (c->hold_ms || c->failback_manual || !in_window(x));
	}
	if (t->was_alive != alive || t->was_draining != t->drain.draining ||
	    t->was_faulty != t->certificate_fault)
		t->since_ms = prober_wall_ms(x->prober);
	t->was_alive = alive;
	t->was_draining = t->drain.draining;
	t->was_faulty = t->certificate_fault;
	judge_freeze(x);
	pbx_plan_wake(x);
	prober_dirty(x->prober, x);
}

static int force(struct pbx *x, const struct health_order *o)
{
	if (o->force == FORCE_NONE || o->force >= FORCES)
		return ERR_INVALID;
	x->force = o->force;
	x->force_since_ms = prober_wall_ms(x->prober);
	x->force_until_at = o->for_s ? now_of(x) + (uint64_t)o->for_s * 1000 : 0;
	x->force_until_ms = o->for_s ? x->force_since_ms + (int64_t)o->for_s * 1000 : 0;
	if (o->force == FORCE_DOWN)
		x->prober->order++;
	for (size_t i = 0; o->force == FORCE_DOWN && i < x->target_count; i++)
		if (x->targets[i]->was_alive) /* for `last-known` it fell now */
			x->targets[i]->fell = x->prober->order;
	snprintf(x->force_author, sizeof(x->force_author), "%s", o->author);
	snprintf(x->force_reason, sizeof(x->force_reason), "%s", o->reason);
	return OK;
}

int pbx_order(struct pbx *x, const struct health_order *o)
{
	int err = OK;

	snprintf(x->author, sizeof(x->author), "%s", o->author);
	switch (o->order) {
	case ORDER_FORCE:
		err = force(x, o);
		break;
	case ORDER_RELEASE:
		release(x, o->author);
		break;
	case ORDER_FAILOVER:
		x->held_by_hand = true;
		break;
	case ORDER_FAILBACK:
		x->held_by_hand = false;
		for (size_t i = 0; i < x->target_count; i++)
			x->targets[i]->held = false;
		break;
	default:
		err = ERR_INVALID;
		break;
	}
	pbx_plan_wake(x);
	prober_dirty(x->prober, x);
	return err;
}
