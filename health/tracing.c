/* `probe PBX --trace`: what the probes of one pbx see, for a while. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "health/health_body.h"
#include "net/loop.h"

enum {
	NOTES_MAX = 1000,
	HURRY_MS = 3000, /* probes of one pbx are sent sooner at most so often */
	MESSAGES_MAX_LEN = 256 * 1024
};

struct tracing {
	struct health *health;
	uint32_t slot;
	uint32_t for_ms;
	uint64_t since_at;
	struct timer end;
	struct trace_note *notes;
	size_t count, cap;
	bool ended;          /* the prober thread's: not in its list any more */
	bool unwanted;       /* the main thread's: whoever asked has gone */
	size_t messages_len; /* octets of all of them */
	struct board *board;
	health_trace_fn *fn;
	void *arg;
	struct tracing *next;
};

static void tracing_drop(struct tracing *t)
{
	timer_stop(&t->end);
	board_unref(t->board);
	for (size_t i = 0; i < t->count; i++)
		free(t->notes[i].message);
	free(t->notes);
	free(t);
}

void tracing_free(struct health *h)
{
	while (h->tracings) {
		struct tracing *t = h->tracings;

		h->tracings = t->next;
		tracing_drop(t);
	}
}

static void show(void *arg)
{
	struct tracing *t = arg;

	if (t->unwanted)
		return; /* release() comes */
	t->fn(t->arg, t->notes, t->count, t->board);
	tracing_drop(t);
}

static struct pbx *traced_pbx(const struct tracing *t)
{
	const struct prober *p = t->health->prober;

	return t->slot < p->slot_count ? p->pbxs[t->slot] : NULL;
}

static void mark(const struct tracing *t, bool traced)
{
	struct pbx *x = traced_pbx(t);

	for (size_t i = 0; x && i < x->target_count; i++)
		x->targets[i]->traced = traced;
}

/* Those who ask again and again, or all at once, get what the first one's probes see:
 * the pace is the profile's and not theirs. */
static void hurry(const struct tracing *t)
{
	uint64_t now = loop_now(t->health->prober_loop);
	struct pbx *x = traced_pbx(t);

	if (x == NULL || (x->hurried_at && now - x->hurried_at < HURRY_MS))
		return;
	x->hurried_at = now;
	for (size_t i = 0; i < x->target_count; i++)
		target_hurry(x->targets[i], 20 * i);
}

static void unlist(struct tracing *t)
{
	struct health *h = t->health;
	struct tracing **at = &h->tracings;
	bool shared = false;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	t->ended = true;
	timer_stop(&t->end);
	for (const struct tracing *o = h->tracings; o; o = o->next)
		shared |= o->slot == t->slot;
	if (!shared)
		mark(t, false);
}

static void end(void *arg)
{
	struct tracing *t = arg;
	struct health *h = t->health;

	unlist(t);
	t->board = prober_snapshot(h->prober);
	prober_snapshot_rows(h->prober, t->board, t->slot, t->slot + 1u);
	loop_post(h->main_loop, show, t);
}

static void release(void *arg)
{
	tracing_drop(arg);
}

/* Also where it has ended, and show() is on its way before release(). */
static void cancel(void *arg)
{
	struct tracing *t = arg;

	if (!t->ended)
		unlist(t);
	loop_post(t->health->main_loop, release, t);
}

static void begin(void *arg)
{
	struct tracing *t = arg;
	struct health *h = t->health;

	t->since_at = loop_now(h->prober_loop);
	t->next = h->tracings;
	h->tracings = t;
	timer_start(h->prober_loop, &t->end, t->for_ms, end, t);
	mark(t, true);
	hurry(t);
}

void health_trace_cancel(struct tracing *t)
{
	t->unwanted = true;
	loop_post(t->health->prober_loop, cancel, t);
}

struct tracing *health_trace_pbx(struct health *h, uint32_t slot, uint32_t for_ms,
				 health_trace_fn *fn, void *arg)
{
	struct tracing *t = alloc(sizeof(*t));

	t->health = h;
	t->slot = slot;
	t->for_ms = for_ms;
	t->fn = fn;
	t->arg = arg;
	loop_post(h->prober_loop, begin, t);
	return t;
}

static struct trace_note *add_note(struct tracing *t)
{
	if (t->count == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 16;
		t->notes = alloc_resize(t->notes, t->cap, sizeof(*t->notes));
	}
	return &t->notes[t->count++];
}

static char *copy_message(struct tracing *t, const char *octets, size_t len)
{
	char *copy;

	if (!octets || len > MESSAGES_MAX_LEN - t->messages_len)
		return NULL;
	t->messages_len += len;
	copy = alloc_array(len + 1, 1);
	for (size_t i = 0; i < len; i++)
		copy[i] = (char)(octets[i] ? octets[i] : '?');
	return copy;
}

void tracing_note(struct health *h, const struct target *target, const char *what)
{
	tracing_message(h, target, what, NULL, 0);
}

void tracing_message(struct health *h, const struct target *target, const char *what,
		     const void *octets, size_t len)
{
	const struct pbx *x = target->owner;

	for (struct tracing *t = h->tracings; t; t = t->next) {
		struct trace_note *n;
		char address[ADDR_TEXT_LEN];

		if (t->slot != x->slot || t->count == NOTES_MAX)
			continue;
		n = add_note(t);
		n->at_ms = (uint32_t)(loop_now(h->prober_loop) - t->since_at);
		snprintf(n->endpoint, sizeof(n->endpoint), "%s %s",
			 transport_name(target->transport),
			 addr_format_port(&target->to, address));
		n->message = copy_message(t, octets, len);
		snprintf(n->what, sizeof(n->what), "%s%s", what,
			 octets && !n->message ? " (too much to show)" : "");
	}
}
