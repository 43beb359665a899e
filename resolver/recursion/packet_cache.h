/*
 * Answers of the world, as one worker keeps them: ready to be copied, in memory of a
 * fixed size, taken at once when it is made. Never answers of our own names.
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

/* What is kept of one answer. Good until the next packet_cache_put() or _clear(). */
struct packet {
	uint64_t hash;
	uint32_t next;    /* place of the next in its bucket; 0: none */
	uint32_t made_s;  /* monotonic, when its TTLs were whole */
	uint32_t fresh_s; /* until when it is fresh; */
	uint32_t stale_s; /* stale, but good enough until then */
	uint32_t retry_s; /* until when it is given stale without asking */
	uint32_t hits;
	uint16_t type;
	uint16_t ede;
	uint16_t target_at; /* of a chain that goes on at a name of ours; else 0 */
	uint8_t flags;      /* of enum packet_flag */
	uint8_t name_len;
	uint8_t used; /* asked for since the hand passed */
	uint8_t rcode;
	uint8_t octets[]; /* the name; then, aligned, the ready answer */
};

enum packet_flag {
	PACKET_DO = 1, /* of the key */
	PACKET_CD = 2,
	PACKET_SECURE = 4,
	PACKET_HAS_EDE = 8,
	PACKET_ASKED_AGAIN = 16, /* before it ran out */
	PACKET_SECOND = 32,      /* from the recursor's second cache */
	PACKET_LASTING = 64,     /* a failure that was slow and not the first */
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

/* Ahead of packet_cache_find(), while the memory comes: first the place, then, of
 * another query in between, what is kept there. */
void packet_cache_fetch(const struct packet_cache *c, uint64_t hash);
void packet_cache_fetch_packet(const struct packet_cache *c, uint64_t hash);

/* Fresh or not; NULL: there is none. */
struct packet *packet_cache_find(struct packet_cache *c, const struct packet_key *k,
				 uint64_t hash);

/*
 * Keeps a copy of an answer in the place of what was kept for the key; others make
 * room. The caller fills in the rest. NULL: it is too long to be kept.
 */
struct packet *packet_cache_put(struct packet_cache *c, const struct packet_key *k,
				uint64_t hash, const struct ready *ready);

size_t packet_cache_count(const struct packet_cache *c);
