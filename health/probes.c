#include "health/probes.h"

bool probes_have_room(const struct probes *t)
{
	return t->open_count < PROBES_OPEN_MAX;
}

void probes_add(struct probes *t, uint64_t branch, uint64_t now, uint64_t now_us)
{
	struct probe *probe = &t->ring[t->next++ % PROBES_MAX];

	if (probe->state == PROBE_OPEN)
		t->open_count--;
	*probe = (struct probe){ branch, now, now_us, PROBE_OPEN, false };
	t->open_count++;
}

struct probe *probes_find(struct probes *t, uint64_t branch)
{
	for (size_t i = 0; i < PROBES_MAX; i++)
		if (t->ring[i].state != PROBE_FREE && t->ring[i].branch == branch &&
		    branch)
			return &t->ring[i];
	return NULL;
}

void probes_close(struct probes *t, struct probe *probe)
{
	if (probe->state == PROBE_OPEN)
		t->open_count--;
	probe->state = PROBE_FREE;
}

void probes_report(struct probes *t)
{
	struct probe *newest = NULL;

	for (size_t i = 0; i < PROBES_MAX; i++) {
		struct probe *probe = &t->ring[i];

		if (probe->state == PROBE_OPEN && !probe->told &&
		    (newest == NULL || probe->sent_us > newest->sent_us ||
		     probe->sent_at > newest->sent_at))
			newest = probe;
	}
	if (newest)
		newest->told = true;
}

uint32_t probes_expire(struct probes *t, uint64_t sent_at, uint32_t *told)
{
	uint32_t count = 0;

	*told = 0;

	for (size_t i = 0; i < PROBES_MAX; i++)
		if (t->ring[i].state == PROBE_OPEN && t->ring[i].sent_at <= sent_at) {
			t->ring[i].state = PROBE_LATE;
			*told += t->ring[i].told;
			t->open_count--;
			count++;
		}
	return count;
}

uint64_t probes_oldest_at(const struct probes *t)
{
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; i < PROBES_MAX; i++)
		if (t->ring[i].state == PROBE_OPEN && t->ring[i].sent_at < at)
			at = t->ring[i].sent_at;
	return at;
}

void probes_void(struct probes *t, uint64_t before)
{
	for (size_t i = 0; i < PROBES_MAX; i++)
		if (t->ring[i].state == PROBE_OPEN && t->ring[i].sent_at < before) {
			t->ring[i].state = PROBE_VOID;
			t->open_count--;
		}
}
