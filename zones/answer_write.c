#include "zones/answer.h"

#include <string.h>

#include "dns/rr.h"

enum {
	FLAG_QR = 0x80,
	FLAG_AA = 0x04,
	FLAG_TC = 0x02,
	KEPT_RD = 0x01,
	KEPT_CD = 0x10,
	COUNTS_AT = 6,
	MADE_FIXED_LEN = 12, /* pointer, type, class, TTL, RDLENGTH */
	POINTER_MIN = 0xc0,
	POINTER_REACH = 0x3fff,
};

/* A message that grows by parts. */
struct draft {
	uint8_t *msg;
	size_t len, limit_len;
	size_t name_at;                      /* of the name that is asked for */
	uint16_t name_ats[ANSWER_PARTS_MAX]; /* in each part */
	unsigned counts[3];
	bool truncated;
};

static void finish_header(uint8_t *msg, const struct answer *a, bool truncated)
{
	uint8_t flags = (uint8_t)(FLAG_QR | (msg[2] & KEPT_RD));

	if (a->authoritative)
		flags |= FLAG_AA;
	if (truncated)
		flags |= FLAG_TC;
	msg[2] = flags;
	msg[3] = (uint8_t)((msg[3] & KEPT_CD) | a->rcode);
	msg[4] = 0;
	msg[5] = 1;
}

static void move_of(const struct draft *d, const struct answer_part *p,
		    struct ready_move *out)
{
	int base = DNS_HEADER_LEN;

	out->tail = (int)d->name_at + p->name_len - p->ready->qname_len - base;
	out->head = p->above ? out->tail + base : (int)d->name_at;
	out->body = (int)d->len - (base + p->ready->qname_len + 4);
}

/* Writes the RRsets that fit. A required one that does not sets TC.
 *
 * bare  without the additional section: something of the authority comes after
 */
static void put_ready(struct draft *d, const struct answer_part *p, bool bare)
{
	const struct ready *r = p->ready;
	const struct ready_cut *cuts = ready_cuts(r);
	size_t room = d->limit_len - d->len;
	struct ready_move move;
	size_t len = 0;

	move_of(d, p, &move);
	bare = bare && r->cut_count;
	if (!bare && r->wire_len <= room) {
		for (unsigned i = 0; i < 3; i++)
			d->counts[i] += ready_count(r, (enum ready_section)i);
		len = r->wire_len;
	} else if (r->cut_count == 0)
		d->truncated = true;
	for (unsigned i = 0; i < r->cut_count && (bare || r->wire_len > room); i++) {
		if (bare && cuts[i].section == READY_ADDITIONAL)
			break;
		if (cuts[i].end > room) {
			d->truncated = d->truncated || cuts[i].required;
			break;
		}
		len = cuts[i].end;
		d->counts[cuts[i].section] += cuts[i].record_count;
	}
	ready_copy_moved(r, &move, len, d->msg + d->len);
	if (!p->ends)
		d->name_at = d->len + (p->target_at ? p->target_at : MADE_FIXED_LEN);
	d->len += len;
}

/* The CNAME that a DNAME made: its target stands whole, for the next part. */
static void put_made(struct draft *d, const struct answer_part *p)
{
	uint8_t *at = d->msg + d->len;
	const uint8_t fixed[MADE_FIXED_LEN] = {
		(uint8_t)(0xc0 | d->name_at >> 8),
		(uint8_t)d->name_at,
		0,
		RR_CNAME,
		0,
		CLASS_IN,
		(uint8_t)(p->ttl >> 24),
		(uint8_t)(p->ttl >> 16),
		(uint8_t)(p->ttl >> 8),
		(uint8_t)p->ttl,
		0,
		p->target_len,
	};

	if (d->limit_len - d->len < sizeof(fixed) + p->target_len) {
		d->truncated = true;
		return;
	}
	memcpy(at, fixed, sizeof(fixed));
	memcpy(at + sizeof(fixed), p->target, p->target_len);
	d->counts[READY_ANSWER]++;
	d->name_at = d->len + sizeof(fixed);
	d->len += sizeof(fixed) + p->target_len;
}

/* Spells the name that stands at `target` of a blob's message, down to a pointer into
 * its question, which is moved. Returns where it ends. */
static uint8_t *spell(const struct ready *r, const struct ready_move *m,
		      unsigned target, uint8_t *to)
{
	unsigned body_at = DNS_HEADER_LEN + r->qname_len + 4U;

	while (target >= body_at) {
		const uint8_t *label = ready_wire(r) + target - body_at;

		if (*label >= POINTER_MIN) {
			target = (label[0] & 0x3fU) << 8 | label[1];
			continue;
		}
		memcpy(to, label, (size_t)*label + 1);
		to += (size_t)*label + 1;
		if (*label == 0)
			return to;
		target += *label + 1U;
	}
	target += (unsigned)(target == DNS_HEADER_LEN ? m->head - DNS_HEADER_LEN
						      : m->tail);
	*to++ = (uint8_t)(POINTER_MIN | target >> 8);
	*to++ = (uint8_t)target;
	return to;
}

/*
 * Copies a blob where pointers cannot reach what stands in it: its owners, all that is
 * compressed in a proof, are written out down to the part that the question has.
 * Returns the octets.
 */
static size_t copy_spelt(const struct ready *r, const struct ready_move *m,
			 uint8_t *out)
{
	const uint16_t *pointers = ready_pointers(r);
	const uint8_t *wire = ready_wire(r);
	uint8_t *to = out;
	size_t done = 0;

	for (unsigned i = 0; i < r->pointer_count; i++) {
		unsigned at = pointers[i];

		memcpy(to, wire + done, at - done);
		to += at - done;
		to = spell(r, m, (wire[at] & 0x3fU) << 8 | wire[at + 1], to);
		done = at + 2U;
	}
	memcpy(to, wire + done, r->wire_len - done);
	return (size_t)(to - out) + r->wire_len - done;
}

/* Two records' owners at most are longer when they are spelt. */
static void put_proof(struct draft *d, const struct answer *a,
		      const struct answer_proof *proof)
{
	const struct answer_part *of = &a->parts[proof->part];
	const struct ready *r = proof->ready;
	const struct answer_part part = {
		.ready = r, .name_len = of->name_len, .above = true, .ends = true
	};
	size_t name_at = d->name_at;
	struct ready_move move;

	d->name_at = d->name_ats[proof->part];
	if (d->len + r->wire_len <= POINTER_REACH) {
		put_ready(d, &part, false);
	} else if (d->limit_len - d->len <
		   r->wire_len + (size_t)r->pointer_count * NAME_MAX_LEN) {
		d->truncated = true;
	} else {
		move_of(d, &part, &move);
		d->len += copy_spelt(r, &move, d->msg + d->len);
		d->counts[READY_AUTHORITY] += ready_count(r, READY_AUTHORITY);
	}
	d->name_at = name_at;
}

static void put_proofs(struct draft *d, const struct answer *a)
{
	for (unsigned i = 0; i < a->proof_count && !d->truncated; i++)
		put_proof(d, a, &a->proofs[i]);
}

/* A referral: its glue comes after all proofs. */
static bool is_referral(const struct answer_part *p)
{
	return p->ready && ready_count(p->ready, READY_ANSWER) == 0 &&
	       ready_count(p->ready, READY_ADDITIONAL) != 0;
}

static size_t write_parts(const struct answer *a, const struct answer_part *parts,
			  size_t count, struct draft *d)
{
	uint8_t *counts = d->msg + COUNTS_AT;
	bool last_is_referral = count && is_referral(&parts[count - 1]);

	for (size_t i = 0; i < count && !d->truncated; i++) {
		d->name_ats[i] = (uint16_t)d->name_at;
		if (i + 1 == count && last_is_referral)
			put_proofs(d, a);
		if (d->truncated)
			break;
		if (parts[i].ready)
			put_ready(d, &parts[i], a->proof_count && !last_is_referral);
		else
			put_made(d, &parts[i]);
	}
	if (!last_is_referral)
		put_proofs(d, a);
	finish_header(d->msg, a, d->truncated);
	for (size_t i = 0; i < 3; i++) {
		counts[2 * i] = (uint8_t)(d->counts[i] >> 8);
		counts[2 * i + 1] = (uint8_t)d->counts[i];
	}
	return d->len;
}

/* A whole answer that does not fit. */
static size_t write_cut(const struct answer *a, struct draft *d)
{
	const struct answer_part part = { .ready = a->ready,
					  .name_len = a->ready->qname_len,
					  .ends = true };

	return write_parts(a, &part, 1, d);
}

size_t answer_write(const struct answer *a, uint8_t *msg, size_t question_end,
		    size_t limit_len)
{
	const struct ready *r = a->ready;
	struct draft d = { .msg = msg,
			   .len = question_end,
			   .limit_len = limit_len,
			   .name_at = DNS_HEADER_LEN };

	if (r == NULL)
		return write_parts(a, a->parts, a->part_count, &d);
	if (r->wire_len > limit_len - question_end)
		return write_cut(a, &d);
	memcpy(msg + question_end, ready_wire(r), r->wire_len);
	finish_header(msg, a, false);
	memcpy(msg + COUNTS_AT, r->counts, sizeof(r->counts));
	return question_end + r->wire_len;
}
