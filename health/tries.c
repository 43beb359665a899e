#include "health/tries.h"

bool tries_have_room(const struct tries *t)
{
	return t->open_count < TRIES_OPEN_MAX;
}

void tries_add(struct tries *t, uint64_t branch, uint64_t now, uint64_t now_us)
{
	struct try *try = &t->ring[t->next++ % TRIES_MAX];

	if (try->state == TRY_OPEN)
		t->open_count--;
	*try = (struct try){ TRY_OPEN, branch, now, now_us, false };
	t->open_count++;
}

struct try *tries_find(struct tries *t, uint64_t branch)
{
	for (size_t i = 0; i < TRIES_MAX; i++)
		if (t->ring[i].state != TRY_FREE && t->ring[i].branch == branch &&
		    branch)
			return &t->ring[i];
	return NULL;
}

void tries_close(struct tries *t, struct try *try)
{
	if (try->state == TRY_OPEN)
		t->open_count--;
	try->state = TRY_FREE;
}

void tries_tell(struct tries *t)
{
	struct try *newest = NULL;

	for (size_t i = 0; i < TRIES_MAX; i++) {
		struct try *try = &t->ring[i];

		if (try->state == TRY_OPEN && !try->told &&
		    (newest == NULL || try->sent_us > newest->sent_us ||
		     try->sent_at > newest->sent_at))
			newest = try;
	}
	if (newest)
		newest->told = true;
}

uint32_t tries_expire(struct tries *t, uint64_t sent_at, uint32_t *told)
{
	uint32_t count = 0;

	*told = 0;

	for (size_t i = 0; i < TRIES_MAX; i++)
		if (t->ring[i].state == TRY_OPEN && t->ring[i].sent_at <= sent_at) {
			t->ring[i].state = TRY_LATE;
			*told += t->ring[i].told;
			t->open_count--;
			count++;
		}
	return count;
}

uint64_t tries_oldest_at(const struct tries *t)
{
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; i < TRIES_MAX; i++)
		if (t->ring[i].state == TRY_OPEN && t->ring[i].sent_at < at)
			at = t->ring[i].sent_at;
	return at;
}

void tries_void(struct tries *t, uint64_t before)
{
	for (size_t i = 0; i < TRIES_MAX; i++)
		if (t->ring[i].state == TRY_OPEN && t->ring[i].sent_at < before) {
			t->ring[i].state = TRY_VOID;
			t->open_count--;
		}
}
