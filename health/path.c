#include "health/path.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "health/prober.h"

enum {
	ASK_MS = 40,
	HOSTS_MAX = 64,
	IN_A_ROW = 12,      /* lost one after another: the host is gone */
	LOSSY_PERCENT = 80, /* return at most, where the path is lossy */
	ECHO_MS = 20        /* is given to an echo beyond the usual round trip */
};

/* The endpoints at one address share the ping of the first one. */
static struct ping *ping_of(const struct target *t)
{
	const struct pbx *x = t->owner;

	for (size_t i = 0; i < x->target_count; i++)
		if (x->targets[i]->address == t->address)
			return &x->targets[i]->ping;
	return NULL;
}

static bool is_in_doubt(const struct target *t)
{
	const struct pbx *x = t->owner;

	for (size_t i = 0; i < x->target_count; i++)
		if (x->targets[i]->address == t->address &&
		    x->targets[i]->liveness.state == LIVENESS_DOUBTED)
			return true;
	return false;
}

static bool may_begin(struct prober *p, struct ping *e)
{
	if (e->echoes)
		return true;
	if (p->path_count == HOSTS_MAX)
		return false;
	p->path_count++;
	e->echoes = alloc(sizeof(*e->echoes));
	return true;
}

void path_ask(struct prober *p, struct target *t)
{
	uint64_t now = loop_now(p->loop);
	struct ping *e = ping_of(t);
	uint32_t at;

	if (!e || t->own_host || now - e->sent_at < ASK_MS || !may_begin(p, e))
		return;
	e->to = t->to;
	e->to.port = 0;
	e->sent_at = now;
	at = e->echoes->count++ % ECHOES_MAX;
	e->echoes->rows[at].sent_at = now;
	e->echoes->rows[at].answered = false;
	p->host_calls->ping(p->host_calls->arg, e);
}

void path_forget(struct prober *p, struct ping *e)
{
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
	struct ping *e = ping_of(t);

	if (e && !is_in_doubt(t))
		path_forget(p, e);
}

bool path_is_lossy(const struct prober *p, const struct target *t)
{
	uint64_t until = loop_now(p->loop) - rtt_shortest_us(&t->rtt) / 1000 * 3 / 2 -
			 ECHO_MS; /* what was sent later may still return */
	const struct ping *e = ping_of(t);
	const struct echoes *h = e ? e->echoes : NULL;
	uint32_t sent = 0, answered = 0, row = 0;

	for (uint32_t i = 1; h && i <= ECHOES_MAX && i <= h->count; i++) {
		uint32_t at = (h->count - i) % ECHOES_MAX;

		if (h->rows[at].sent_at < t->liveness.doubted_at)
			break;
		if (h->rows[at].sent_at > until && !h->rows[at].answered)
			continue;
		sent++;
		answered += h->rows[at].answered;
		row += answered == 0;
	}
	return answered && row < IN_A_ROW && answered * 100 <= sent * LOSSY_PERCENT;
}
