#include "zones/answer.h"

#include <string.h>

#include "dns/rr.h"
#include "zones/follow.h"
#include "zones/match.h"
#include "zones/table.h"

void answer_prepare(const struct zone_set *set, const struct question *q,
		    struct answer *a)
{
	struct match_name n = { q->name, q->label_at, a->hash, q->label_count,
				q->name_len };
	struct zone *z = NULL;
	uint64_t hash;

	a->set = set;
	a->zone = NULL;
	a->record = NULL;
	a->segment = NULL;
	if (q->class != CLASS_IN && q->class != CLASS_ANY) {
		a->result = ANSWER_NONE;
		return;
	}
	hash_ancestors(q->name, q->label_at, q->label_count, a->hash);
	switch (zone_set_match(set, &n, q->type, &z)) {
	case MATCH_NONE:
		a->result = ANSWER_NONE;
		return;
	case MATCH_BROKEN:
		a->result = ANSWER_BROKEN;
		return;
	case MATCH_ZONE:
		break;
	}
	hash = a->hash[q->label_count];
	a->result = ANSWER_FOUND;
	a->zone = z;
	a->segment = zone_segment(z, hash);
	a->slot = segment_slot(a->segment, hash);
	__builtin_prefetch(segment_slots(a->segment) + a->slot);
}

/* The next record with the question's tag, from a->slot on; a->slot is left after it.
 */
static const struct record *next_record(struct answer *a, uint64_t hash)
{
	const struct segment *s = a->segment;
	const struct slot *slots = segment_slots(s);
	uint32_t tag = (uint32_t)(hash >> 32);
	uint32_t i = a->slot;

	while (slots[i].at != 0) {
		uint32_t at = slots[i].at;
		bool fits = slots[i].tag == tag;

		if (++i == s->slot_count)
			i = 0;
		if (fits) {
			a->slot = i;
			return segment_record(s, at);
		}
	}
	a->slot = i;
	return NULL;
}

void answer_probe(const struct question *q, struct answer *a)
{
	if (a->segment == NULL)
		return;
	a->record = next_record(a, a->hash[q->label_count]);
	if (a->record == NULL)
		return;
	__builtin_prefetch(a->record);
	__builtin_prefetch((const uint8_t *)a->record + 64);
}

/* The blob of the question's own record, if it is all of the answer. */
static const struct ready *exact(const struct question *q,
				 const struct answer_live *live, struct answer *a)
{
	size_t name_len = (size_t)q->name_len - a->zone->origin.len;
	const struct record *r = a->record;

	while (r && (r->name_len != name_len ||
		     memcmp(record_name(r), q->name, name_len) != 0))
		r = next_record(a, a->hash[q->label_count]);
	a->record = r;
	if (r == NULL || r->flags & (RECORD_CUT | RECORD_OCCLUDED) ||
	    q->class != CLASS_IN)
		return NULL;
	if (r->flags & RECORD_LIVE) {
		const struct ready *variant = follow_live(r, q->type, live);

		if (variant && variant->pointer_count &&
		    variant->qname_len != q->name_len)
			return NULL; /* of a name above: they are to be moved */
		if (variant)
			return variant;
	}
	return record_find(r, q->type, q->edns.dnssec_ok);
}

enum answer_result answer_find(const struct question *q, const struct answer_live *live,
			       struct answer *a)
{
	a->part_count = a->proof_count = 0;
	a->ready = NULL;
	if (a->result != ANSWER_FOUND)
		return a->result;
	a->ready = exact(q, live, a);
	if (a->ready == NULL)
		return follow(q, live, a);
	a->rcode = a->ready->flags[1];
	a->authoritative = a->ready->flags[0] != 0;
	return ANSWER_FOUND;
}

enum answer_result answer_make(const struct zone_set *set, const struct question *q,
			       const struct answer_live *live, struct answer *a)
{
	answer_prepare(set, q, a);
	answer_probe(q, a);
	return answer_find(q, live, a);
}
