/*
 * From a question to the ready answer, in three passes over a batch, so that the
 * memory of one query is fetched while others are worked on:
 *
 *	for each: answer_prepare()    hash, zone, fetch of the slot
 *	for each: answer_probe()      tag, fetch of the record
 *	for each: answer_find(), answer_write()
 *
 * No allocation, no lock. A struct answer is big: keep an array for the batch.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/question.h"
#include "zones/zone.h"
#include "zones/zone_set.h"

enum {
	ANSWER_PARTS_MAX = 20,     /* records of one chain, and what ends it */
	ANSWER_PROOFS_MAX = 24,    /* one for each wildcard of it, and three */
	ANSWER_SCRATCH_LEN = 1024, /* for what DNAME makes */
};

enum answer_result {
	ANSWER_FOUND,   /* to be written */
	ANSWER_OUTSIDE, /* written it is a chain that ends at a name that is not ours:
			   `outside` */
	ANSWER_NONE,    /* no zone of ours */
	ANSWER_BROKEN,  /* our zone, but it could not be loaded: SERVFAIL */
};

/*
 * The ready variant of a live set for the asker. NULL: what the zone file holds there,
 * or no data. The blob is built for the set's owner, or, if there is nothing in its
 * answer section, for that or a name above it; its RCODE becomes the answer's.
 */
typedef const struct ready *answer_live_fn(void *arg, uint32_t live_index,
					   enum live_set set);

struct answer_live {
	answer_live_fn *fn;
	void *arg;
};

/* One blob of an answer; it answers for the name that is asked for there. */
struct answer_part {
	const struct ready *ready;
	const uint8_t *target; /* without a blob: of the CNAME that a DNAME made */
	const uint8_t *name;   /* asked for, wire form in its own case */
	uint32_t ttl;
	uint16_t target_at; /* of a CNAME: where its target stands in the blob's wire;
			       0: it is the only record */
	uint8_t name_len;
	uint8_t target_len;
	bool above; /* the blob belongs to an ancestor of the name: SOA, cut, DNAME */
	bool ends;  /* no CNAME: the next part, if any, asks for the same name */
};

/* Authority records that prove what a part says (RFC 4035 3.1.3); built for the origin
 * of its zone. */
struct answer_proof {
	const struct ready *ready;
	uint8_t part; /* its number */
};

/* A query's way to its answer. The first six fields are what it leads to. */
struct answer {
	const struct ready *ready; /* the whole answer, to be copied; NULL: parts */
	enum answer_result result;
	uint8_t rcode;
	bool authoritative;
	const uint8_t *outside;  /* wire form; valid as long as the zones and this */
	const struct zone *zone; /* of the question */

	const struct zone_set *set;
	const struct segment *segment;
	const struct record *record; /* the tag fits; NULL: none does */
	uint32_t slot;
	uint8_t part_count;
	uint8_t proof_count;
	uint8_t name_len; /* of the name asked for at present */
	uint8_t label_count;
	const uint8_t *wire;
	const uint8_t *lower;
	const uint8_t *label_at;
	uint64_t hash[NAME_MAX_LABELS + 1]; /* of its last n labels */

	struct answer_part parts[ANSWER_PARTS_MAX];
	struct answer_proof proofs[ANSWER_PROOFS_MAX];
	uint16_t scratch_len;
	uint8_t own_lower[NAME_MAX_LEN + 1 + QUESTION_NAME_PAD];
	uint8_t own_label_at[NAME_MAX_LABELS + 1];
	uint8_t scratch[ANSWER_SCRATCH_LEN];
};

void answer_prepare(const struct zone_set *set, const struct question *q,
		    struct answer *a);
void answer_probe(const struct question *q, struct answer *a);

/* Classes but IN and ANY have no zones here. Returns a->result. */
enum answer_result answer_find(const struct question *q, const struct answer_live *live,
			       struct answer *a);

/*
 * Goes on where an answer left our zones (ANSWER_OUTSIDE, ANSWER_NONE) with what
 * somebody else found for the name asked for there.
 *
 * found      built for that name; stays good until the answer is written
 * target_at  offset in its wire of the target of its last CNAME, which is ours; 0:
 *            nothing follows
 *
 * Returns a->result.
 */
enum answer_result answer_add(const struct question *q, const struct answer_live *live,
			      const struct ready *found, size_t target_at,
			      struct answer *a);

/* All three passes, for a single question. */
enum answer_result answer_make(const struct zone_set *set, const struct question *q,
			       const struct answer_live *live, struct answer *a);

/*
 * Writes a found answer behind the question and fills octets 2 to 11 of the header: RD
 * and CD stay as they stand in `msg`, the other flags and all counts are set.
 *
 * msg           holds the header and the question
 * question_end  offset behind the question
 * limit_len     octets that the whole message may have, OPT's room already taken off;
 *               at least question_end
 *
 * What does not fit is left out by whole RRsets, with TC (RFC 2181 9); addresses that
 * are no glue silently. Returns the message's length.
 */
size_t answer_write(const struct answer *a, uint8_t *msg, size_t question_end,
		    size_t limit_len);
