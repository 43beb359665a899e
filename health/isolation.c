/* Whether a silence is theirs or ours: our link, the path, or the pbx
 * (doc/design.md, Evidence). */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "health/prober.h"
#include "health/turns.h"

enum {
	ASK_MS = 100,      /* at most one request to one ping in this time */
	ASKED_TARGETS = 3, /* others that are asked in a doubt */
	LEARN_MS = 5000,   /* between requests while all is well */
	ANSWER_MS = 150,   /* is given to one who was asked only now */
	MUTE_COUNT = 3, /* unanswered ones, while all is well, that make a hop mute */
};

static uint64_t now_of(const struct prober *p)
{
	return loop_now(p->loop);
}

/* Evidence counts only if it was requested after this time. */
static uint64_t fresh_at(const struct prober *p, const struct target *t)
{
	uint64_t half = now_of(p) - t->probe.silence_ms / 2;
	uint64_t doubted_at = turns_doubted_at(t);

	return half > doubted_at ? half : doubted_at;
}

static struct hop *hop_of(struct prober *p, const struct target *t)
{
	struct hop *h;

	if (!t->next_hop.family)
		return NULL;
	for (h = p->hops; h; h = h->next)
		if (h->interface == t->interface &&
		    addr_equal(&h->ping.to, &t->next_hop))
			return h;
	h = alloc(sizeof(*h));
	h->ping.to = t->next_hop;
	h->interface = t->interface;
	h->next = p->hops;
	p->hops = h;
	return h;
}

static void hop_free(struct prober *p, struct hop *h)
{
	if (h->ping.own)
		p->host_calls->forget(p->host_calls->arg, &h->ping);
	free(h);
}

void isolation_fini(struct prober *p)
{
	while (p->hops) {
		struct hop *h = p->hops;

		p->hops = h->next;
		hop_free(p, h);
	}
}

bool isolation_route(struct prober *p, struct target *t)
{
	struct route r;

	if (p->host_calls->route(p->host_calls->arg, &t->to, &r))
		return false; /* what was known last stays: it may be the route that is
				 lost */
	t->own_host = r.own_host;
	t->on_link = r.on_link;
	t->interface = r.interface;
	t->next_hop = r.next_hop;
	if (!t->own_host)
		(void)hop_of(p, t); /* it is learned from now on whether it answers */
	return true;
}

static void ask(struct prober *p, struct ping *e, uint32_t every_ms)
{
	if (!e->to.family || (e->sent_at && now_of(p) - e->sent_at < every_ms))
		return;
	e->sent_at = now_of(p);
	if (!e->unanswered_at || e->answered_sent_at >= e->unanswered_at)
		e->unanswered_at = e->sent_at;
	p->host_calls->ping(p->host_calls->arg, e);
}

/* Returns whether it was first pinged so recently that its answer may still arrive. */
static bool is_awaited(const struct prober *p, const struct ping *e)
{
	return e->unanswered_at && e->answered_sent_at < e->unanswered_at &&
	       now_of(p) - e->unanswered_at < ANSWER_MS;
}

/* Returns whether another endpoint outside our host has answered since. */
static bool others_live(const struct prober *p, const struct target *t)
{
	for (size_t i = 0; i < p->slot_count; i++)
		for (size_t k = 0; p->pbxs[i] && k < p->pbxs[i]->target_count; k++) {
			const struct target *o = p->pbxs[i]->targets[k];

			if (o != t && !o->own_host && o->answered_sent_at &&
			    o->answered_sent_at >= fresh_at(p, t))
				return true;
		}
	return false;
}

/* Returns whether another pbx outside our host counts as up: its silence started at the
 * same time. */
static bool others_fell_silent(const struct prober *p, const struct target *t)
{
	for (size_t i = 0; i < p->slot_count; i++)
		for (size_t k = 0; p->pbxs[i] && k < p->pbxs[i]->target_count; k++) {
			const struct target *o = p->pbxs[i]->targets[k];

			if (o->owner != t->owner && !o->own_host &&
			    o->answered_sent_at && target_is_alive(o))
				return true;
		}
	return false;
}

/* Whether a neighbour is a PBX of ours that is down: its silence is its own. */
static bool is_given_up(const struct prober *p, const struct hop *h)
{
	for (size_t i = 0; i < p->slot_count; i++)
		for (size_t k = 0; p->pbxs[i] && k < p->pbxs[i]->target_count; k++) {
			const struct target *o = p->pbxs[i]->targets[k];

			if (o->liveness.state == LIVENESS_DOWN &&
			    addr_equal(&o->to, &h->ping.to))
				return true;
		}
	return false;
}

/*
 * Returns whether there is proof that our link works. A hop that does not answer even
 * when all is well, or is a PBX that is down, gives no proof: then a silence shared by
 * another pbx is caused by our link, and the silence of one pbx alone by that pbx. What
 * the kernel confirms always counts.
 */
static bool next_hop_lives(struct prober *p, struct target *t)
{
	const struct hop *h;

	if (!isolation_route(p, t))
		return false; /* our own host does not even know a way */
	h = hop_of(p, t);
	if (!h) /* there is no proof either way: then a silent pbx must be down, or none
		 * would ever be
		 */
		return true;
	if (h->ping.answered_sent_at && h->ping.answered_sent_at >= fresh_at(p, t))
		return true;
	if (p->host_calls->confirmed_ms(p->host_calls->arg, h->interface,
					&h->ping.to) <= now_of(p) - fresh_at(p, t))
		return true;
	return (h->ping.mute_count >= MUTE_COUNT || is_given_up(p, h)) &&
	       !others_fell_silent(p, t);
}

static enum freeze judge(struct prober *p, struct target *t)
{
	const struct pbx *x = t->owner;
	const struct ping *w = &x->witness;

	if (t->answered_sent_at && t->answered_sent_at >= fresh_at(p, t))
		return FREEZE_NONE; /* it is not silent: its answers prove no life */
	if (w->answers && w->answered_sent_at >= fresh_at(p, t))
		return FREEZE_NONE; /* the path to it works */
	if (!others_live(p, t) && !next_hop_lives(p, t))
		return FREEZE_LINK;
	if (w->answers && w->mute_count < MUTE_COUNT && !x->plan->conf.witness_switch)
		return FREEZE_PATH;
	return FREEZE_NONE;
}

/* Returns whether to wait for a hop that has just become known. */
static bool may_still_speak(struct prober *p, struct target *t)
{
	struct hop *h = hop_of(p, t);

	if (!h)
		return false;
	ask(p, &h->ping, ASK_MS);
	return is_awaited(p, &h->ping);
}

/* Whether the way leads over another interface now than over the one without carrier.
 */
static bool left_interface(struct prober *p, struct target *t)
{
	uint32_t was = t->interface;

	return isolation_route(p, t) && t->interface != was;
}

bool isolation_may_fall(struct prober *p, struct target *t)
{
	enum freeze was = t->withheld;
	enum freeze is;

	if (t->own_host)
		return true;
	if (t->no_carrier && !left_interface(p, t))
		return false;
	t->no_carrier = false;
	is = judge(p, t);
	if (is == FREEZE_LINK && was == FREEZE_NONE && may_still_speak(p, t))
		return false;
	t->withheld = is;
	pbx_target_changed(t->owner, t);
	/* What could not be received proves nothing: the window starts when it can be.
	 */
	if (t->withheld == FREEZE_NONE && was != FREEZE_NONE)
		target_void(t);
	return t->withheld == FREEZE_NONE && was == FREEZE_NONE;
}

/* Some others are probed at once, never all: a doubt must not cause a storm. */
static void ask_others(struct prober *p, const struct target *t)
{
	uint32_t asked = 0;

	for (size_t i = 0; i < p->slot_count && asked < ASKED_TARGETS; i++) {
		struct pbx *x = p->pbxs[p->asked_count++ % p->slot_count];

		if (!x || x == t->owner || !x->target_count)
			continue;
		if (x->targets[0]->own_host || !target_is_alive(x->targets[0]) ||
		    now_of(p) - x->targets[0]->sent_at < ASK_MS)
			continue;
		target_hurry(x->targets[0], 0);
		asked++;
	}
}

void isolation_ask(struct prober *p, struct target *t)
{
	struct pbx *x = t->owner;
	struct hop *h;

	if (t->own_host)
		return;
	if (!t->next_hop.family)
		(void)isolation_route(p, t); /* a neighbour may be known by now */
	h = hop_of(p, t);
	if (h)
		ask(p, &h->ping, ASK_MS);
	ask(p, &x->witness, ASK_MS);
	ask_others(p, t);
}

static bool is_behind(const struct hop *h, const struct target *t)
{
	return !t->own_host && t->interface == h->interface &&
	       addr_equal(&t->next_hop, &h->ping.to);
}

/* Pings now and then; `well`: some pbx behind it has answered since the last time. */
static void learn(struct prober *p, struct ping *e, bool well)
{
	if (e->answered_sent_at && e->answered_sent_at >= e->learned_at)
		e->mute_count = 0;
	else if (e->learned_at && well && e->mute_count < MUTE_COUNT)
		e->mute_count++;
	e->learned_at = now_of(p);
	ask(p, e, 0);
}

static bool is_learned(const struct prober *p, const struct ping *e)
{
	return e->learned_at && now_of(p) - e->learned_at < LEARN_MS;
}

/* Returns whether any target is still reached over it. */
static bool learn_hop(struct prober *p, struct hop *h)
{
	bool used = false;
	bool well = false;

	for (size_t i = 0; i < p->slot_count; i++)
		for (size_t k = 0; p->pbxs[i] && k < p->pbxs[i]->target_count; k++) {
			const struct target *t = p->pbxs[i]->targets[k];

			if (!is_behind(h, t))
				continue;
			used = true;
			well |= t->answered_sent_at > h->ping.learned_at;
		}
	learn(p, &h->ping, well);
	return used;
}

static void learn_witness(struct prober *p, struct pbx *x)
{
	bool well = false;

	for (size_t k = 0; k < x->target_count; k++)
		well |= x->targets[k]->answered_sent_at > x->witness.learned_at;
	learn(p, &x->witness, well);
}

void isolation_learn(struct prober *p)
{
	for (struct hop **at = &p->hops; *at;) {
		struct hop *h = *at;

		if (is_learned(p, &h->ping) || learn_hop(p, h)) {
			at = &h->next;
			continue;
		}
		*at = h->next;
		hop_free(p, h);
	}
	for (size_t i = 0; i < p->slot_count; i++)
		if (p->pbxs[i] && p->pbxs[i]->witness.to.family &&
		    !is_learned(p, &p->pbxs[i]->witness))
			learn_witness(p, p->pbxs[i]);
}
