/*
 * From a question to the ready answer, in three passes over a batch, so that memory
 * for one query is prefetched while others are processed:
 *
 *	for each: answer_prepare()    hash, zone, fetch of the slot
 *	for each: answer_probe()      tag, fetch of the record
 *	for each: answer_find(), answer_write()
 *
 * No allocation, no locks. A struct answer is big: keep an array for the batch.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/question.h"
#include "zones/zone.h"
#include "zones/zone_set.h"

enum {
	ANSWER_PARTS_MAX = 20,     /* records of one chain, and its end */
	ANSWER_PROOFS_MAX = 24,    /* one for each of its wildcards, and three */
	ANSWER_SCRATCH_LEN = 1024, /* for CNAMEs synthesized from DNAME */
};

enum answer_result {
	ANSWER_FOUND,   /* ready to be written */
	ANSWER_OUTSIDE, /* the answer is a chain that ends at a name outside our zones:
			   `outside` */
	ANSWER_NONE,    /* not in our zones */
	ANSWER_BROKEN,  /* in a zone of ours that could not be loaded: SERVFAIL */
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

/* One blob of an answer, for the name queried at this point of the chain. */
struct answer_part {
	const struct ready *ready;
	const uint8_t *target; /* without a blob: of a CNAME made from a DNAME */
	const uint8_t *name;   /* queried name, wire form in its original case */
	uint32_t ttl;
	uint16_t target_at; /* of a CNAME: offset of its target in the blob's wire; 0:
			       it is the only record */
	uint8_t name_len;
	uint8_t target_len;
	bool above; /* the blob belongs to an ancestor of the name: SOA, cut, DNAME */
	bool ends;  /* not a CNAME: the next part, if any, is for the same name */
};

/* Authority records that prove a part (RFC 4035 3.1.3); built for the origin of its
 * zone. */
struct answer_proof {
	const struct ready *ready;
	uint8_t part; /* its number */
};

/* The look-up of an answer. The first six fields are the result. */
struct answer {
	const struct ready *ready; /* the whole answer, to be copied; NULL: parts */
	enum answer_result result;
	uint8_t rcode;
	bool authoritative;
	const uint8_t *outside;  /* wire form; valid as long as this struct */
	const struct zone *zone; /* of the question */

	const struct zone_set *set;
	const struct segment *segment;
	const struct record *record; /* the record whose tag matches; NULL: none */
	uint32_t slot;
	uint8_t part_count;
	uint8_t proof_count;
	uint8_t name_len; /* of the name being looked up */
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

/* Only classes IN and ANY have zones. Returns a->result. */
enum answer_result answer_find(const struct question *q, const struct answer_live *live,
			       struct answer *a);

/*
 * Continues where an answer left our zones (ANSWER_OUTSIDE, ANSWER_NONE) with the
 * answer that recursion found for that name.
 *
 * found      built for that name; must remain valid until the answer is written
 * target_at  offset in its wire of the target of its last CNAME, which is in our zones;
 *            0: nothing follows
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
 * Writes a found answer after the question and fills in octets 2 to 11 of the header:
 * RD and CD remain as they are in `msg`, the other flags and all counts are set.
 *
 * msg           contains the header and the question
 * question_end  offset after the question
 * limit_len     maximum octets of the whole message, less the room for OPT;
 *               at least question_end
 *
 * What does not fit is omitted in whole RRsets, with TC set (RFC 2181 9); additional
 * addresses that are not glue are omitted without TC. Returns the length of the
 * message.
 */
size_t answer_write(const struct answer *a, uint8_t *msg, size_t question_end,
		    size_t limit_len);
