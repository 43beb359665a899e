#include "base/hash_index.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { SLOTS_MIN = 64 };

static uint32_t slot_of(const struct hash_index *t, uint64_t hash)
{
	uint32_t slot = (uint32_t)hash & t->mask;

	return slot < t->slot_count ? slot : slot & t->mask >> 1;
}

void hash_index_fini(struct hash_index *t)
{
	free(t->slots);
	*t = (struct hash_index){ 0 };
}

/* Adds a slot, and moves the entries that belong there from the one slot that may have
 * them. */
static void split(struct hash_index *t)
{
	uint32_t fresh = t->slot_count;
	struct hash_entry **from;

	if (fresh == t->cap) {
		t->cap = t->cap * 2;
		t->slots = alloc_resize(t->slots, t->cap, sizeof(struct hash_entry *));
	}
	if (fresh > t->mask)
		t->mask = t->mask * 2 + 1;
	t->slot_count++;
	t->slots[fresh] = NULL;
	from = &t->slots[fresh & t->mask >> 1];
	while (*from) {
		struct hash_entry *e = *from;

		if (((uint32_t)e->hash & t->mask) != fresh) {
			from = &e->next;
			continue;
		}
		*from = e->next;
		e->next = t->slots[fresh];
		t->slots[fresh] = e;
	}
}

void hash_index_put(struct hash_index *t, struct hash_entry *entry, uint64_t hash)
{
	uint32_t slot;

	if (!t->slots) {
		t->slots = alloc_array(SLOTS_MIN, sizeof(struct hash_entry *));
		t->slot_count = t->cap = SLOTS_MIN;
		t->mask = SLOTS_MIN - 1;
	} else if (t->count >= t->slot_count && t->slot_count <= INT32_MAX) {
		split(t);
	}
	slot = slot_of(t, hash);
	entry->hash = hash;
	entry->next = t->slots[slot];
	t->slots[slot] = entry;
	t->count++;
	if (slot < t->used)
		t->used = slot;
}

void hash_index_remove(struct hash_index *t, struct hash_entry *entry)
{
	struct hash_entry **at = &t->slots[slot_of(t, entry->hash)];

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	t->count--;
}

static struct hash_entry *same_from(struct hash_entry *e, uint64_t hash)
{
	while (e && e->hash != hash)
		e = e->next;
	return e;
}

struct hash_entry *hash_index_find(const struct hash_index *t, uint64_t hash)
{
	return t->slots ? same_from(t->slots[slot_of(t, hash)], hash) : NULL;
}

struct hash_entry *hash_index_next(const struct hash_entry *entry)
{
	return same_from(entry->next, entry->hash);
}

struct hash_entry *hash_index_any(struct hash_index *t)
{
	if (t->count == 0)
		return NULL;
	while (!t->slots[t->used])
		t->used++;
	return t->slots[t->used];
}
