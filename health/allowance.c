#include "health/allowance.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "conf/pace.h"

enum { WAITS_MS = 6000, BEGIN_FREE = 3, STEP_MS = 10, ROWS_MIN = 16 };

static void add(struct allowance *a, struct allowance_row row)
{
	if (a->count == a->cap) {
		a->cap = a->cap ? 2 * a->cap : ROWS_MIN;
		a->rows = alloc_resize(a->rows, a->cap, sizeof(*a->rows));
	}
	a->rows[a->count++] = row;
}

void allowance_begin(struct allowance *a, const struct conf_probe *p, uint64_t now)
{
	uint32_t count = pace_limit(p);

	if (count == UINT32_MAX)
		return;
	/* They stop counting one after another, for twice as long as a unit. */
	for (uint32_t i = 1; i + BEGIN_FREE <= count; i++)
		add(a,
		    (struct allowance_row){ .sent_at = now - PACE_COUNTED_MS +
						       2 * PACE_COUNTED_MS * i / count,
					    .state = ALLOWANCE_REFUSED });
}

void allowance_fini(struct allowance *a)
{
	free(a->rows);
	*a = (struct allowance){ 0 };
}

static bool waits(const struct allowance *a, const struct allowance_row *r)
{
	return r->state == ALLOWANCE_WAITS && r->sent_at >= a->heard_at;
}

/*
 * The clock of a PBX stands still when it is silent: it runs until the first request
 * since its last answer should have been answered.
 */
static uint64_t runs_until(const struct allowance *a, const struct conf_probe *p,
			   uint64_t now)
{
	uint64_t at = now;

	for (size_t i = 0; i < a->count; i++)
		if (waits(a, &a->rows[i]) && a->rows[i].sent_at + p->timeout_ms < at)
			at = a->rows[i].sent_at + p->timeout_ms;
	return at;
}

static uint64_t pbx_clock(const struct allowance *a, const struct conf_probe *p,
			  uint64_t now)
{
	uint64_t until = runs_until(a, p, now);

	return a->pbx_clock_ms + (until > a->heard_at ? until - a->heard_at : 0);
}

/* When a row counts no longer, if the clock of the PBX runs on. */
static uint64_t counts_until(const struct allowance_row *r, uint64_t now,
			     uint64_t pbx_now)
{
	switch (r->state) {
	case ALLOWANCE_WAITS:
		return r->sent_at + WAITS_MS;
	case ALLOWANCE_READ:
		return now + r->read_at + PACE_COUNTED_MS - pbx_now;
	case ALLOWANCE_REFUSED:
		break;
	}
	return r->sent_at + PACE_COUNTED_MS;
}

static void forget_old(struct allowance *a, const struct conf_probe *p, uint64_t now)
{
	uint64_t pbx_now = pbx_clock(a, p, now);
	size_t kept = 0;

	for (size_t i = 0; i < a->count; i++)
		if (counts_until(&a->rows[i], now, pbx_now) > now)
			a->rows[kept++] = a->rows[i];
	a->count = kept;
}

static bool may_decide(const struct allowance *a, const struct conf_probe *p,
		       const struct claimant *who, uint64_t now)
{
	uint32_t lately = 0, waiting = 0; /* since the last answer */
	uint64_t last_at = 0;             /* to it */

	for (size_t i = 0; i < a->count; i++) {
		lately += a->rows[i].sent_at + PACE_COUNTED_MS > now;
		waiting += waits(a, &a->rows[i]);
		if (a->rows[i].by == who->by && a->rows[i].sent_at > last_at)
			last_at = a->rows[i].sent_at;
	}
	if (who->in_doubt)
		return lately + who->leaves < pace_limit(p) && waiting < p->lost_count;
	return lately < pace_limit(p) && who->lives &&
	       last_at + 2ul * who->every_ms <= now;
}

uint64_t allowance_free_at(struct allowance *a, const struct conf_probe *p,
			   const struct claimant *who, uint64_t now)
{
	bool lossy = who->is_lossy;
	uint64_t at = now + p->pace_ms; /* an answer may come before */
	uint64_t pbx_now;
	uint32_t count = 0;
	bool runs;

	forget_old(a, p, now);
	pbx_now = lossy ? a->pbx_clock_ms + now - a->heard_at : pbx_clock(a, p, now);
	runs = lossy || runs_until(a, p, now) == now;
	for (size_t i = 0; i < a->count; i++) {
		uint64_t until = counts_until(&a->rows[i], now, pbx_now);

		if (lossy && a->rows[i].state == ALLOWANCE_WAITS)
			until = a->rows[i].sent_at + PACE_COUNTED_MS;
		if (until <= now)
			continue;
		count++;
		if ((runs || a->rows[i].state != ALLOWANCE_READ) && until < at)
			at = until;
	}
	if (count + who->leaves < pace_limit(p) || may_decide(a, p, who, now))
		return now;
	return at > now + STEP_MS ? at : now + STEP_MS;
}

void allowance_sent(struct allowance *a, const void *by, uint64_t branch, uint64_t now)
{
	add(a, (struct allowance_row){ .by = by,
				       .branch = branch,
				       .sent_at = now,
				       .state = ALLOWANCE_WAITS });
}

static struct allowance_row *find(struct allowance *a, const void *by, uint64_t branch)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->rows[i].by == by && a->rows[i].branch == branch &&
		    a->rows[i].state == ALLOWANCE_WAITS)
			return &a->rows[i];
	return NULL;
}

void allowance_read(struct allowance *a, const struct conf_probe *p, const void *by,
		    uint64_t branch, uint64_t now)
{
	uint64_t pbx_now = pbx_clock(a, p, now);
	const struct allowance_row *row = find(a, by, branch);
	uint64_t sent_at = row ? row->sent_at : 0;

	for (size_t i = 0; i < a->count; i++)
		if (a->rows[i].by == by && a->rows[i].state == ALLOWANCE_WAITS &&
		    a->rows[i].sent_at <= sent_at) {
			a->rows[i].state = ALLOWANCE_READ;
			a->rows[i].read_at = pbx_now;
		}
	a->pbx_clock_ms = pbx_now;
	a->heard_at = now;
}

void allowance_refused(struct allowance *a, const void *by, uint64_t branch)
{
	struct allowance_row *row = find(a, by, branch);

	if (row)
		row->state = ALLOWANCE_REFUSED;
}

void allowance_void_of(struct allowance *a, const void *by)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->rows[i].state == ALLOWANCE_WAITS && (!by || a->rows[i].by == by))
			a->rows[i].state = ALLOWANCE_REFUSED;
}

void allowance_void(struct allowance *a, uint64_t now)
{
	allowance_void_of(a, NULL);
	a->pbx_clock_ms += now - a->heard_at;
	a->heard_at = now;
}
