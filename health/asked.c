#include "health/asked.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "conf/pace.h"

enum {
	COUNTED_MS = PACE_COUNTED_MS,
	WAITS_MS = 6000,
	BEGIN_FREE = 3,
	STEP_MS = 10,
	ROWS_MIN = 16
};

uint32_t asked_limit(const struct conf_probe *p)
{
	return pace_limit(p);
}

static void add(struct asked *a, struct asked_row row)
{
	if (a->count == a->cap) {
		a->cap = a->cap ? 2 * a->cap : ROWS_MIN;
		a->rows = alloc_resize(a->rows, a->cap, sizeof(*a->rows));
	}
	a->rows[a->count++] = row;
}

void asked_begin(struct asked *a, const struct conf_probe *p, uint64_t now)
{
	uint32_t count = asked_limit(p);

	if (count == UINT32_MAX)
		return;
	/* They stop counting one after another, for twice as long as a unit. */
	for (uint32_t i = 1; i + BEGIN_FREE <= count; i++)
		add(a, (struct asked_row){ .sent_at = now - COUNTED_MS +
						      2 * COUNTED_MS * i / count,
					   .state = ASKED_REFUSED });
}

void asked_fini(struct asked *a)
{
	free(a->rows);
	*a = (struct asked){ 0 };
}

static bool waits(const struct asked *a, const struct asked_row *r)
{
	return r->state == ASKED_WAITS && r->sent_at >= a->heard_at;
}

uint32_t asked_unanswered(const struct asked *a, uint64_t until)
{
	uint32_t count = 0;

	for (size_t i = 0; i < a->count; i++)
		count += waits(a, &a->rows[i]) && a->rows[i].sent_at <= until;
	return count;
}

/*
 * The clock of a PBX stands still when it is silent: it runs until the first request
 * since its last answer should have been answered.
 */
static uint64_t runs_until(const struct asked *a, const struct conf_probe *p,
			   uint64_t now)
{
	uint64_t at = now;

	for (size_t i = 0; i < a->count; i++)
		if (waits(a, &a->rows[i]) && a->rows[i].sent_at + p->timeout_ms < at)
			at = a->rows[i].sent_at + p->timeout_ms;
	return at;
}

static uint64_t pbx_clock(const struct asked *a, const struct conf_probe *p,
			  uint64_t now)
{
	uint64_t until = runs_until(a, p, now);

	return a->pbx_clock_ms + (until > a->heard_at ? until - a->heard_at : 0);
}

/* When a row counts no longer, if the clock of the PBX runs on. */
static uint64_t counts_until(const struct asked_row *r, uint64_t now, uint64_t pbx_now)
{
	switch (r->state) {
	case ASKED_WAITS:
		return r->sent_at + WAITS_MS;
	case ASKED_READ:
		return now + r->read_at + COUNTED_MS - pbx_now;
	case ASKED_REFUSED:
		break;
	}
	return r->sent_at + COUNTED_MS;
}

static void forget_old(struct asked *a, const struct conf_probe *p, uint64_t now)
{
	uint64_t pbx_now = pbx_clock(a, p, now);
	size_t kept = 0;

	for (size_t i = 0; i < a->count; i++)
		if (counts_until(&a->rows[i], now, pbx_now) > now)
			a->rows[kept++] = a->rows[i];
	a->count = kept;
}

static bool may_decide(const struct asked *a, const struct conf_probe *p, unsigned how,
		       uint64_t now)
{
	uint32_t lately = 0;
	uint64_t last_at = 0;

	for (size_t i = 0; i < a->count; i++) {
		lately += a->rows[i].sent_at + COUNTED_MS > now;
		if (a->rows[i].sent_at > last_at)
			last_at = a->rows[i].sent_at;
	}
	if (lately >= asked_limit(p) || asked_unanswered(a, now) >= p->lost_count)
		return false;
	return how & ASKED_DOUBTED ||
	       (how & ASKED_LIVES && now - last_at >= p->pace_ms * 3 / 2);
}

uint64_t asked_free_at(struct asked *a, const struct conf_probe *p, unsigned how,
		       uint64_t now)
{
	bool lossy = how & ASKED_LOSSY;
	uint64_t at = now + p->pace_ms; /* an answer may come before */
	uint64_t pbx_now;
	uint32_t count = 0;
	bool runs;

	forget_old(a, p, now);
	pbx_now = lossy ? a->pbx_clock_ms + now - a->heard_at : pbx_clock(a, p, now);
	runs = lossy || runs_until(a, p, now) == now;
	for (size_t i = 0; i < a->count; i++) {
		uint64_t until = counts_until(&a->rows[i], now, pbx_now);

		if (lossy && a->rows[i].state == ASKED_WAITS)
			until = a->rows[i].sent_at + COUNTED_MS;
		if (until <= now)
			continue;
		count++;
		if ((runs || a->rows[i].state != ASKED_READ) && until < at)
			at = until;
	}
	if (count < asked_limit(p) || may_decide(a, p, how, now))
		return now;
	return at > now + STEP_MS ? at : now + STEP_MS;
}

void asked_sent(struct asked *a, const void *by, uint64_t branch, uint64_t now)
{
	add(a,
	    (struct asked_row){
		    .by = by, .branch = branch, .sent_at = now, .state = ASKED_WAITS });
}

static struct asked_row *find(struct asked *a, const void *by, uint64_t branch)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->rows[i].by == by && a->rows[i].branch == branch &&
		    a->rows[i].state == ASKED_WAITS)
			return &a->rows[i];
	return NULL;
}

void asked_read(struct asked *a, const struct conf_probe *p, const void *by,
		uint64_t branch, uint64_t now)
{
	uint64_t pbx_now = pbx_clock(a, p, now);
	const struct asked_row *row = find(a, by, branch);
	uint64_t sent_at = row ? row->sent_at : 0;

	for (size_t i = 0; i < a->count; i++)
		if (a->rows[i].by == by && a->rows[i].state == ASKED_WAITS &&
		    a->rows[i].sent_at <= sent_at) {
			a->rows[i].state = ASKED_READ;
			a->rows[i].read_at = pbx_now;
		}
	a->pbx_clock_ms = pbx_now;
	a->heard_at = now;
}

void asked_refused(struct asked *a, const void *by, uint64_t branch)
{
	struct asked_row *row = find(a, by, branch);

	if (row)
		row->state = ASKED_REFUSED;
}

void asked_void(struct asked *a, uint64_t now)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->rows[i].state == ASKED_WAITS)
			a->rows[i].state = ASKED_REFUSED;
	a->pbx_clock_ms += now - a->heard_at;
	a->heard_at = now;
}
