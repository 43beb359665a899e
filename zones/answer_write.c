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
};

/* A message that grows by parts. */
struct draft {
	uint8_t *msg;
	size_t len, limit_len;
	size_t name_at; /* of the name that is asked for */
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

/* Writes the RRsets that fit. A required one that does not sets TC. */
static void put_ready(struct draft *d, const struct answer_part *p)
{
	const struct ready *r = p->ready;
	const struct ready_cut *cuts = ready_cuts(r);
	size_t room = d->limit_len - d->len;
	struct ready_move move;
	size_t len = 0;

	move_of(d, p, &move);
	if (r->wire_len <= room) {
		for (unsigned i = 0; i < 3; i++)
			d->counts[i] += ready_count(r, (enum ready_section)i);
		len = r->wire_len;
	} else if (r->cut_count == 0)
		d->truncated = true;
	for (unsigned i = 0; i < r->cut_count && r->wire_len > room; i++) {
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

static size_t write_parts(const struct answer *a, const struct answer_part *parts,
			  size_t count, struct draft *d)
{
	uint8_t *counts = d->msg + COUNTS_AT;

	for (size_t i = 0; i < count && !d->truncated; i++)
		if (parts[i].ready)
			put_ready(d, &parts[i]);
		else
			put_made(d, &parts[i]);
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
