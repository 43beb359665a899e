#include "resolver/recursion/packet_cache.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/alloc.h"
#include "zones/hash.h"

enum {
	SIZES = 6,
	GRAIN = 64, /* places are counted in it */
	PACKET_FLAGS_OF_KEY = PACKET_DO | PACKET_CD,
	PERCENT = 100
};

/* Cells of one size, and the clock hand that finds one to evict. */
struct cells {
	size_t cell_len;
	size_t first; /* octets from the start */
	size_t count;
	size_t taken; /* ever: the cells behind are empty */
	size_t hand;
};

struct packet_cache {
	uint8_t *memory;
	size_t len;
	struct cells cells[SIZES];
	uint32_t *buckets; /* place of the first packet; 0: none */
	size_t bucket_count;
	size_t count;
};

/* Lengths of cells, and what share of the memory each has. */
static const struct {
	size_t len;
	unsigned percent;
} sizes[SIZES] = {
	{ 256, 20 }, { 512, 30 }, { 1024, 20 }, { 2048, 12 }, { 8192, 9 }, { 73728, 9 },
};

static struct packet *packet_at(const struct packet_cache *c, uint32_t place)
{
	return (struct packet *)(void *)(c->memory + (size_t)place * GRAIN);
}

static uint32_t place_of(const struct packet_cache *c, const struct packet *p)
{
	return (uint32_t)((size_t)((const uint8_t *)p - c->memory) / GRAIN);
}

struct packet_cache *packet_cache_new(size_t len)
{
	struct packet_cache *c = alloc(sizeof(*c));
	size_t at = GRAIN; /* place 0 is not used */
	size_t cells = 0;

	c->len = len;
	c->memory = mmap(NULL, len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	assert(c->memory != MAP_FAILED);
	for (int i = 0; i < SIZES; i++) {
		struct cells *s = &c->cells[i];

		s->cell_len = sizes[i].len;
		s->first = at;
		s->count = len / PERCENT * sizes[i].percent / s->cell_len;
		while (at + s->count * s->cell_len > len)
			s->count--;
		at += s->count * s->cell_len;
		cells += s->count;
	}
	c->bucket_count = 1;
	while (c->bucket_count < cells)
		c->bucket_count *= 2;
	c->buckets = alloc_array(c->bucket_count, sizeof(*c->buckets));
	return c;
}

void packet_cache_free(struct packet_cache *c)
{
	if (c == NULL)
		return;
	(void)munmap(c->memory, c->len);
	free(c->buckets);
	free(c);
}

void packet_cache_clear(struct packet_cache *c)
{
	memset(c->buckets, 0, c->bucket_count * sizeof(*c->buckets));
	for (int i = 0; i < SIZES; i++)
		c->cells[i].taken = c->cells[i].hand = 0;
	c->count = 0;
}

static uint8_t flags_of(const struct packet_key *k)
{
	return (uint8_t)((k->dnssec_ok ? PACKET_DO : 0) |
			 (k->checking_disabled ? PACKET_CD : 0));
}

uint64_t packet_hash(const struct packet_key *k)
{
	uint64_t hash = hash_fold(hash_root() ^ ((uint64_t)k->type << 8 | flags_of(k)),
				  hash_key[1]);
	const uint8_t *at = k->name;
	size_t left = k->name_len;
	uint64_t word;

	for (; left >= sizeof(word); left -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = hash_fold(hash ^ word, hash_key[1]);
	}
	word = 0;
	memcpy(&word, at, left);
	return hash_fold(hash ^ word, hash_key[1]);
}

static bool fits(const struct packet *p, const struct packet_key *k, uint64_t hash)
{
	return p->hash == hash && p->type == k->type && p->name_len == k->name_len &&
	       (p->flags & PACKET_FLAGS_OF_KEY) == flags_of(k) &&
	       memcmp(p->octets, k->name, k->name_len) == 0;
}

static uint32_t *bucket_of(const struct packet_cache *c, uint64_t hash)
{
	return &c->buckets[hash & (c->bucket_count - 1)];
}

void packet_cache_fetch(const struct packet_cache *c, uint64_t hash)
{
	__builtin_prefetch(bucket_of(c, hash));
}

void packet_cache_fetch_packet(const struct packet_cache *c, uint64_t hash)
{
	const uint8_t *p = (const uint8_t *)packet_at(c, *bucket_of(c, hash));

	__builtin_prefetch(p);
	__builtin_prefetch(p + 64);
	__builtin_prefetch(p + 128);
}

struct packet *packet_cache_find(struct packet_cache *c, const struct packet_key *k,
				 uint64_t hash)
{
	for (uint32_t at = *bucket_of(c, hash); at;) {
		struct packet *p = packet_at(c, at);

		if (fits(p, k, hash)) {
			p->used = 1;
			return p;
		}
		at = p->next;
	}
	return NULL;
}

/* Takes a packet out of its bucket; its cell is empty then. */
static void drop(struct packet_cache *c, struct packet *p)
{
	uint32_t place = place_of(c, p);
	uint32_t *at = bucket_of(c, p->hash);

	while (*at != place)
		at = &packet_at(c, *at)->next;
	*at = p->next;
	p->name_len = 0;
	c->count--;
}

/* Finds an empty cell, or evicts one by the clock algorithm (second chance). */
static struct packet *take_cell(struct packet_cache *c, struct cells *s)
{
	for (;;) {
		struct packet *p;

		p = (struct packet *)(void *)(c->memory + s->first +
					      s->hand * s->cell_len);
		s->hand = s->hand + 1 == s->count ? 0 : s->hand + 1;
		if (s->taken < s->count) {
			s->taken++;
			return p;
		}
		if (p->name_len == 0)
			return p;
		if (!p->used) {
			drop(c, p);
			return p;
		}
		p->used = 0;
	}
}

struct packet *packet_cache_put(struct packet_cache *c, const struct packet_key *k,
				uint64_t hash, const struct ready *ready)
{
	size_t len = sizeof(struct packet) + ((k->name_len + 3u) & ~3u) +
		     ready_len(ready);
	struct packet *was = packet_cache_find(c, k, hash);
	uint32_t *bucket = bucket_of(c, hash);
	struct packet *p;
	int size = 0;

	if (was)
		drop(c, was);
	while (size < SIZES && (c->cells[size].cell_len < len || !c->cells[size].count))
		size++;
	if (size == SIZES)
		return NULL;
	p = take_cell(c, &c->cells[size]);
	*p = (struct packet){
		.hash = hash,
		.next = *bucket,
		.type = k->type,
		.flags = flags_of(k),
		.name_len = k->name_len,
		.rcode = ready->flags[1],
	};
	memcpy(p->octets, k->name, k->name_len);
	memcpy(p->octets + ((k->name_len + 3u) & ~3u), ready, ready_len(ready));
	*bucket = place_of(c, p);
	c->count++;
	return p;
}

size_t packet_cache_count(const struct packet_cache *c)
{
	return c->count;
}
