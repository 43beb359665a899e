/*
 * The recursion cache of one worker: answers ready to be copied, in memory of a fixed
 * size, allocated when the cache is made. Never contains answers for our own names.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "zones/ready.h"

struct packet_cache;

struct packet_key {
	const uint8_t *name; /* wire form, lower case */
	uint8_t name_len;
	uint16_t type;
	bool dnssec_ok;
	bool checking_disabled;
};

/* One cached answer. Valid until the next packet_cache_put() or _clear(). */
struct packet {
	uint64_t hash;
	uint32_t next;    /* index of the next in its bucket; 0: none */
	uint32_t made_s;  /* monotonic, when its TTLs were complete */
	uint32_t fresh_s; /* fresh until then */
	uint32_t stale_s; /* usable as a stale answer until then */
	uint32_t retry_s; /* served stale without a new query until then */
	uint32_t hits;
	uint16_t type;
	uint16_t ede;
	uint16_t target_at; /* of a chain that continues at a name of ours; else 0 */
	uint8_t flags;      /* of enum packet_flag */
	uint8_t name_len;
	uint8_t used; /* used since the clock hand passed */
	uint8_t rcode;
	uint8_t octets[]; /* the name; then, aligned, the ready answer */
};

enum packet_flag {
	PACKET_DO = 1, /* of the key */
	PACKET_CD = 2,
	PACKET_SECURE = 4,
	PACKET_HAS_EDE = 8,
	PACKET_ASKED_AGAIN = 16, /* before it expired */
	PACKET_SECOND = 32,      /* from the recursor's second cache */
	PACKET_LASTING = 64,     /* a slow failure that is not the first */
};

static inline const struct ready *packet_ready(const struct packet *p)
{
	return (const struct ready *)(const void *)(p->octets +
						    ((p->name_len + 3u) & ~3u));
}

struct packet_cache *packet_cache_new(size_t len);
void packet_cache_free(struct packet_cache *c);
void packet_cache_clear(struct packet_cache *c);

uint64_t packet_hash(const struct packet_key *k);

/* Prefetch for packet_cache_find(): first the bucket, then, after processing another
 * query, the entry. */
void packet_cache_fetch(const struct packet_cache *c, uint64_t hash);
void packet_cache_fetch_packet(const struct packet_cache *c, uint64_t hash);

/* Returns the entry, fresh or not; NULL: there is none. */
struct packet *packet_cache_find(struct packet_cache *c, const struct packet_key *k,
				 uint64_t hash);

/*
 * Stores a copy of an answer, replacing the entry for the key; others may be evicted.
 * The caller fills in the members besides the key. Returns NULL if it is too long.
 */
struct packet *packet_cache_put(struct packet_cache *c, const struct packet_key *k,
				uint64_t hash, const struct ready *ready);

size_t packet_cache_count(const struct packet_cache *c);
