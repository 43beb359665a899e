#include "net/delay.h"

#include <assert.h>

void delay_init(struct delay *d, struct loop *l, uint32_t ms, delay_fn *fn)
{
	*d = (struct delay){ .loop = l, .ms = ms, .fn = fn };
	ring_init(&d->ring);
}

void delay_fini(struct delay *d)
{
	assert(d->count == 0);
	timer_stop(&d->timer);
}

static struct delayed *first(const struct delay *d)
{
	struct ring *r = ring_first(&d->ring);

	return r ? RING_OWNER(r, struct delayed, link) : NULL;
}

/* Ends those that are due, but none that starts meanwhile. */
static void on_timer(void *arg)
{
	struct delay *d = arg;
	struct delayed *entry = first(d);

	for (uint32_t left = d->count; left && entry && entry->at <= loop_now(d->loop);
	     left--) {
		delay_stop(entry);
		d->fn(entry);
		entry = first(d);
	}
	if (entry)
		timer_start_at(d->loop, &d->timer, entry->at, on_timer, d);
}

void delay_start(struct delay *d, struct delayed *entry)
{
	delay_stop(entry);
	entry->in = d;
	entry->at = loop_now(d->loop) + d->ms;
	ring_append(&d->ring, &entry->link);
	d->count++;
	if (!timer_is_started(&d->timer))
		timer_start_at(d->loop, &d->timer, entry->at, on_timer, d);
}

void delay_stop(struct delayed *entry)
{
	if (!entry->in)
		return;
	ring_remove(&entry->link);
	entry->in->count--;
	entry->in = NULL;
}
