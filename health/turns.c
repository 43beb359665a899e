#include "health/turns.h"

#include "conf/pace.h"
#include "health/address.h"
#include "health/path.h"
#include "health/pbx.h"
#include "health/prober.h"

enum {
	SELDOM = 10, /* paces between the probes of one who is silent */
	LEFT = 2     /* probes of an allowance for who lives beside one in doubt */
};

static bool share_address(const struct target *a, const struct target *b)
{
	return a != b && a->shared == b->shared;
}

void turns_doubt_began(struct target *t)
{
	const struct pbx *x = t->owner;
	uint64_t after_ms = 0;

	for (size_t i = 0; i < x->target_count; i++) {
		struct target *o = x->targets[i];

		if (!share_address(o, t) || o->liveness.state != LIVENESS_STEADY)
			continue;
		target_hurry(o, after_ms);
		after_ms += t->probe.after_miss_ms;
	}
}

static uint32_t sharer_count(const struct target *t)
{
	const struct pbx *x = t->owner;
	uint32_t count = 1;

	for (size_t i = 0; i < x->target_count; i++)
		count += share_address(x->targets[i], t) &&
			 x->targets[i]->liveness.state == LIVENESS_STEADY;
	return count;
}

/* Whether one of them fell into doubt and this one has not answered since. */
static bool is_suspect(const struct target *t)
{
	const struct pbx *x = t->owner;

	for (size_t i = 0; i < x->target_count; i++)
		if (share_address(x->targets[i], t) &&
		    x->targets[i]->liveness.state == LIVENESS_DOUBTED &&
		    x->targets[i]->liveness.doubted_at >= t->liveness.alive_at)
			return true;
	return false;
}

uint32_t turns_every_ms(const struct target *t)
{
	uint32_t count = sharer_count(t);

	if (is_suspect(t))
		return t->probe.after_miss_ms * turns_doubt_count(t);
	return pace_every_ms(&t->probe, count) * count;
}

uint32_t turns_doubt_count(const struct target *t)
{
	const struct pbx *x = t->owner;
	uint32_t count = 1;

	if (pace_limit(&t->probe) == UINT32_MAX)
		return 1;
	for (size_t i = 0; i < x->target_count; i++)
		count += share_address(x->targets[i], t) &&
			 x->targets[i]->liveness.state == LIVENESS_DOUBTED;
	return count;
}

/* Whether another at its address is or was in doubt in the silence in which it is. */
static bool share_silence(const struct target *o, const struct target *t)
{
	return share_address(o, t) &&
	       (o->liveness.state == LIVENESS_DOUBTED ||
		o->liveness.state == LIVENESS_DOWN) &&
	       o->liveness.doubted_at > t->liveness.window_at;
}

uint64_t turns_doubted_at(const struct target *t)
{
	const struct pbx *x = t->owner;
	uint64_t at = t->liveness.doubted_at;

	for (size_t i = 0; i < x->target_count; i++)
		if (share_silence(x->targets[i], t) &&
		    x->targets[i]->liveness.doubted_at < at)
			at = x->targets[i]->liveness.doubted_at;
	return at;
}

/* What is refused, or has no connection to be sent over, waits nowhere. */
static bool is_asked_often(const struct target *t)
{
	return t->verdict == VERDICT_REFUSED || t->liveness.state == LIVENESS_RISING ||
	       t->flows[t->kept_flow].state != FLOW_OPEN;
}

uint32_t turns_down_ms(const struct target *t)
{
	const struct pbx *x = t->owner;
	bool often = is_asked_often(t);
	uint32_t count = 1;

	for (size_t i = 0; i < x->target_count; i++) {
		const struct target *o = x->targets[i];

		if (share_address(o, t) && !target_is_alive(o))
			count += !often || is_asked_often(o);
	}
	return t->probe.pace_ms * count * (often ? 1 : SELDOM);
}

void turns_rising(struct target *t)
{
	const struct pbx *x = t->owner;
	uint64_t after_ms = t->probe.pace_ms;

	target_hurry(t, after_ms);
	for (size_t i = 0; i < x->target_count; i++) {
		struct target *o = x->targets[i];

		if (share_address(o, t) && o->liveness.state == LIVENESS_DOWN)
			target_hurry(o, after_ms += t->probe.pace_ms);
	}
}

void turns_fell_silent(struct target *t)
{
	const struct pbx *x = t->owner;

	for (size_t i = 0; i < x->target_count; i++)
		if (share_address(x->targets[i], t) &&
		    t->shared->missed_count >= t->probe.lost_count)
			target_share_silence(x->targets[i]);
}

uint64_t turns_free_at(const struct target *t)
{
	const struct pbx *x = t->owner;
	struct claimant who = { .by = t,
				.lives = target_is_alive(t),
				.in_doubt = t->liveness.state == LIVENESS_DOUBTED,
				.every_ms = turns_every_ms(t) };

	who.leaves = who.in_doubt && sharer_count(t) > 1 ? LEFT : 0;
	who.is_lossy = who.in_doubt && (t->withheld || path_is_lossy(x->prober, t));
	return allowance_free_at(&t->shared->allowance, &t->probe, &who,
				 loop_now(t->loop));
}

uint64_t turns_at(const struct target *t)
{
	const struct pbx *x = t->owner;
	uint32_t apart_ms = turns_every_ms(t) / sharer_count(t);
	uint64_t at = 0;

	for (size_t i = 0; i < x->target_count; i++) {
		const struct target *o = x->targets[i];

		if (!share_address(o, t))
			continue;
		if (o->liveness.state == LIVENESS_DOUBTED)
			return 0;
		if (o->liveness.state == LIVENESS_STEADY && o->sent_at &&
		    o->sent_at + apart_ms > at)
			at = o->sent_at + apart_ms;
	}
	return at;
}

uint64_t turns_alive_at(const struct target *t)
{
	const struct pbx *x = t->owner;
	uint64_t at = t->liveness.alive_at;

	for (size_t i = 0; i < x->target_count; i++)
		if (share_address(x->targets[i], t) &&
		    x->targets[i]->liveness.alive_at > at)
			at = x->targets[i]->liveness.alive_at;
	return at;
}
