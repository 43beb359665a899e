#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "tests/health/sim_body.h"

enum { OPEN_MS = 1000, RETRANSMIT_MS = 200 };

/* splitmix64: the same seed, the same run. */
static uint64_t draw(struct sim *s)
{
	uint64_t z = s->seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static double draw_share(struct sim *s)
{
	return (double)(draw(s) >> 11) / 9007199254740992.0;
}

static double draw_span(struct sim *s, double mean)
{
	return -mean * log(1.0 - draw_share(s));
}

bool sim_lost(struct sim *s, struct sim_host *h)
{
	double now = (double)loop_now(s->loop);

	if (h->mode == SIM_SILENT)
		return true;
	while (h->loss.burst_ms > 0 && h->until_ms <= now) {
		h->in_burst = !h->in_burst;
		h->until_ms += draw_span(s, h->in_burst ? h->loss.burst_ms
							: h->loss.apart_ms);
	}
	return draw_share(s) < (h->in_burst ? h->loss.in_burst : h->loss.alone);
}

uint8_t sim_number_of(const struct addr *a)
{
	return a->octets[addr_len(a) - 1];
}

struct sim_host *sim_host_of(struct sim *s, const struct addr *a)
{
	return &s->hosts[sim_number_of(a) % SIM_HOSTS];
}

void sim_event_free(struct sim_event *e)
{
	timer_stop(&e->timer);
	if (e->before)
		e->before->next = e->next;
	else
		e->sim->events = e->next;
	if (e->next)
		e->next->before = e->before;
	e->next = e->sim->spare;
	e->sim->spare = e;
}

static void repeat(struct sim *s, const struct sim_event *e);
static void read_by_process(struct sim *s, const struct sim_event *e);

static void happen(void *arg)
{
	struct sim_event e = *(struct sim_event *)arg;

	sim_event_free(arg);
	switch (e.kind) {
	case EVENT_REPEATED:
		repeat(e.sim, &e);
		break;
	case EVENT_READ:
		read_by_process(e.sim, &e);
		break;
	case EVENT_OPENED:
		if (e.flow->target->transport == TRANSPORT_TLS)
			target_certified(
				e.flow->target,
				sim_host_of(e.sim, &e.flow->target->to)->fault);
		target_opened(e.flow);
		break;
	case EVENT_CLOSED:
		target_closed(e.flow, e.reason, 0, err_text(e.reason));
		break;
	case EVENT_REFUSED:
		target_rejected(e.flow, e.branch, true, "ICMP port unreachable");
		break;
	case EVENT_ANSWERED:
		target_answered(e.flow, e.branch, e.status,
				sim_host_of(e.sim, &e.flow->target->to)->retry_after_s);
		break;
	case EVENT_ECHOED:
		e.ping->answered_sent_at = e.sent_at;
		e.ping->answers = true;
		ping_echoed(e.ping, e.sent_at);
		break;
	}
}

struct sim_event *sim_schedule(struct sim *s, enum event_kind kind,
			       struct probe_flow *f, uint64_t after_ms)
{
	struct sim_event *e = s->spare;

	if (e)
		s->spare = e->next;
	else
		e = alloc(sizeof(*e));
	*e = (struct sim_event){ .sim = s };
	e->kind = kind;
	e->flow = f;
	e->next = s->events;
	if (e->next)
		e->next->before = e;
	s->events = e;
	timer_start(s->loop, &e->timer, after_ms, happen, e);
	return e;
}

/* One that waits for another to happen. */
static struct sim_event *shelve(struct sim *s, enum event_kind kind,
				struct probe_flow *f, uint64_t branch)
{
	struct sim_event *e = sim_schedule(s, kind, f, 0);

	timer_stop(&e->timer);
	e->branch = branch;
	return e;
}

static void forget_flow(struct sim *s, const struct probe_flow *f)
{
	for (struct sim_event *e = s->events, *next; e; e = next) {
		next = e->next;
		if (e->flow == f)
			sim_event_free(e);
	}
}

static void plan_closed(struct sim *s, struct probe_flow *f, int reason,
			uint64_t after_ms)
{
	sim_schedule(s, EVENT_CLOSED, f, after_ms)->reason = reason;
}

static int wire_open(void *arg, struct probe_flow *f)
{
	struct sim *s = arg;
	const struct target *t = f->target;
	struct sim_host *h = sim_host_of(s, &t->to);

	if (s->no_descriptors) {
		errno = EMFILE;
		return ERR_SYSTEM;
	}
	if (t->transport == TRANSPORT_UDP)
		sim_schedule(s, EVENT_OPENED, f, 0);
	else if (sim_lost(s, h))
		plan_closed(s, f, ERR_TIMEOUT, OPEN_MS);
	else if (h->mode == SIM_REFUSES)
		plan_closed(s, f, ERR_REFUSED, h->rtt_ms);
	else if (h->mode == SIM_NO_TLS && t->transport == TRANSPORT_TLS)
		plan_closed(s, f, ERR_TLS, 2ul * h->rtt_ms);
	else
		sim_schedule(s, EVENT_OPENED, f, h->rtt_ms);
	return OK;
}

static void wire_close(void *arg, struct probe_flow *f)
{
	forget_flow(arg, f);
}

static uint16_t status_of(const struct sim_host *h, struct target *t)
{
	if (h->busy_one_in)
		return (++t->cseq % h->busy_one_in) ? 200 : 503;
	if (h->status)
		return h->status;
	return h->mode == SIM_DRAINS ? 503 : h->mode == SIM_FAILS ? 500 : 200;
}

/* Whether what is sent over a flow is only read, or goes to somebody who is gone. */
static bool is_mute(const struct sim *s, const struct sim_host *h,
		    const struct probe_flow *f)
{
	return f->opened_at <= h->muted_at ||
	       (h->mute_after_ms &&
		loop_now(s->loop) - f->opened_at >= h->mute_after_ms);
}

static void answer(struct sim *s, struct probe_flow *f, uint64_t branch)
{
	struct target *t = f->target;
	struct sim_host *h = sim_host_of(s, &t->to);
	uint64_t delay_ms = h->rtt_ms - h->rtt_ms / 2;
	struct sim_event *e;

	sim_rate_add(&h->worked, loop_now(s->loop));
	if (h->one_in && h->asked_count++ % h->one_in)
		return;
	if (h->slow_ms && h->asked_count++ % 2)
		delay_ms += h->slow_ms;
	e = sim_schedule(s, EVENT_ANSWERED, f, delay_ms);
	e->branch = branch;
	e->status = status_of(h, t);
}

static void read_by_process(struct sim *s, const struct sim_event *e)
{
	if (sim_host_of(s, &e->flow->target->to)->mode == SIM_STOPPED)
		shelve(s, EVENT_READ, e->flow, e->branch);
	else
		answer(s, e->flow, e->branch);
}

static void deliver(struct sim *s, struct probe_flow *f, uint64_t branch)
{
	sim_schedule(s, EVENT_READ, f, sim_host_of(s, &f->target->to)->rtt_ms / 2)
		->branch = branch;
}

/* The oldest that a stream holds back, behind one that was lost. */
static struct sim_event *held_back(struct sim *s, const struct probe_flow *f)
{
	struct sim_event *oldest = NULL;

	for (struct sim_event *e = s->events; e; e = e->next)
		if (e->flow == f && e->kind == EVENT_REPEATED)
			oldest = e;
	return oldest;
}

static void plan_repeat(struct sim *s, struct probe_flow *f, uint64_t branch,
			uint64_t rto_ms)
{
	struct sim_event *e = sim_schedule(s, EVENT_REPEATED, f, rto_ms);

	e->branch = branch;
	e->rto_ms = rto_ms;
}

/* A stream is in order: what was sent after what was lost comes when that has come. */
static void repeat(struct sim *s, const struct sim_event *e)
{
	struct sim_event *next;

	if (sim_lost(s, sim_host_of(s, &e->flow->target->to))) {
		plan_repeat(s, e->flow, e->branch, e->rto_ms * 2);
		return;
	}
	deliver(s, e->flow, e->branch);
	while ((next = held_back(s, e->flow))) {
		deliver(s, e->flow, next->branch);
		sim_event_free(next);
	}
}

static void send_in_order(struct sim *s, struct probe_flow *f, uint64_t branch)
{
	struct sim_host *h = sim_host_of(s, &f->target->to);

	if (held_back(s, f))
		shelve(s, EVENT_REPEATED, f, branch);
	else if (sim_lost(s, h))
		plan_repeat(s, f, branch, RETRANSMIT_MS + h->rtt_ms);
	else
		deliver(s, f, branch);
}

static int wire_send(void *arg, struct probe_flow *f, uint64_t branch)
{
	struct sim *s = arg;
	const struct target *t = f->target;
	struct sim_host *h = sim_host_of(s, &t->to);

	s->sent_count++;
	sim_rate_add(&h->asked, loop_now(s->loop));
	if (is_mute(s, h, f))
		return OK;
	if (t->transport != TRANSPORT_UDP)
		send_in_order(s, f, branch);
	else if (sim_lost(s, h))
		return OK;
	else if (h->mode != SIM_REFUSES)
		deliver(s, f, branch);
	else if (!h->no_icmp)
		sim_schedule(s, EVENT_REFUSED, f, h->rtt_ms)->branch = branch;
	return OK;
}

static void wire_keepalive(void *arg, struct probe_flow *f)
{
	(void)arg;
	(void)f;
}

static void wire_renew(void *arg, struct probe_flow *f)
{
	(void)arg;
	(void)f;
}

static void wire_judge(void *arg, struct target *t)
{
	(void)arg;
	(void)t;
}

static uint64_t wire_now_us(void *arg)
{
	const struct sim *s = arg;

	return loop_now(s->loop) * 1000;
}

static uint64_t wire_branch(void *arg)
{
	struct sim *s = arg;

	s->branch++;
	return s->branch;
}

const struct wire sim_wire = {
	.open = wire_open,
	.close = wire_close,
	.send = wire_send,
	.keepalive = wire_keepalive,
	.renew = wire_renew,
	.now_us = wire_now_us,
	.branch = wire_branch,
	.judge = wire_judge,
};

void sim_free_events(struct sim_event *e)
{
	while (e) {
		struct sim_event *next = e->next;

		timer_stop(&e->timer);
		free(e);
		e = next;
	}
}

/* What a change of mode does to a flow. */
static void strike(struct sim *s, struct probe_flow *f, enum sim_mode mode)
{
	bool is_stream = f->target->transport != TRANSPORT_UDP;

	if (mode == SIM_REFUSES || mode == SIM_SILENT || mode == SIM_NO_TLS)
		forget_flow(s, f);
	if ((mode == SIM_REFUSES || mode == SIM_NO_TLS) && is_stream)
		plan_closed(s, f, ERR_REFUSED, 0);
	if (mode == SIM_SILENT && f->state == FLOW_OPENING)
		plan_closed(s, f, ERR_TIMEOUT, OPEN_MS);
}

/* The process goes on, and reads what has waited, in the order of its arrival. */
static void go_on(struct sim *s, uint8_t host)
{
	struct sim_event *last = s->events, *before;

	while (last && last->next)
		last = last->next;
	for (struct sim_event *e = last; e; e = before) {
		before = e->before;
		if (e->kind == EVENT_READ && !timer_is_started(&e->timer) &&
		    sim_number_of(&e->flow->target->to) == host)
			timer_start(s->loop, &e->timer, 0, happen, e);
	}
}

void sim_mode(struct sim *s, uint8_t host, enum sim_mode mode)
{
	if (s->hosts[host].mode == SIM_STOPPED && mode != SIM_STOPPED)
		go_on(s, host);
	s->hosts[host].mode = mode;
	for (size_t i = 0; i < s->prober->slot_count; i++)
		for (size_t k = 0;
		     s->prober->pbxs[i] && k < s->prober->pbxs[i]->target_count; k++) {
			struct target *t = s->prober->pbxs[i]->targets[k];

			if (sim_number_of(&t->to) != host)
				continue;
			for (size_t f = 0; f < FLOWS; f++)
				if (t->flows[f].state != FLOW_CLOSED)
					strike(s, &t->flows[f], mode);
		}
}
