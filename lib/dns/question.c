#include "dns/question.h"

#include <string.h>

#include "dns/rr.h"

enum {
	OPCODE_QUERY = 0,
	LABEL_MAX_LEN = 63,
	/* TYPE, CLASS, TTL and RDLENGTH of one record. */
	RECORD_FIXED_LEN = 10,
	/* Records walked to find OPT; a query has at most SOA, OPT and TSIG. */
	RECORDS_MAX = 8,
};

/* Eight octets at once, ASCII letters to lower case; octets above 127 stay. */
static uint64_t lower_eight(uint64_t octets)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t low7 = octets & ones * 0x7f;
	uint64_t from_a = low7 + ones * (0x80 - 'A');     /* bit 7: at least 'A' */
	uint64_t past_z = low7 + ones * (0x80 - 'Z' - 1); /* bit 7: above 'Z' */
	uint64_t upper = from_a & ~past_z & ~octets & ones * 0x80;

	return octets | upper >> 2;
}

/* Copies the name in lower case, with zeros after it. A length octet is below 'A'. */
static void copy_lower(struct question *q)
{
	size_t len = q->name_len;

	memcpy(q->name, q->wire, len);
	memset(q->name + len, 0, QUESTION_NAME_PAD);
	for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
		uint64_t octets;

		memcpy(&octets, q->name + i, sizeof(octets));
		octets = lower_eight(octets);
		memcpy(q->name + i, &octets, sizeof(octets));
	}
}

static int read_name(struct reader *r, struct question *q)
{
	const uint8_t *wire = r->at;
	size_t left = reader_left(r);
	size_t at = 0;
	unsigned count = 0;

	for (;;) {
		size_t len;

		if (at >= left)
			return ERR_SHORT;
		len = wire[at];
		q->label_at[count] = (uint8_t)at;
		if (len == 0)
			break;
		at += len + 1;
		if (len > LABEL_MAX_LEN || at >= NAME_MAX_LEN)
			return ERR_MALFORMED;
		count++;
	}
	q->wire = wire;
	q->name_len = (uint8_t)(at + 1);
	q->label_count = (uint8_t)count;
	r->at += at + 1;
	copy_lower(q);
	return OK;
}

/* Skips a name without keeping it; its labels must be whole. */
static void skip_name(struct reader *r)
{
	struct name unused;

	name_read(r, &unused); /* latches in `r` */
}

/* One record after the question. `last`: none follows it. */
static int read_record(struct reader *r, struct question *q, bool additional, bool last)
{
	uint16_t at = (uint16_t)(r->at - r->start);
	bool at_root = reader_left(r) && *r->at == 0;
	uint16_t type;

	if (at_root)
		r->at++;
	else
		skip_name(r);
	type = reader_u16(r);
	if (type == RR_OPT) {
		if (!additional || !at_root || q->edns.present)
			return ERR_MALFORMED;
		q->edns.opt_at = at;
		return edns_read(r, &q->edns);
	}
	if (type == RR_TSIG) {
		if (!additional || !last || reader_u16(r) != CLASS_ANY)
			return ERR_MALFORMED;
		q->tsig_at = at;
		reader_take(r, RECORD_FIXED_LEN - 6);
	} else {
		reader_take(r, RECORD_FIXED_LEN - 4);
	}
	reader_take(r, reader_u16(r));
	return r->err;
}

static int read_records(struct reader *r, struct question *q, unsigned authority_count,
			unsigned additional_count)
{
	unsigned count = authority_count + additional_count;

	if (count > RECORDS_MAX)
		return ERR_LIMIT;
	if (authority_count)
		q->authority_at = q->question_end;
	for (unsigned i = 0; i < count; i++) {
		int err = read_record(r, q, i >= authority_count, i + 1 == count);

		if (err)
			return err;
	}
	return reader_left(r) ? ERR_MALFORMED : OK;
}

static enum question_verdict read_body(struct reader *r, struct question *q)
{
	unsigned question_count = reader_u16(r);
	unsigned answer_count = reader_u16(r);
	unsigned authority_count = reader_u16(r);
	unsigned additional_count = reader_u16(r);

	if (question_count > 1 || answer_count)
		return QUESTION_FORMERR;
	if (question_count) {
		if (read_name(r, q))
			return QUESTION_FORMERR;
		q->type = reader_u16(r);
		q->class = reader_u16(r);
		if (r->err)
			return QUESTION_FORMERR;
		q->question_end = (uint16_t)(r->at - r->start);
	}
	/* An authority record belongs to IXFR alone (RFC 1995 3). */
	if (authority_count && q->type != RR_IXFR)
		return QUESTION_FORMERR;
	if (read_records(r, q, authority_count, additional_count))
		return QUESTION_FORMERR;
	if (q->edns.version)
		return QUESTION_BADVERS;
	if (!question_count)
		return q->edns.cookie_len ? QUESTION_COOKIE_ONLY : QUESTION_FORMERR;
	return QUESTION_OK;
}

static enum question_verdict read_packet(const uint8_t *packet, size_t len,
					 struct question *q)
{
	struct reader r = reader_of(packet, len);
	unsigned flags;

	if (len < DNS_HEADER_LEN)
		return QUESTION_DROP;
	q->id = reader_u16(&r);
	flags = reader_u16(&r);
	q->opcode = (uint8_t)(flags >> 11 & 15);
	q->recursion_desired = flags & 0x0100;
	q->authentic_data = flags & 0x0020;
	q->checking_disabled = flags & 0x0010;
	if (flags & 0x8000)
		return QUESTION_DROP;
	if (q->opcode != OPCODE_QUERY)
		return QUESTION_NOTIMP;
	return read_body(&r, q);
}

enum question_verdict question_read(const uint8_t *packet, size_t len,
				    struct question *q)
{
	/* The name and its offsets are not cleared: their lengths are. */
	memset(q, 0, offsetof(struct question, label_at));
	q->verdict = read_packet(packet, len, q);
	return q->verdict;
}
