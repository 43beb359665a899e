#include "zones/follow.h"

#include <assert.h>
#include <string.h>

#include "dns/rr.h"
#include "zones/match.h"
#include "zones/prove.h"
#include "zones/table.h"

/* In the blob of a CNAME or DNAME: pointer, type, class, TTL, RDLENGTH, then the
 * target. */
enum { TARGET_AT = 12 };

/*
 * Octets that the world may put in front of names of ours, and that a chain may have,
 * signatures and proofs counted, before it goes on: with its last part, the question,
 * and what a blob points over (8 KiB), all stays in reach of pointers.
 */
enum { FOREIGN_MAX_LEN = 3072, CHAIN_MAX_LEN = 7 << 10 };

/* What is asked, of whom, and where it stands. */
struct follow_walk {
	const struct question *q;
	const struct answer_live *live;
	struct answer *a;
	const struct zone *z;
	const struct record *record; /* of the name, or of what stands for it */
	unsigned depth;              /* labels of the closest encloser */
	bool exact;
	bool dnssec_ok;
};

const struct ready *follow_live(const struct record *r, uint16_t type,
				const struct answer_live *live)
{
	uint32_t index = r->sets[0];
	enum live_set set = (enum live_set)r->sets[1];
	const struct ready *variant;

	if (live == NULL)
		return NULL;
	if (set != LIVE_A)
		return type == RR_SRV || type == RR_ANY
			       ? live->fn(live->arg, index, set)
			       : NULL;
	switch (type) {
	case RR_A:
		return live->fn(live->arg, index, LIVE_A);
	case RR_AAAA:
		return live->fn(live->arg, index, LIVE_AAAA);
	case RR_NAPTR:
		return live->fn(live->arg, index, LIVE_NAPTR);
	case RR_ANY: /* RFC 8482 4.1: one set */
		variant = live->fn(live->arg, index, LIVE_A);
		if (variant && ready_count(variant, READY_ANSWER) == 0)
			variant = live->fn(live->arg, index, LIVE_AAAA);
		return variant;
	default:
		return NULL;
	}
}

/* The blob of a type that the record's flags say is there. */
static const struct ready *record_has(const struct follow_walk *w, uint16_t type)
{
	const struct ready *found = record_find(w->record, type, w->dnssec_ok);

	assert(found != NULL);
	return found;
}

static struct answer_part *add_part(struct answer *a)
{
	struct answer_part *p = &a->parts[a->part_count++];

	*p = (struct answer_part){ .name = a->wire, .name_len = a->name_len };
	return p;
}

static void add_ready(struct answer *a, const struct ready *r, bool above)
{
	struct answer_part *p = add_part(a);

	assert(r != NULL);
	p->ready = r;
	p->above = above;
	p->ends = true;
	a->rcode = r->flags[1];
}

static void add_negative(struct follow_walk *w, enum rcode rcode)
{
	bool proved = w->dnssec_ok && w->z->negative_signed;

	add_ready(w->a, proved ? w->z->negative_signed : w->z->negative, true);
	w->a->rcode = (uint8_t)rcode;
	if (!w->dnssec_ok)
		return;
	if (w->exact)
		prove_no_type(w->a, w->z);
	else
		prove_no_name(w->a, w->z, w->depth);
}

static size_t label_offset(const struct answer *a, unsigned depth)
{
	return a->label_at[a->label_count - depth];
}

/* The record of the last `depth` labels of the name, or NULL. */
static const struct record *record_at(const struct follow_walk *w, unsigned depth)
{
	const struct answer *a = w->a;
	size_t at = label_offset(a, depth);

	return zone_record(w->z, a->hash[depth], a->lower + at,
			   (size_t)a->name_len - w->z->origin.len - at);
}

/*
 * Finds the closest encloser (RFC 4592 3.3.1). A name that is there makes all its
 * ancestors be there, as empty non-terminals at least: so the depth is found by
 * halving.
 */
static void find_encloser(struct follow_walk *w)
{
	unsigned low = w->z->origin.label_count;
	unsigned high = w->a->label_count - 1;

	if (high > w->z->depth_max)
		high = w->z->depth_max;
	w->record = NULL;
	while (low < high) {
		unsigned middle = (low + high + 1) / 2;
		const struct record *r = record_at(w, middle);

		if (r) {
			w->record = r;
			low = middle;
		} else
			high = middle - 1;
	}
	if (w->record == NULL)
		w->record = record_at(w, low);
	w->depth = low;
}

/* Sets the record, and whether it is the name's own. Occluded names are not there. */
static void locate(struct follow_walk *w)
{
	const struct answer *a = w->a;

	w->depth = a->label_count;
	w->exact = true;
	if (w->record == NULL) {
		w->exact = false;
		find_encloser(w);
	}
	while (w->record->flags & RECORD_OCCLUDED) {
		w->exact = false;
		w->record = record_at(w, --w->depth);
	}
}

/* Whether a target was asked for before: the chain is a loop. */
static bool was_asked(const struct answer *a, const uint8_t *target)
{
	for (unsigned i = 0; i < a->part_count; i++)
		if (name_equal(a->parts[i].name, target))
			return true;
	return false;
}

/* Octets of what was found so far. */
static size_t chain_len(const struct answer *a)
{
	size_t len = 0;

	for (unsigned i = 0; i < a->part_count; i++) {
		const struct answer_part *p = &a->parts[i];

		len += p->ready ? p->ready->wire_len
				: (size_t)TARGET_AT + p->target_len;
	}
	for (unsigned i = 0; i < a->proof_count; i++)
		len += a->proofs[i].ready->wire_len;
	return len;
}

/* Goes on at a target, if that is a name of ours and new. Returns whether it does. */
static bool go_on(struct follow_walk *w, const uint8_t *target)
{
	struct answer *a = w->a;
	struct match_name n = { a->own_lower, a->own_label_at, a->hash, 0, 0 };
	struct zone *z = NULL;
	size_t at = 0;

	if (was_asked(a, target) || a->part_count + 3 > ANSWER_PARTS_MAX ||
	    chain_len(a) > CHAIN_MAX_LEN)
		return false;
	a->wire = target;
	a->lower = a->own_lower;
	a->label_at = a->own_label_at;
	for (; target[at] != 0; at += (size_t)target[at] + 1)
		a->own_label_at[n.label_count++] = (uint8_t)at;
	a->own_label_at[n.label_count] = (uint8_t)at;
	n.len = at + 1;
	for (size_t i = 0; i < n.len; i++) {
		uint8_t c = target[i]; /* lengths are below 'A' */

		a->own_lower[i] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
	}
	memset(a->own_lower + n.len, 0, QUESTION_NAME_PAD);
	a->name_len = (uint8_t)n.len;
	a->label_count = (uint8_t)n.label_count;
	hash_ancestors(a->own_lower, a->own_label_at, n.label_count, a->hash);
	switch (zone_set_match(a->set, &n, w->q->type, &z)) {
	case MATCH_NONE:
		a->result = ANSWER_OUTSIDE;
		a->outside = target;
		return false;
	case MATCH_BROKEN:
		a->rcode = RCODE_SERVFAIL;
		return false;
	case MATCH_ZONE:
		break;
	}
	w->z = z;
	w->record = a->label_count <= z->depth_max ? record_at(w, a->label_count)
						   : NULL;
	return true;
}

/* A DNAME that redirects a chain again stands there once. */
static bool is_in(const struct answer *a, const struct ready *r)
{
	for (unsigned i = 0; i < a->part_count; i++)
		if (a->parts[i].ready == r)
			return true;
	return false;
}

/* The question's case is kept in front of the target (RFC 6672 2.2). */
static bool follow_dname(struct follow_walk *w)
{
	struct answer *a = w->a;
	const struct ready *dname = record_has(w, RR_DNAME);
	const uint8_t *wire = ready_wire(dname);
	size_t prefix_len = label_offset(a, w->depth);
	size_t target_len = name_wire_len(wire + TARGET_AT);
	uint8_t *target = a->scratch + a->scratch_len;
	struct answer_part *p;

	if (!is_in(a, dname))
		add_ready(a, dname, true);
	if (prefix_len + target_len > NAME_MAX_LEN) {
		a->rcode = RCODE_YXDOMAIN;
		return false;
	}
	if (prefix_len + target_len > sizeof(a->scratch) - a->scratch_len)
		return false;
	memcpy(target, a->wire, prefix_len);
	memcpy(target + prefix_len, wire + TARGET_AT, target_len);
	a->scratch_len = (uint16_t)(a->scratch_len + prefix_len + target_len);
	p = add_part(a);
	p->target = target;
	p->target_len = (uint8_t)(prefix_len + target_len);
	p->ttl = (uint32_t)wire[6] << 24 | (uint32_t)wire[7] << 16 |
		 (uint32_t)wire[8] << 8 | wire[9];
	/* Asked for a CNAME, this is it; for ANY, it is enough. */
	return w->q->type != RR_CNAME && w->q->type != RR_ANY && go_on(w, target);
}

static void add_positive(struct follow_walk *w, const struct ready *r)
{
	add_ready(w->a, r, false);
	if (w->dnssec_ok && !w->exact)
		prove_wildcard(w->a, w->z, w->depth);
}

/* What an alias's owner has of its own is not looked for elsewhere (RFC 4035 2.5). */
static bool has_own(const struct record *r, uint16_t type)
{
	return type == RR_CNAME ||
	       ((type == RR_RRSIG || type == RR_NSEC) && record_find(r, type, false));
}

/* The name is there, or a wildcard stands for it. Returns whether a chain goes on. */
static bool follow_record(struct follow_walk *w)
{
	const struct record *r = w->record;
	uint16_t type = w->q->type;
	const struct ready *found = NULL;

	if (r->flags & RECORD_LIVE)
		found = follow_live(r, type, w->live);
	if (found && ready_count(found, READY_ANSWER) == 0 &&
	    found->qname_len != w->a->name_len) {
		add_ready(w->a, found, true);
		return false;
	}
	if (found == NULL && r->flags & RECORD_CNAME && !has_own(r, type)) {
		found = record_has(w, RR_CNAME);
		add_positive(w, found);
		if (type == RR_ANY)
			return false;
		w->a->parts[w->a->part_count - 1].ends = false;
		return go_on(w, ready_wire(found) + TARGET_AT);
	}
	if (found == NULL && type == RR_ANY && r->set_count) /* RFC 8482 4.1 */
		found = set_ready(r, record_sets_for(r, w->dnssec_ok)[0]);
	else if (found == NULL && type != SET_REFERRAL)
		found = record_find(r, type, w->dnssec_ok);
	if (found)
		add_positive(w, found);
	else
		add_negative(w, RCODE_NOERROR);
	return false;
}

static bool follow_wildcard(struct follow_walk *w)
{
	size_t at = label_offset(w->a, w->depth);

	w->record = zone_wildcard(w->z, w->a->hash[w->depth], w->a->lower + at,
				  (size_t)w->a->name_len - w->z->origin.len - at);
	return follow_record(w);
}

static bool follow_name(struct follow_walk *w)
{
	locate(w);
	if (w->record->flags & RECORD_CUT && !(w->exact && w->q->type == RR_DS)) {
		add_ready(w->a, record_find(w->record, SET_REFERRAL, w->dnssec_ok),
			  !w->exact);
		return false;
	}
	if (w->exact)
		return follow_record(w);
	if (w->record->flags & RECORD_DNAME)
		return follow_dname(w);
	if (w->record->flags & RECORD_WILDCARD)
		return follow_wildcard(w);
	add_negative(w, RCODE_NXDOMAIN);
	return false;
}

static void begin(const struct question *q, struct answer *a)
{
	a->wire = q->wire;
	a->lower = q->name;
	a->label_at = q->label_at;
	a->name_len = q->name_len;
	a->label_count = q->label_count;
	a->scratch_len = 0;
	a->proof_count = 0;
	a->rcode = RCODE_NOERROR;
}

/* Octets of the parts that somebody else found and that a name of ours follows. */
static size_t foreign_len(const struct answer *a)
{
	size_t len = 0;

	for (unsigned i = 0; i < a->part_count; i++)
		len += a->parts[i].target_at ? a->parts[i].ready->wire_len : 0;
	return len;
}

enum answer_result answer_add(const struct question *q, const struct answer_live *live,
			      const struct ready *found, size_t target_at,
			      struct answer *a)
{
	struct follow_walk w = {
		.q = q, .live = live, .a = a, .dnssec_ok = q->edns.dnssec_ok
	};
	struct answer_part *p;

	a->result = ANSWER_FOUND;
	if (a->part_count + 3 > ANSWER_PARTS_MAX)
		return ANSWER_FOUND; /* the chain ends here, as one of ours does */
	if (a->part_count == 0) {
		begin(q, a);
		a->authoritative = false;
		if (target_at == 0) { /* all there is */
			a->ready = found;
			a->rcode = found->flags[1];
			return ANSWER_FOUND;
		}
	}
	add_ready(a, found, false);
	if (target_at == 0 || foreign_len(a) + found->wire_len > FOREIGN_MAX_LEN)
		return ANSWER_FOUND;
	p = &a->parts[a->part_count - 1];
	p->ends = false;
	p->target_at = (uint16_t)target_at;
	if (go_on(&w, ready_wire(found) + target_at))
		while (follow_name(&w))
			;
	return a->result;
}

enum answer_result follow(const struct question *q, const struct answer_live *live,
			  struct answer *a)
{
	struct follow_walk w = { .q = q,
				 .live = live,
				 .a = a,
				 .z = a->zone,
				 .record = a->record,
				 .dnssec_ok = q->edns.dnssec_ok };

	begin(q, a);
	while (follow_name(&w))
		;
	a->authoritative = q->class == CLASS_IN && a->parts[0].ready->flags[0] != 0;
	return a->result;
}
