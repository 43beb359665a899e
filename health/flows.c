#include "health/flows.h"

#include "base/err.h"

enum { FRESH_MS = 5000 }; /* between fresh flows to one who stays silent */

struct probe_flow *flows_kept(struct target *t)
{
	return &t->flows[t->kept_flow];
}

struct probe_flow *flows_fresh(struct target *t)
{
	return &t->flows[!t->kept_flow];
}

int flow_open(struct target *t, struct probe_flow *f)
{
	int err;

	f->target = t;
	f->state = FLOW_OPENING;
	err = t->wire->open(t->wire->arg, f);
	if (err)
		f->state = FLOW_CLOSED;
	return err;
}

void flow_close(struct probe_flow *f)
{
	if (f->state != FLOW_CLOSED)
		f->target->wire->close(f->target->wire->arg, f);
	f->state = FLOW_CLOSED;
}

/* Whether a silence may be the flow's and not the PBX's. */
static bool is_long_silent(const struct target *t)
{
	uint64_t half_at = t->liveness.window_at + t->probe.silence_ms / 2;

	return t->liveness.state == LIVENESS_DOWN ||
	       (t->liveness.state == LIVENESS_DOUBTED && loop_now(t->loop) >= half_at);
}

bool flows_try_fresh(struct target *t)
{
	uint64_t now = loop_now(t->loop);
	struct probe_flow *f = flows_fresh(t);

	if (!is_long_silent(t) || t->left_out ||
	    (t->fresh_at && now - t->fresh_at < FRESH_MS) ||
	    !t->calls->may_send_extra(t))
		return false;
	flow_close(f);
	t->fresh_at = now;
	if (flow_open(t, f))
		return false;
	target_note(t, "a fresh flow is tried");
	return true;
}

struct probe_flow *flows_next(struct target *t)
{
	t->fresh_next = !t->fresh_next && flows_fresh(t)->state == FLOW_OPEN;
	return t->fresh_next ? flows_fresh(t) : flows_kept(t);
}

void flows_keep(struct target *t, const struct probe_flow *f)
{
	t->fresh_at = 0;
	t->fresh_next = false;
	if (f != flows_kept(t)) {
		t->kept_flow = !t->kept_flow;
		target_note(t, "the fresh flow is kept");
	}
	if (flows_fresh(t)->state == FLOW_CLOSED)
		return;
	flow_close(flows_fresh(t));
	/* What was sent over it cannot be answered any more. */
	probes_void(&t->probes, UINT64_MAX);
}
