#include "resolver/recursion/recursed.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "dns/question.h"
#include "dns/rr.h"

enum {
	RRSETS_MAX = 200,
	RDATAS_MAX = 1000, /* BIND takes 100 a set */
	OCTETS_MAX = 512 * 1024,
	MESSAGE_MAX = DNS_HEADER_LEN + NAME_MAX_LEN + 4 + RECURSION_RECORDS_MAX_LEN,
	TTL_MAX_S = 86400,
	NEGATIVE_MAX_S = 3600,
	PLAIN_TTL_S = 5, /* for an answer without a TTL */
	CHAIN_MAX = 16,
	SOA_TAIL_LEN = 4,
	POINTER_BITS = 0xc0,
	FIXED_LEN = 10 /* type, class, TTL, RDLENGTH */
};

struct recursed {
	struct ready_builder *builder;
	struct arena arena;
	struct buffer rdata;
	struct ready_rrset rrsets[RRSETS_MAX];
	struct ready_rrset kept[RRSETS_MAX]; /* of them, in the order of the chain */
	bool is_kept[RRSETS_MAX];
	size_t kept_count;
	bool walled; /* a private address was removed */
	const struct rebind *rebind;
	struct ready_rdata rdatas[RDATAS_MAX];
	size_t rrset_count;
	size_t rdata_count;
	uint32_t least_ttl_s; /* of the answer section */
	uint32_t negative_s;  /* of the SOA; 0: none was seen */
	uint8_t message[MESSAGE_MAX];
};

struct recursed *recursed_new(void)
{
	struct recursed *r = alloc(sizeof(*r));

	r->builder = ready_builder_new();
	arena_init(&r->arena, OCTETS_MAX);
	return r;
}

void recursed_free(struct recursed *r)
{
	if (r == NULL)
		return;
	ready_builder_free(r->builder);
	arena_fini(&r->arena);
	buffer_fini(&r->rdata);
	free(r);
}

/* The types that the query asks for, as opposed to records for DO. */
static bool is_wanted(const struct recursion_question *q, uint16_t type)
{
	if (rr_type_is_meta(type))
		return false;
	if (q->dnssec_ok || type == q->type || q->type == RR_ANY)
		return true;
	return type != RR_RRSIG && type != RR_NSEC && type != RR_NSEC3;
}

/* The set that one more record belongs to: the last one, or a new one. */
static int find_set(struct recursed *r, const struct ready_rrset *like)
{
	struct ready_rrset *last = r->rrset_count ? &r->rrsets[r->rrset_count - 1]
						  : NULL;

	if (last && last->type == like->type && last->section == like->section &&
	    name_equal(last->owner, like->owner)) {
		if (like->ttl < last->ttl)
			last->ttl = like->ttl; /* RFC 2181 5.2 */
		return OK;
	}
	if (r->rrset_count == RRSETS_MAX)
		return ERR_LIMIT;
	r->rrsets[r->rrset_count] = *like;
	r->rrsets[r->rrset_count].rdatas = r->rdatas + r->rdata_count;
	r->rrset_count++;
	return OK;
}

static void note_ttl(struct recursed *r, const struct ready_rrset *s)
{
	uint32_t minimum;
	const uint8_t *tail;

	if (s->section == READY_ANSWER && s->ttl < r->least_ttl_s)
		r->least_ttl_s = s->ttl;
	if (s->section != READY_AUTHORITY || s->type != RR_SOA || r->rdata.len < 22)
		return;
	tail = r->rdata.octets + r->rdata.len - SOA_TAIL_LEN;
	minimum = (uint32_t)tail[0] << 24 | (uint32_t)tail[1] << 16 |
		  (uint32_t)tail[2] << 8 | tail[3];
	r->negative_s = s->ttl < minimum ? s->ttl : minimum;
}

static int keep_record(struct recursed *r, const struct name *owner,
		       struct ready_rrset *like)
{
	uint8_t *octets = (uint8_t *)arena_copy(&r->arena, r->rdata.octets,
						r->rdata.len);
	int err;

	like->owner = (uint8_t *)arena_copy(&r->arena, owner->wire, owner->len);
	if (octets == NULL || like->owner == NULL || r->rdata_count == RDATAS_MAX)
		return ERR_LIMIT;
	err = find_set(r, like);
	if (err)
		return err;
	r->rdatas[r->rdata_count++] = (struct ready_rdata){
		.octets = octets,
		.len = (uint16_t)r->rdata.len,
	};
	r->rrsets[r->rrset_count - 1].count++;
	note_ttl(r, like);
	return OK;
}

static int read_record(struct recursed *r, struct reader *m,
		       const struct recursion_question *q, enum ready_section section)
{
	struct ready_rrset like = { .section = section };
	struct name owner;
	uint16_t class;
	uint16_t len;
	int err = name_read(m, &owner);

	like.type = reader_u16(m);
	class = reader_u16(m);
	like.ttl = reader_u32(m);
	len = reader_u16(m);
	if (err || m->err)
		return ERR_MALFORMED;
	if (like.ttl > INT32_MAX)
		like.ttl = 0; /* RFC 2181 8 */
	if (like.ttl > TTL_MAX_S)
		like.ttl = TTL_MAX_S;
	if (class != CLASS_IN || !is_wanted(q, like.type)) {
		(void)reader_take(m, len);
		return m->err;
	}
	r->rdata.len = 0;
	err = rr_rdata_read(m, like.type, len, &r->rdata);
	if (err || r->rdata.len > UINT16_MAX)
		return ERR_MALFORMED;
	if (!rebind_allows(r->rebind, &owner, like.type, r->rdata.octets,
			   r->rdata.len)) {
		r->walled = true;
		return OK;
	}
	return keep_record(r, &owner, &like);
}

/* Compression pointers count from the start of a message, so one is built again. */
static struct reader message_of(struct recursed *r, const struct recursion_question *q,
				const struct recursion_answer *a)
{
	struct writer w = writer_of(r->message, sizeof(r->message));
	struct reader m;

	writer_zero(&w, DNS_HEADER_LEN);
	writer_octets(&w, q->name.wire, q->name.len);
	writer_u16(&w, q->type);
	writer_u16(&w, CLASS_IN);
	m = reader_of(r->message, writer_len(&w) + a->records_len);
	m.at += writer_len(&w);
	writer_octets(&w, a->records, a->records_len);
	if (w.err)
		m.err = w.err;
	return m;
}

static int read_sections(struct recursed *r, const struct recursion_question *q,
			 const struct recursion_answer *a)
{
	struct reader m = message_of(r, q, a);
	int err = m.err;

	for (int section = 0; section < 3; section++)
		for (uint16_t i = 0; i < a->counts[section] && err == OK; i++)
			err = read_record(r, &m, q, (enum ready_section)section);
	if (err == OK && reader_left(&m))
		err = ERR_MALFORMED;
	return err;
}

static bool is_ours(const struct zone_set *ours, const uint8_t *wire)
{
	struct name name = { .len = (uint8_t)name_wire_len(wire) };
	bool broken;

	memcpy(name.wire, wire, name.len);
	name.label_count = (uint8_t)name_labels(wire);
	name_lower(&name);
	return zone_set_find(ours, &name, &broken) || broken;
}

static void keep(struct recursed *r, size_t i)
{
	if (r->is_kept[i])
		return;
	r->is_kept[i] = true;
	r->kept[r->kept_count++] = r->rrsets[i];
}

/* Keeps the DNAMEs above a name, which its CNAME was made of, and their signatures. */
static void keep_above(struct recursed *r, const uint8_t *name)
{
	for (size_t i = 0; i < r->rrset_count; i++) {
		const struct ready_rrset *s = &r->rrsets[i];

		if (s->section == READY_ANSWER &&
		    (s->type == RR_DNAME || s->type == RR_RRSIG) &&
		    name_is_within(name, s->owner) && !name_equal(name, s->owner))
			keep(r, i);
	}
}

/* The CNAME that goes on from a name, not followed before; or NULL. */
static struct ready_rrset *cname_at(struct recursed *r, const uint8_t *name)
{
	for (size_t i = 0; i < r->rrset_count; i++) {
		struct ready_rrset *s = &r->rrsets[i];

		if (s->section == READY_ANSWER && s->type == RR_CNAME &&
		    !r->is_kept[i] && name_equal(s->owner, name)) {
			s->count = 1;
			keep(r, i);
			return s;
		}
	}
	return NULL;
}

/* Keeps the queried type at a name, and its signatures. */
static bool keep_at(struct recursed *r, const struct recursion_question *q,
		    const uint8_t *name)
{
	bool found = false;

	for (size_t i = 0; i < r->rrset_count; i++) {
		const struct ready_rrset *s = &r->rrsets[i];

		if (s->section != READY_ANSWER || !name_equal(s->owner, name) ||
		    (s->type != q->type && s->type != RR_RRSIG && q->type != RR_ANY))
			continue;
		found |= s->type != RR_RRSIG || q->type == RR_RRSIG;
		keep(r, i);
	}
	return found;
}

/* Keeps the SOA of a denial, and its proofs. */
static void keep_denial(struct recursed *r, const uint8_t *name,
			const struct zone_set *ours)
{
	bool has_soa = false;

	for (size_t i = 0; i < r->rrset_count; i++) {
		const struct ready_rrset *s = &r->rrsets[i];
		bool soa = s->type == RR_SOA && name_is_within(name, s->owner) &&
			   !is_ours(ours, s->owner);

		if (s->section != READY_AUTHORITY ||
		    !(soa || s->type == RR_NSEC || s->type == RR_NSEC3 ||
		      s->type == RR_RRSIG))
			continue;
		has_soa |= soa;
		keep(r, i);
	}
	if (!has_soa)
		r->negative_s = 0;
}

/*
 * Keeps what belongs to the answer, in order: the chain from the queried name, and the
 * denial of its end. Everything else that a server sends is ignored. The chain ends at
 * a target that is ours, which is returned.
 */
static const uint8_t *keep_chain(struct recursed *r, const struct recursion_question *q,
				 const struct zone_set *ours)
{
	const uint8_t *name = q->name.wire;

	for (int i = 0; i < CHAIN_MAX; i++) {
		const struct ready_rrset *cname;

		keep_above(r, name);
		if (keep_at(r, q, name))
			break;
		cname = cname_at(r, name);
		if (cname == NULL)
			break;
		name = cname->rdatas[0].octets;
		if (is_ours(ours, name))
			return name;
	}
	keep_denial(r, name, ours);
	return NULL;
}

/* Returns the octet after an owner name, in a wire that we built ourselves. */
static size_t skip_name(const uint8_t *wire, size_t at)
{
	while (wire[at] && wire[at] < POINTER_BITS)
		at += (size_t)wire[at] + 1;
	return at + (wire[at] ? 2 : 1);
}

static size_t rdata_len(const uint8_t *fixed)
{
	return (size_t)(fixed[8] << 8 | fixed[9]);
}

/* Returns where the RDATA of the last record begins. */
static size_t last_rdata_at(const struct ready *ready)
{
	const uint8_t *wire = ready_wire(ready);
	size_t found = 0;

	for (size_t at = 0; at < ready->wire_len;) {
		at = skip_name(wire, at);
		found = at + FIXED_LEN;
		at = found + rdata_len(wire + at);
	}
	return found;
}

void recursed_age(uint8_t *wire, size_t len, uint32_t passed_s, uint32_t fixed_s)
{
	for (size_t at = 0; at < len;) {
		uint8_t *ttl;
		uint32_t left;

		at = skip_name(wire, at);
		ttl = wire + at + 4;
		left = (uint32_t)ttl[0] << 24 | (uint32_t)ttl[1] << 16 |
		       (uint32_t)ttl[2] << 8 | ttl[3];
		left = left > passed_s ? left - passed_s : 0;
		if (fixed_s)
			left = fixed_s;
		ttl[0] = (uint8_t)(left >> 24);
		ttl[1] = (uint8_t)(left >> 16);
		ttl[2] = (uint8_t)(left >> 8);
		ttl[3] = (uint8_t)left;
		at += FIXED_LEN + rdata_len(wire + at);
	}
}

static uint32_t ttl_of(const struct recursed *r, uint8_t rcode)
{
	bool empty = r->kept_count == 0 || r->kept[0].section != READY_ANSWER;

	if (rcode == RCODE_NXDOMAIN || (rcode == RCODE_NOERROR && empty)) {
		uint32_t s = r->negative_s ? r->negative_s : PLAIN_TTL_S;

		return s < r->least_ttl_s ? (s < NEGATIVE_MAX_S ? s : NEGATIVE_MAX_S)
					  : r->least_ttl_s;
	}
	if (rcode != RCODE_NOERROR)
		return PLAIN_TTL_S;
	return r->least_ttl_s;
}

static const struct ready *build(struct recursed *r, const struct name *name,
				 uint8_t rcode)
{
	const struct ready_plan plan = {
		.qname = name->wire,
		.rcode = rcode,
		.rrsets = r->kept,
		.count = r->kept_count,
	};

	return ready_build(r->builder, &plan);
}

static void begin(struct recursed *r)
{
	arena_reset(&r->arena);
	r->rrset_count = r->rdata_count = r->kept_count = 0;
	memset(r->is_kept, 0, sizeof(r->is_kept));
	r->walled = false;
	r->least_ttl_s = TTL_MAX_S;
	r->negative_s = 0;
}

const struct ready *recursed_empty(struct recursed *r, const struct name *name,
				   uint8_t rcode)
{
	begin(r);
	return build(r, name, rcode);
}

int recursed_read(struct recursed *r, const struct recursion_question *q,
		  const struct recursion_answer *a, const struct zone_set *ours,
		  const struct rebind *rebind, struct recursed_answer *out)
{
	struct recursed_answer made = { 0 };
	const uint8_t *target;
	uint8_t rcode = a->rcode;
	int err;

	begin(r);
	r->rebind = rebind;
	err = read_sections(r, q, a);
	if (err)
		return err;
	target = keep_chain(r, q, ours);
	if (target)
		rcode = RCODE_NOERROR;
	made.ttl_s = ttl_of(r, rcode);
	made.ready = build(r, &q->name, rcode);
	if (made.ready == NULL)
		return ERR_LIMIT;
	if (target)
		made.target_at = (uint16_t)last_rdata_at(made.ready);
	made.walled = r->walled;
	*out = made;
	return OK;
}
