#include "dns/recursion.h"

enum question_flag {
	QUESTION_DO = 1,
	QUESTION_CD = 2,
	QUESTION_SECOND = 4,
	QUESTION_FLAGS = 7
};
enum answer_flag { ANSWER_SECURE = 1, ANSWER_EDE = 2, ANSWER_FLAGS = 3 };
enum { RCODE_MAX = 15 };

int recursion_question_write(struct writer *w, const struct recursion_question *q)
{
	struct writer all = *w;
	int flags = (q->dnssec_ok ? QUESTION_DO : 0) |
		    (q->checking_disabled ? QUESTION_CD : 0) |
		    (q->second ? QUESTION_SECOND : 0);

	writer_u32(&all, (uint32_t)(q->tag >> 32));
	writer_u32(&all, (uint32_t)q->tag);
	writer_u16(&all, q->type);
	writer_u8(&all, (uint8_t)flags);
	writer_octets(&all, q->name.wire, q->name.len);
	if (all.err)
		return all.err;
	*w = all;
	return OK;
}

static uint64_t read_tag(struct reader *r)
{
	uint64_t high = reader_u32(r);

	return high << 32 | reader_u32(r);
}

int recursion_question_read(struct reader *r, struct recursion_question *out)
{
	struct recursion_question q = { .tag = read_tag(r) };
	uint8_t flags;
	int err;

	q.type = reader_u16(r);
	flags = reader_u8(r);
	q.dnssec_ok = flags & QUESTION_DO;
	q.checking_disabled = flags & QUESTION_CD;
	q.second = flags & QUESTION_SECOND;
	err = r->err ? r->err : name_read_plain(r, &q.name);
	if (err == OK && flags & ~QUESTION_FLAGS)
		err = ERR_MALFORMED;
	if (err == OK)
		*out = q;
	return err;
}

int recursion_answer_write(struct writer *w, const struct recursion_answer *a)
{
	struct writer all = *w;
	int flags = (a->secure ? ANSWER_SECURE : 0) | (a->has_ede ? ANSWER_EDE : 0);

	writer_u32(&all, (uint32_t)(a->tag >> 32));
	writer_u32(&all, (uint32_t)a->tag);
	writer_u8(&all, a->rcode);
	writer_u8(&all, (uint8_t)flags);
	writer_u16(&all, a->ede);
	for (unsigned i = 0; i < 3; i++)
		writer_u16(&all, a->counts[i]);
	writer_u32(&all, (uint32_t)a->records_len);
	writer_octets(&all, a->records, a->records_len);
	if (all.err)
		return all.err;
	*w = all;
	return OK;
}

int recursion_answer_read(struct reader *r, struct recursion_answer *out)
{
	struct recursion_answer a = { .tag = read_tag(r) };
	uint8_t flags;

	a.rcode = reader_u8(r);
	flags = reader_u8(r);
	a.ede = reader_u16(r);
	for (unsigned i = 0; i < 3; i++)
		a.counts[i] = reader_u16(r);
	a.records_len = reader_u32(r);
	a.records = reader_take(r, a.records_len);
	a.secure = flags & ANSWER_SECURE;
	a.has_ede = flags & ANSWER_EDE;
	if (r->err)
		return r->err;
	if (flags & ~ANSWER_FLAGS || a.rcode > RCODE_MAX)
		return ERR_MALFORMED;
	*out = a;
	return OK;
}
