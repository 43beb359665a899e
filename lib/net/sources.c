#include "net/sources.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"

struct source_count {
	struct source_count *next;
	uint64_t key[2]; /* the address, without an IPv6 one's lower half */
	uint32_t bucket;
	uint32_t count;
};

struct sources {
	struct source_count **buckets;
	uint32_t mask;
	uint64_t secret; /* so that nobody can choose addresses of one bucket */
};

struct sources *sources_new(uint32_t room)
{
	struct sources *s = alloc(sizeof(*s));
	uint32_t size = 64;

	while (size < room && size < 1U << 20)
		size *= 2;
	s->mask = size - 1;
	s->buckets = alloc_array(size, sizeof(struct source_count *));
	if (getrandom(&s->secret, sizeof(s->secret), GRND_NONBLOCK) < 0)
		s->secret = (uint64_t)(uintptr_t)s;
	return s;
}

void sources_free(struct sources *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i <= s->mask; i++) {
		for (struct source_count *p = s->buckets[i]; p;) {
			struct source_count *next = p->next;

			free(p);
			p = next;
		}
	}
	free(s->buckets);
	free(s);
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93U;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93U;
	return x ^ x >> 32;
}

struct source_count *sources_take(struct sources *s, const struct addr *a, uint32_t max)
{
	uint64_t key[2] = { 0, a->family };
	uint32_t bucket;
	struct source_count *p;

	memcpy(key, a->octets, a->family == AF_INET ? 4 : 8);
	bucket = (uint32_t)mix(mix(key[0] ^ s->secret) + key[1]) & s->mask;
	for (p = s->buckets[bucket]; p; p = p->next)
		if (p->key[0] == key[0] && p->key[1] == key[1])
			break;
	if (p && max && p->count >= max)
		return NULL;
	if (!p) {
		p = alloc(sizeof(*p));
		memcpy(p->key, key, sizeof(key));
		p->bucket = bucket;
		p->next = s->buckets[bucket];
		s->buckets[bucket] = p;
	}
	p->count++;
	return p;
}

void sources_give(struct sources *s, struct source_count *source)
{
	struct source_count **at = &s->buckets[source->bucket];

	if (--source->count)
		return;
	while (*at != source)
		at = &(*at)->next;
	*at = source->next;
	free(source);
}
