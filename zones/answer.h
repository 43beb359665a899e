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
	ANSWER_PARTS_MAX = 24,     /* records of one chain, and what ends it */
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
 * The ready variant of a live set for the asker. NULL: what the zone file holds there.
 * The blob is built for the set's owner; its RCODE becomes the answer's.
 */
typedef const struct ready *answer_live_fn(void *arg, uint32_t live_index,
					   enum live_set set);

struct answer_live {
	answer_live_fn *fn;
	void *arg;
};

/* One blob of an answer. The fields are the business of zones/answer*.c. */
struct answer_part {
	const struct ready *ready; /* NULL: a CNAME that a DNAME made, in `made` */
	const uint8_t *made;       /* wire form of its target */
	uint32_t ttl;
	int16_t up;          /* its qname ends the name asked for: octets it is
				shorter; -1: it is that name or its wildcard */
	uint16_t target_at;  /* in its wire: where the next part's name stands */
	uint8_t name_len;    /* of the name that is asked for here */
	uint8_t target_keep; /* the next part asks for the same name as this one */
};

struct answer {
	/* Set by answer_find(). */
	const struct ready *ready; /* all of the answer, to be copied as it is; or NULL
				      and parts */
	enum answer_result result;
	uint8_t rcode;
	bool authoritative;
	uint8_t part_count;
	uint8_t outside_len;
	const uint8_t *outside;  /* wire form; valid as long as the zones */
	const struct zone *zone; /* of the question */

	/* Between the passes. */
	const struct zone_set *set;
	const uint8_t *segment;
	uint32_t slot;
	uint32_t record_at;
	uint8_t zone_labels;
	bool broken;
	uint64_t hash[NAME_MAX_LABELS + 1]; /* of the last n labels */

	struct answer_part parts[ANSWER_PARTS_MAX];
	uint16_t scratch_len;
	uint8_t scratch[ANSWER_SCRATCH_LEN];
};

void answer_prepare(const struct zone_set *set, const struct question *q,
		    struct answer *a);
void answer_probe(struct answer *a);

/* Classes but IN and ANY have no zones here. Returns a->result. */
enum answer_result answer_find(const struct question *q, const struct answer_live *live,
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
