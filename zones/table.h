/*
 * The memory layout of a zone. Names are distributed over segments by the upper bits of
 * their hash; a segment consists of slots (open addressing), then records. A change
 * replaces one segment; the others are shared between snapshots.
 *
 * Used only inside zones/.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "dns/name.h"
#include "zones/hash.h"
#include "zones/ready.h"

enum {
	SEGMENTS_MAX = 1024,
	SEGMENT_NAMES = 1024, /* target size, until there are SEGMENTS_MAX */
	RECORD_MAX_LEN = UINT16_MAX * 4,
	ZONE_SOA_MIN_LEN = 22, /* two root names and five numbers */
	SET_REFERRAL = 0,      /* instead of a type: the answer at and below a cut */
};

/* Memory that contains segments, which hold references to it. */
struct block {
	atomic_uint refs;
	bool mapped;
	uint8_t *octets;
	size_t len; /* page-rounded if mapped */
};

struct slot {
	uint32_t tag;
	uint32_t at; /* offset of the record in the segment; 0: empty */
};

struct segment {
	uint8_t *octets; /* slots, then records; owned by the block */
	uint32_t slot_count;
	uint32_t len;
	uint32_t name_count;
	struct block *block;
};

enum record_flag {
	RECORD_CUT = 1, /* NS below the apex: the answer is a referral */
	RECORD_DNAME = 2,
	RECORD_OCCLUDED =
		4, /* below a cut or a DNAME, or NSEC3: does not exist for a query */
	RECORD_WILDCARD = 8, /* has a child "*" */
	RECORD_CNAME = 16,
	RECORD_LIVE = 32,
	RECORD_TARGET = 64,  /* its addresses are part of other names' answers */
	RECORD_SIGNED = 128, /* the zone is signed: a second directory for DO */
};

/* One owner name. At a live name its index and kind precede the directory. */
struct record {
	uint8_t name_len; /* of the labels before the origin's */
	uint8_t flags;
	uint16_t set_count;
	uint32_t sets[]; /* type << 16 | offset of the blob from here in 4 octets; in a
			    signed zone again with signatures; then the name in lower
			    case, then the blobs */
};

enum { LIVE_WORDS = 2 };

struct zone {
	atomic_uint refs;
	unsigned segment_shift; /* of the hash's upper half */
	struct segment *segments;
	size_t segment_count;
	struct name origin; /* lower case */
	uint8_t depth_max;  /* labels of the deepest name */
	bool has_live;
	bool includes; /* its file has $INCLUDE */
	uint32_t serial;
	uint32_t negative_ttl;
	size_t record_count;
	size_t name_count;
	struct ready *negative;        /* the SOA as authority, for qname = origin */
	struct ready *negative_signed; /* with its signatures; NULL: not signed */
	struct denial *denial;         /* NULL: no proofs */
	uint8_t *soa_octets;
	struct ready_rdata soa; /* of them */
};

static inline const uint32_t *record_sets(const struct record *r)
{
	return r->sets + (r->flags & RECORD_LIVE ? LIVE_WORDS : 0);
}

static inline const uint8_t *record_name(const struct record *r)
{
	size_t directories = r->flags & RECORD_SIGNED ? 2 : 1;

	return (const uint8_t *)(record_sets(r) + r->set_count * directories);
}

/* Returns the directory with or without signatures. */
static inline const uint32_t *record_sets_for(const struct record *r, bool dnssec_ok)
{
	return record_sets(r) +
	       (dnssec_ok && r->flags & RECORD_SIGNED ? r->set_count : 0);
}

static inline uint16_t set_type(uint32_t set)
{
	return (uint16_t)(set >> 16);
}

static inline const struct ready *set_ready(const struct record *r, uint32_t set)
{
	return (const struct ready *)((const uint32_t *)(const void *)r +
				      (set & 0xffff));
}

/* Returns the blob of one type, or NULL. */
static inline const struct ready *record_find(const struct record *r, uint16_t type,
					      bool dnssec_ok)
{
	const uint32_t *sets = record_sets_for(r, dnssec_ok);

	for (unsigned i = 0; i < r->set_count; i++)
		if (set_type(sets[i]) == type)
			return set_ready(r, sets[i]);
	return NULL;
}

static inline const struct segment *zone_segment(const struct zone *z, uint64_t hash)
{
	return &z->segments[(hash >> 32) >> z->segment_shift];
}

static inline uint32_t segment_slot(const struct segment *s, uint64_t hash)
{
	return (uint32_t)(((hash & UINT32_MAX) * s->slot_count) >> 32);
}

static inline const struct slot *segment_slots(const struct segment *s)
{
	return (const struct slot *)(const void *)s->octets;
}

static inline const struct record *segment_record(const struct segment *s, uint32_t at)
{
	return (const struct record *)(const void *)(s->octets + at);
}

/*
 * Returns the record of a name, or NULL.
 *
 * name      the labels before the origin's, in lower case
 * name_len  their octets; 0: the apex
 */
const struct record *zone_record(const struct zone *z, uint64_t hash,
				 const uint8_t *name, size_t name_len);

/* Returns the record of the wildcard below a name, given by its labels and hash. */
const struct record *zone_wildcard(const struct zone *z, uint64_t encloser_hash,
				   const uint8_t *encloser, size_t encloser_len);

/* Sets the serial and the negative answer from the RDATA of a SOA, replacing former
 * ones.
 */
void zone_take_soa(struct zone *z, const uint8_t *rdata, size_t rdlen, uint32_t ttl);

/* Returns one reference to at least `len` zeroed octets; large blocks are mapped, on
 * huge pages if available. */
struct block *block_new(size_t len);
void block_unref(struct block *a);

/* Releases everything after the first `len` octets. */
void block_trim(struct block *a, size_t len);
