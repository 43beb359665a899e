#include "zones/ready.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dns/question.h"
#include "dns/rr.h"
#include "zones/hash.h"

enum {
	WIRE_MAX = UINT16_MAX - DNS_HEADER_LEN - NAME_MAX_LEN - 4,
	RECORD_MIN_LEN = 12, /* owner as pointer, type, class, TTL, RDLENGTH */
	POINTERS_MAX = 3 * WIRE_MAX / RECORD_MIN_LEN,
	CUTS_MAX = 255,
	SUFFIXES_MAX = 512,
	BUCKETS = 256, /* a power of two */
	HASH_PAD = 8,  /* hash_label() reads after a label */
	/* A chain of CNAMEs may move a blob back by 8 KiB; pointers reach 16. */
	TARGET_MAX = 0x2000,
	POINTER = 0xc000,
	ASTERISK_LEN = 2, /* octets of a label "*" */
};

/* A name that stands in the message and can be pointed to. */
struct suffix {
	const uint8_t *name; /* the plan's octets */
	uint64_t hash;
	uint16_t at;
	uint16_t next; /* in its bucket, as a number from 1; 0: none */
	uint8_t len;
};

struct ready_builder {
	size_t wire_len;
	size_t pointer_count;
	size_t cut_count;
	size_t suffix_count;
	bool overflow;
	bool wildcard;      /* the qname begins with "*" */
	uint16_t body_at;   /* offset of the wire in a message */
	uint16_t counts[3]; /* per section */
	const uint8_t *qname;
	struct suffix suffixes[SUFFIXES_MAX];
	uint16_t buckets[BUCKETS]; /* of suffixes, the last one first */
	/* of a name and each of its ancestors, by the octet they begin at */
	uint64_t hashes[NAME_MAX_LEN];
	struct ready_cut cuts[CUTS_MAX];
	uint16_t pointers[POINTERS_MAX];
	uint8_t wire[WIRE_MAX];
	_Alignas(uint32_t) uint8_t
		blob[sizeof(struct ready) + CUTS_MAX * sizeof(struct ready_cut) +
		     sizeof(uint16_t) * POINTERS_MAX + WIRE_MAX + 1];
};

struct ready_builder *ready_builder_new(void)
{
	hash_init(); /* attackers must not be able to choose names that collide */
	return alloc(sizeof(struct ready_builder));
}

void ready_builder_free(struct ready_builder *b)
{
	free(b);
}

static void put(struct ready_builder *b, const void *octets, size_t len)
{
	if (b->overflow || len > WIRE_MAX - b->wire_len) {
		b->overflow = true;
		return;
	}
	memcpy(b->wire + b->wire_len, octets, len);
	b->wire_len += len;
}

static void put_u16(struct ready_builder *b, unsigned value)
{
	uint8_t octets[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	put(b, octets, 2);
}

static void put_pointer(struct ready_builder *b, unsigned at)
{
	if (b->pointer_count == POINTERS_MAX) {
		b->overflow = true;
		return;
	}
	b->pointers[b->pointer_count++] = (uint16_t)b->wire_len;
	put_u16(b, POINTER | at);
}

static void hash_name(struct ready_builder *b, const uint8_t *name)
{
	uint8_t lower[NAME_MAX_LEN + HASH_PAD] = { 0 };
	uint8_t starts[NAME_MAX_LABELS];
	unsigned count = 0;
	struct name n = { .len = (uint8_t)name_wire_len(name) };
	uint64_t hash = hash_root();

	memcpy(n.wire, name, n.len);
	name_lower(&n);
	memcpy(lower, n.wire, n.len);
	for (size_t at = 0; lower[at]; at += (size_t)lower[at] + 1)
		starts[count++] = (uint8_t)at;
	while (count--) {
		hash = hash_label(hash, lower + starts[count]);
		b->hashes[starts[count]] = hash;
	}
}

static uint16_t *bucket_of(struct ready_builder *b, uint64_t hash)
{
	return &b->buckets[hash & (BUCKETS - 1)];
}

static const struct suffix *find_suffix(struct ready_builder *b, const uint8_t *name,
					size_t len, uint64_t hash)
{
	for (size_t i = *bucket_of(b, hash); i; i = b->suffixes[i - 1].next) {
		const struct suffix *s = &b->suffixes[i - 1];

		if (s->hash == hash && s->len == len && name_equal(s->name, name))
			return s;
	}
	return NULL;
}

/* Remembers a name and all its ancestors but the root, the first standing at `at`,
 * where they do not stand before. */
static void remember(struct ready_builder *b, const uint8_t *name, size_t at,
		     const uint8_t *stop, const uint64_t *hashes)
{
	size_t len = name_wire_len(name);

	while (name != stop && *name != 0 && at < TARGET_MAX &&
	       b->suffix_count < SUFFIXES_MAX) {
		size_t label_len = (size_t)*name + 1;

		if (find_suffix(b, name, len, *hashes) == NULL) {
			uint16_t *bucket = bucket_of(b, *hashes);

			b->suffixes[b->suffix_count++] = (struct suffix){
				name, *hashes, (uint16_t)at, *bucket, (uint8_t)len
			};
			*bucket = (uint16_t)b->suffix_count;
		}
		name += label_len;
		hashes += label_len;
		at += label_len;
		len -= label_len;
	}
}

/* Names that nothing yet could be compressed against are the question's own. */
static void remember_question(struct ready_builder *b)
{
	size_t skip = b->wildcard ? ASTERISK_LEN : 0;

	if (b->suffix_count)
		return;
	hash_name(b, b->qname + skip);
	remember(b, b->qname + skip, DNS_HEADER_LEN + skip, NULL, b->hashes);
}

static void put_name(struct ready_builder *b, const uint8_t *name, bool compress)
{
	const struct suffix *s = NULL;
	const uint8_t *rest = name;
	size_t at = b->body_at + b->wire_len;
	size_t len = name_wire_len(name);

	remember_question(b);
	hash_name(b, name);
	if (compress)
		while (*rest != 0) {
			s = find_suffix(b, rest, len, b->hashes[rest - name]);
			if (s)
				break;
			len -= (size_t)*rest + 1;
			rest += (size_t)*rest + 1;
		}
	else
		rest += len - 1;
	put(b, name, (size_t)(rest - name));
	if (s)
		put_pointer(b, s->at);
	else
		put(b, "", 1);
	remember(b, name, at, rest, b->hashes);
}

static void put_owner(struct ready_builder *b, const uint8_t *owner)
{
	if (owner == b->qname || (!b->wildcard && name_equal(owner, b->qname)))
		put_pointer(b, DNS_HEADER_LEN);
	else
		put_name(b, owner, true);
}

static void put_rdata(struct ready_builder *b, uint16_t type,
		      const struct ready_rdata *rdata)
{
	struct rr_name_at names[3];
	size_t name_count;
	size_t done = 0;
	size_t len_at = b->wire_len;
	size_t len;

	put_u16(b, rdata->len);
	name_count = type == RR_A || type == RR_AAAA || type == RR_TXT
			     ? 0
			     : rr_rdata_names(type, rdata->octets, rdata->len, names,
					      3);
	if (name_count > 3)
		name_count = 3;
	for (size_t i = 0; i < name_count; i++) {
		const uint8_t *name = rdata->octets + names[i].offset;

		put(b, rdata->octets + done, names[i].offset - done);
		put_name(b, name, names[i].compressible && type != RR_CNAME);
		done = names[i].offset + name_wire_len(name);
	}
	put(b, rdata->octets + done, rdata->len - done);
	if (b->overflow)
		return;
	len = b->wire_len - len_at - 2;
	b->wire[len_at] = (uint8_t)(len >> 8);
	b->wire[len_at + 1] = (uint8_t)len;
}

static void put_rrset(struct ready_builder *b, const struct ready_rrset *set)
{
	for (size_t i = 0; i < set->count; i++) {
		put_owner(b, set->owner);
		put_u16(b, set->type);
		put_u16(b, CLASS_IN);
		put_u16(b, set->ttl >> 16);
		put_u16(b, set->ttl & 0xffff);
		put_rdata(b, set->type, &set->rdatas[i]);
	}
}

/* Takes back everything after a mark: the names there can be pointed to no more. */
static void take_back(struct ready_builder *b, size_t wire_len, size_t pointer_count)
{
	b->overflow = false;
	b->wire_len = wire_len;
	b->pointer_count = pointer_count;
	while (b->suffix_count &&
	       b->suffixes[b->suffix_count - 1].at >= b->body_at + wire_len) {
		const struct suffix *s = &b->suffixes[--b->suffix_count];

		*bucket_of(b, s->hash) = s->next;
	}
}

static bool add_rrset(struct ready_builder *b, const struct ready_rrset *set)
{
	size_t wire_len = b->wire_len;
	size_t pointer_count = b->pointer_count;

	put_rrset(b, set);
	if (b->overflow || b->cut_count == CUTS_MAX) {
		take_back(b, wire_len, pointer_count);
		return set->section == READY_ADDITIONAL && !set->required;
	}
	b->counts[set->section] = (uint16_t)(b->counts[set->section] + set->count);
	b->cuts[b->cut_count++] = (struct ready_cut){
		.end = (uint16_t)b->wire_len,
		.record_count = (uint16_t)set->count,
		.section = (uint8_t)set->section,
		.required = set->section != READY_ADDITIONAL || set->required,
	};
	return true;
}

static const struct ready *assemble(struct ready_builder *b,
				    const struct ready_plan *plan)
{
	struct ready head = {
		.wire_len = (uint16_t)b->wire_len,
		.pointer_count = (uint16_t)b->pointer_count,
		.qname_len = (uint8_t)name_wire_len(plan->qname),
		.cut_count = b->cut_count > 1 ? (uint8_t)b->cut_count : 0,
		.flags = { plan->authoritative ? 0x04 : 0, plan->rcode & 15 },
	};
	uint8_t *at = b->blob;

	for (size_t i = 0; i < 3; i++) {
		head.counts[2 * i] = (uint8_t)(b->counts[i] >> 8);
		head.counts[2 * i + 1] = (uint8_t)b->counts[i];
	}
	memcpy(at, &head, sizeof(head));
	at += sizeof(head);
	memcpy(at, b->cuts, head.cut_count * sizeof(b->cuts[0]));
	at += head.cut_count * sizeof(b->cuts[0]);
	memcpy(at, b->pointers, b->pointer_count * sizeof(b->pointers[0]));
	at += b->pointer_count * sizeof(b->pointers[0]);
	memcpy(at, b->wire, b->wire_len);
	at[b->wire_len] = 0; /* an odd length is padded */
	return (const struct ready *)(const void *)b->blob;
}

const struct ready *ready_build(struct ready_builder *b, const struct ready_plan *plan)
{
	b->wire_len = b->pointer_count = b->cut_count = b->suffix_count = 0;
	memset(b->buckets, 0, sizeof(b->buckets));
	b->overflow = false;
	b->wildcard = plan->qname[0] == 1 && plan->qname[1] == '*';
	b->qname = plan->qname;
	b->body_at = (uint16_t)(DNS_HEADER_LEN + name_wire_len(plan->qname) + 4);
	memset(b->counts, 0, sizeof(b->counts));
	for (size_t i = 0; i < plan->count; i++)
		if (!add_rrset(b, &plan->rrsets[i]))
			return NULL;
	return assemble(b, plan);
}

struct ready *ready_new(const struct ready_plan *plan)
{
	struct ready_builder *b = ready_builder_new();
	const struct ready *r = ready_build(b, plan);
	struct ready *out = r ? alloc_copy(r, ready_len(r)) : NULL;

	ready_builder_free(b);
	return out;
}

static uint8_t *skip_name(uint8_t *at)
{
	while (*at != 0 && *at < POINTER >> 8)
		at += (size_t)*at + 1;
	return at + (*at == 0 ? 1 : 2);
}

struct ready *ready_lowered(const struct ready *r, uint32_t most_s)
{
	struct ready *out = alloc_copy(r, ready_len(r));
	uint8_t *at = (uint8_t *)out + (ready_wire(out) - (const uint8_t *)out);
	const uint8_t *end = at + out->wire_len;

	while (at < end) {
		uint8_t *ttl = skip_name(at) + 4; /* after type and class */

		if (((uint32_t)ttl[0] << 24 | (uint32_t)ttl[1] << 16 |
		     (uint32_t)ttl[2] << 8 | ttl[3]) > most_s) {
			ttl[0] = (uint8_t)(most_s >> 24);
			ttl[1] = (uint8_t)(most_s >> 16);
			ttl[2] = (uint8_t)(most_s >> 8);
			ttl[3] = (uint8_t)most_s;
		}
		at = ttl + 6 + (ttl[4] << 8 | ttl[5]);
	}
	return out;
}

void ready_copy_moved(const struct ready *r, const struct ready_move *m, size_t len,
		      uint8_t *out)
{
	const uint16_t *pointers = ready_pointers(r);
	int name_end = DNS_HEADER_LEN + r->qname_len;

	memcpy(out, ready_wire(r), len);
	for (size_t i = 0; i < r->pointer_count && pointers[i] < len; i++) {
		uint8_t *p = out + pointers[i];
		int at = (p[0] & 0x3f) << 8 | p[1];

		if (at == DNS_HEADER_LEN)
			at = m->head;
		else if (at < name_end)
			at += m->tail;
		else
			at += m->body;
		assert(at >= DNS_HEADER_LEN && at < 0x4000);
		p[0] = (uint8_t)(POINTER >> 8 | at >> 8);
		p[1] = (uint8_t)at;
	}
}
