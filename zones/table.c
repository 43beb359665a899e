#include "zones/table.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/alloc.h"

enum { PAGE_LEN = 4096, HUGE_LEN = 2 << 20, MAPPED_MIN_LEN = 256 << 10 };

static size_t round_up(size_t len, size_t to)
{
	return (len + to - 1) / to * to;
}

/* Aligned to huge pages, else the kernel gives small ones. */
static void *map_octets(size_t len)
{
	uint8_t *at = mmap(NULL, len + HUGE_LEN, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t skip;

	if (at == MAP_FAILED)
		return NULL;
	skip = round_up((uintptr_t)at, HUGE_LEN) - (uintptr_t)at;
	if (skip)
		(void)munmap(at, skip);
	if (skip < HUGE_LEN)
		(void)munmap(at + skip + len, HUGE_LEN - skip);
	(void)madvise(at + skip, len, MADV_HUGEPAGE);
	return at + skip;
}

struct block *block_new(size_t len)
{
	struct block *a = alloc(sizeof(*a));

	atomic_init(&a->refs, 1);
	a->len = len;
	if (len >= MAPPED_MIN_LEN) {
		a->len = round_up(len, PAGE_LEN);
		a->octets = map_octets(a->len);
		a->mapped = a->octets != NULL;
	}
	if (a->octets == NULL)
		a->octets = alloc(a->len);
	return a;
}

void block_trim(struct block *a, size_t len)
{
	if (!a->mapped)
		return;
	len = round_up(len ? len : 1, PAGE_LEN);
	if (len < a->len)
		(void)munmap(a->octets + len, a->len - len);
	a->len = len < a->len ? len : a->len;
}

void block_unref(struct block *a)
{
	if (a == NULL || atomic_fetch_sub(&a->refs, 1) != 1)
		return;
	if (a->mapped)
		(void)munmap(a->octets, a->len);
	else
		free(a->octets);
	free(a);
}

typedef bool same_fn(const struct record *r, const uint8_t *name, size_t name_len);

static inline const struct record *find(const struct zone *z, uint64_t hash,
					same_fn *same, const uint8_t *name,
					size_t name_len)
{
	const struct segment *s = zone_segment(z, hash);
	const struct slot *slots = segment_slots(s);
	uint32_t tag = (uint32_t)(hash >> 32);

	for (uint32_t i = segment_slot(s, hash); slots[i].at != 0;) {
		const struct record *r = segment_record(s, slots[i].at);

		if (slots[i].tag == tag && same(r, name, name_len))
			return r;
		if (++i == s->slot_count)
			i = 0;
	}
	return NULL;
}

static bool same_name(const struct record *r, const uint8_t *name, size_t name_len)
{
	return r->name_len == name_len && memcmp(record_name(r), name, name_len) == 0;
}

static bool same_wildcard(const struct record *r, const uint8_t *name, size_t name_len)
{
	return r->name_len == name_len + 2 && memcmp(record_name(r), "\1*", 2) == 0 &&
	       memcmp(record_name(r) + 2, name, name_len) == 0;
}

const struct record *zone_record(const struct zone *z, uint64_t hash,
				 const uint8_t *name, size_t name_len)
{
	return find(z, hash, same_name, name, name_len);
}

const struct record *zone_wildcard(const struct zone *z, uint64_t encloser_hash,
				   const uint8_t *encloser, size_t encloser_len)
{
	static const uint8_t label[8] = "\1*";

	return find(z, hash_label(encloser_hash, label), same_wildcard, encloser,
		    encloser_len);
}
