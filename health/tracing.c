/* `probe PBX --trace`: what the probes of one pbx see, for a while. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "health/health_body.h"
#include "net/loop.h"

enum { NOTES_MAX = 1000, MESSAGES_MAX_LEN = 256 * 1024 };

struct tracing {
	struct health *health;
	uint32_t slot;
	uint32_t for_ms;
	uint64_t since_at;
	struct timer end;
	struct trace_note *notes;
	size_t count;
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

	t->fn(t->arg, t->notes, t->count, t->board);
	tracing_drop(t);
}

static void mark(struct health *h, uint32_t slot, bool traced)
{
	struct pbx *x = slot < h->prober->slot_count ? h->prober->pbxs[slot] : NULL;

	for (size_t i = 0; x && i < x->target_count; i++) {
		x->targets[i]->traced = traced;
		if (traced)
			target_hurry(x->targets[i], 20 * i);
	}
}

static void end(void *arg)
{
	struct tracing *t = arg;
	struct health *h = t->health;
	struct tracing **at = &h->tracings;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	mark(h, t->slot, false);
	for (const struct tracing *o = h->tracings; o; o = o->next)
		if (o->slot == t->slot)
			mark(h, t->slot, true);
	t->board = prober_snapshot(h->prober);
	prober_snapshot_rows(h->prober, t->board, t->slot, t->slot + 1u);
	loop_post(h->main_loop, show, t);
}

static void begin(void *arg)
{
	struct tracing *t = arg;
	struct health *h = t->health;

	t->since_at = loop_now(h->prober_loop);
	t->next = h->tracings;
	h->tracings = t;
	timer_start(h->prober_loop, &t->end, t->for_ms, end, t);
	mark(h, t->slot, true);
}

void health_trace_pbx(struct health *h, uint32_t slot, uint32_t for_ms,
		      health_trace_fn *fn, void *arg)
{
	struct tracing *t = alloc(sizeof(*t));

	t->health = h;
	t->slot = slot;
	t->for_ms = for_ms;
	t->fn = fn;
	t->arg = arg;
	t->notes = alloc_array(NOTES_MAX, sizeof(*t->notes));
	loop_post(h->prober_loop, begin, t);
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
		struct trace_note *n = &t->notes[t->count];
		char address[ADDR_TEXT_LEN];

		if (t->slot != x->slot || t->count == NOTES_MAX)
			continue;
		t->count++;
		n->at_ms = (uint32_t)(loop_now(h->prober_loop) - t->since_at);
		snprintf(n->endpoint, sizeof(n->endpoint), "%s %s",
			 transport_name(target->transport),
			 addr_format_port(&target->to, address));
		n->message = copy_message(t, octets, len);
		snprintf(n->what, sizeof(n->what), "%s%s", what,
			 octets && !n->message ? " (too much to show)" : "");
	}
}
