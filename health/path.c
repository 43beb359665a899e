#include "health/path.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "health/address.h"
#include "health/prober.h"
#include "health/turns.h"

enum {
	DOUBT_MS = 40,
	GONE_MS = 500,
	HOSTS_MAX = 64,
	IN_A_ROW = 24,      /* lost one after another: the host is gone */
	LOSSY_PERCENT = 80, /* return at most, where the path is lossy */
	ECHO_MS = 20        /* is given to an echo beyond the usual round trip */
};

/*
 * The time between pings of an address: short while one of its endpoints is in doubt,
 * long while all are down and silent, to see its host come back; 0: it is not pinged.
 */
static uint64_t every_ms(const struct address *a)
{
	const struct pbx *x = a->owner;
	bool is_gone = true;

	for (size_t i = 0; i < x->target_count; i++) {
		const struct target *t = x->targets[i];

		if (t->shared != a)
			continue;
		if (t->liveness.state == LIVENESS_DOUBTED)
			return DOUBT_MS;
		is_gone &= t->liveness.state == LIVENESS_DOWN &&
			   t->verdict != VERDICT_REFUSED;
	}
	return is_gone ? GONE_MS : 0;
}

/* Those that are gone leave room for those in doubt. */
static bool may_begin(struct prober *p, const struct address *a, struct ping *e)
{
	uint64_t ms = every_ms(a);

	if (e->echoes)
		return true;
	if (!ms || p->path_count >= (ms == GONE_MS ? HOSTS_MAX / 2 : HOSTS_MAX))
		return false;
	p->path_count++;
	e->echoes = alloc(sizeof(*e->echoes));
	return true;
}

static bool was_answered(const struct echoes *h, uint32_t back)
{
	return h->count >= back && h->rows[(h->count - back) % ECHOES_MAX].answered;
}

/* Its host answers again: its endpoints are probed at once. */
static void hurry(const struct address *a)
{
	for (size_t i = 0; i < a->owner->target_count; i++)
		if (a->owner->targets[i]->shared == a)
			target_hurry(a->owner->targets[i], 0);
}

static void ask(void *arg)
{
	struct address *a = arg;
	struct prober *p = a->owner->prober;
	struct ping *e = &a->ping;
	uint64_t ms = every_ms(a);
	uint32_t at = e->echoes->count % ECHOES_MAX;

	if (!ms) { /* a reload has removed who was in doubt */
		path_forget(p, a);
		return;
	}
	if (ms == GONE_MS && was_answered(e->echoes, 1) && !was_answered(e->echoes, 2))
		hurry(a);
	e->echoes->count++;
	e->to = a->to;
	e->sent_at = loop_now(p->loop);
	e->echoes->rows[at].sent_at = e->sent_at;
	e->echoes->rows[at].answered = false;
	p->host_calls->ping(p->host_calls->arg, e);
	timer_start(p->loop, &a->ping_timer, ms, ask, a);
}

void path_ask(struct prober *p, struct target *t)
{
	if (!t->own_host && !timer_is_started(&t->shared->ping_timer) &&
	    may_begin(p, t->shared, &t->shared->ping))
		ask(t->shared);
}

void path_forget(struct prober *p, struct address *a)
{
	struct ping *e = &a->ping;

	timer_stop(&a->ping_timer);
	if (!e->echoes)
		return;
	p->path_count--;
	if (e->own)
		p->host_calls->forget(p->host_calls->arg, e);
	free(e->echoes);
	*e = (struct ping){ 0 };
}

void path_settle(struct prober *p, struct target *t)
{
	uint64_t ms = every_ms(t->shared);

	if (!ms || (ms == GONE_MS && p->path_count > HOSTS_MAX / 2))
		path_forget(p, t->shared);
	else if (timer_is_started(
			 &t->shared->ping_timer)) /* it may be another time now */
		timer_start(p->loop, &t->shared->ping_timer, ms, ask, t->shared);
}

bool path_is_lossy(const struct prober *p, const struct target *t)
{
	uint64_t until = loop_now(p->loop) - rtt_shortest_us(&t->rtt) / 1000 * 3 / 2 -
			 ECHO_MS; /* what was sent later may still return */
	const struct echoes *h = t->shared->ping.echoes;
	uint32_t sent = 0, answered = 0, row = 0;

	for (uint32_t i = 1; h && i <= ECHOES_MAX && i <= h->count; i++) {
		uint32_t at = (h->count - i) % ECHOES_MAX;

		if (h->rows[at].sent_at < turns_doubted_at(t))
			break;
		if (h->rows[at].sent_at > until && !h->rows[at].answered)
			continue;
		sent++;
		answered += h->rows[at].answered;
		row += answered == 0;
	}
	return answered && row < IN_A_ROW && answered * 100 <= sent * LOSSY_PERCENT;
}
