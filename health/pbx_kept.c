/* A pbx before and after a restart. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "health/kept.h"
#include "health/pbx.h"
#include "health/prober.h"

/* What rose before we stopped may have fallen since: it is asked before it is chosen.
 */
enum { HOLD_LEAST_MS = 5000 };

void pbx_restore(struct pbx *x, const struct kept_pbx *kept)
{
	int64_t left_ms = kept->force_until_ms - prober_wall_ms(x->prober);

	x->force = kept->force;
	memcpy(x->force_author, kept->force_author, sizeof(x->force_author));
	memcpy(x->force_reason, kept->force_reason, sizeof(x->force_reason));
	x->force_since_ms = kept->force_since_ms;
	x->force_until_ms = kept->force_until_ms;
	if (kept->force_until_ms)
		x->force_until_at = loop_now(x->prober->loop) +
				    (left_ms > 1 ? (uint64_t)left_ms : 1);
	x->held_by_hand = kept->held_by_hand;
	x->kept_since_ms = kept->since_ms;
}

static const struct kept_target *find_kept(const struct kept_pbx *kept,
					   const struct target *t)
{
	for (size_t i = 0; i < kept->target_count; i++)
		if (kept->targets[i].transport == t->transport &&
		    addr_equal_port(&kept->targets[i].to, &t->to))
			return &kept->targets[i];
	return NULL;
}

/* A row is kept when something changes, not when we stop: a hold went on since. */
static uint32_t hold_left_ms(const struct pbx *x, const struct kept_pbx *kept,
			     const struct kept_target *k)
{
	uint32_t hold_ms = x->plan->conf.hold_ms;
	uint32_t left_ms = k->hold_left_ms < hold_ms ? k->hold_left_ms : hold_ms;
	uint32_t least_ms = left_ms < HOLD_LEAST_MS ? left_ms : HOLD_LEAST_MS;
	int64_t passed_ms = kept->kept_ms ? prober_wall_ms(x->prober) - kept->kept_ms
					  : 0;

	if (passed_ms <= 0) /* or the clock was set back */
		return left_ms;
	return passed_ms < left_ms - least_ms ? left_ms - (uint32_t)passed_ms
					      : least_ms;
}

void pbx_restore_target(const struct pbx *x, struct target *t,
			const struct kept_pbx *kept)
{
	const struct kept_target *k = find_kept(kept, t);
	uint64_t now = loop_now(x->prober->loop);

	if (!k)
		return;
	if (k->alive)
		liveness_init(&t->liveness, now);
	else
		liveness_init_down(&t->liveness, now);
	t->liveness.decided = k->decided;
	t->held = k->alive && k->held;
	/* May wrap: it is only added to again. */
	t->rose_at = now + hold_left_ms(x, kept, k) - x->plan->conf.hold_ms;
	t->was_draining = t->drain.draining = k->draining;
	t->drain.back_at = now + hold_left_ms(x, kept, k);
	t->was_faulty = t->certificate_fault = k->certificate_fault;
	t->fell = k->fell;
	t->rose = k->rose;
	t->since_ms = k->since_ms;
	memcpy(t->cause, k->cause, sizeof(t->cause));
}

static void keep_target(const struct pbx *x, const struct target *t,
			struct kept_target *k)
{
	uint64_t now = loop_now(x->prober->loop);
	uint64_t end = t->held ? t->rose_at + x->plan->conf.hold_ms : t->drain.back_at;

	*k = (struct kept_target){
		.transport = t->transport,
		.to = t->to,
		.alive = target_is_alive(t),
		.decided = t->liveness.decided,
		.held = t->held,
		.draining = t->drain.draining,
		.certificate_fault = t->certificate_fault,
		.hold_left_ms = (t->held || t->drain.draining) && end > now
					? (uint32_t)(end - now)
					: 0,
		.fell = t->fell,
		.rose = t->rose,
		.since_ms = t->since_ms,
	};
	snprintf(k->cause, sizeof(k->cause), "%s", target_cause(t));
}

void pbx_keep(const struct pbx *x, struct kept_pbx *out)
{
	*out = (struct kept_pbx){ .name = alloc_text(x->plan->conf.name) };
	out->force = x->force;
	memcpy(out->force_author, x->force_author, sizeof(out->force_author));
	memcpy(out->force_reason, x->force_reason, sizeof(out->force_reason));
	out->force_since_ms = x->force_since_ms;
	out->force_until_ms = x->force_until_ms;
	out->held_by_hand = x->held_by_hand;
	out->since_ms = x->row ? x->row->since_ms : 0;
	out->kept_ms = prober_wall_ms(x->prober);
	out->targets = alloc_array(x->target_count, sizeof(*out->targets));
	out->target_count = x->target_count;
	for (size_t i = 0; i < x->target_count; i++)
		keep_target(x, x->targets[i], &out->targets[i]);
}
