#include "zones/patch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "dns/rr.h"
#include "zones/table.h"

enum { SETS_MAX = 512, NAMES_IN_RDATA = 3 };

/* One change on its way into a segment. */
struct patch {
	struct zone *z;
	const struct zone_change *change;
	uint8_t lower[NAME_MAX_LEN + 8];
	size_t name_len; /* of the labels before the origin's */
	uint64_t hash;
	struct segment *segment;
	const struct record *was;
	struct buffer record; /* as it becomes */
};

/* A zone that is `z` but in its reference count; segments are shared. */
static struct zone *share(const struct zone *z)
{
	struct zone *out = alloc_copy(z, sizeof(*z));

	atomic_init(&out->refs, 1);
	out->segments = alloc_copy(z->segments,
				   z->segment_count * sizeof(z->segments[0]));
	for (size_t i = 0; i < z->segment_count; i++)
		atomic_fetch_add(&out->segments[i].block->refs, 1);
	out->soa_octets = alloc_copy(z->soa.octets, z->soa.len);
	out->soa.octets = out->soa_octets;
	out->negative = alloc_copy(z->negative, ready_len(z->negative));
	return out;
}

static int find_name(struct patch *p, const struct name *owner)
{
	const uint8_t *labels[NAME_MAX_LABELS];
	struct name lower = *owner;
	unsigned count = 0;

	if (!name_is_within(owner->wire, p->z->origin.wire))
		return ERR_CONFLICT;
	name_lower(&lower);
	memcpy(p->lower, lower.wire, lower.len);
	p->name_len = (size_t)lower.len - p->z->origin.len;
	for (const uint8_t *at = p->lower; *at != 0; at += *at + 1)
		labels[count++] = at;
	p->hash = hash_root();
	while (count)
		p->hash = hash_label(p->hash, labels[--count]);
	p->segment = &p->z->segments[(p->hash >> 32) >> p->z->segment_shift];
	p->was = zone_record(p->z, p->hash, p->lower, p->name_len);
	return p->was ? OK : ERR_CONFLICT;
}

static bool brings_addresses(const struct zone_change *c)
{
	struct rr_name_at names[NAMES_IN_RDATA];

	for (size_t i = 0; i < c->count; i++) {
		size_t count = rr_rdata_names(c->type, c->rdatas[i].octets,
					      c->rdatas[i].len, names, NAMES_IN_RDATA);

		for (size_t k = 0; k < count && k < NAMES_IN_RDATA; k++)
			if (names[k].additional)
				return true;
	}
	return false;
}

/* Whether a change stays within its own record. */
static bool is_local(const struct patch *p)
{
	const struct zone_change *c = p->change;
	const struct record *r = p->was;
	bool there = record_find(r, c->type, false) != NULL;

	if (r->flags & (RECORD_CUT | RECORD_OCCLUDED | RECORD_DNAME | RECORD_CNAME))
		return false;
	if (c->type == RR_NS || c->type == RR_CNAME || c->type == RR_DNAME)
		return false;
	if (r->flags & RECORD_TARGET && (c->type == RR_A || c->type == RR_AAAA))
		return false;
	if (c->type == RR_SOA &&
	    (p->name_len || c->count != 1 || c->rdatas[0].len < ZONE_SOA_MIN_LEN))
		return false;
	/* Without its last set a name would go, or become an empty non-terminal. */
	if (r->set_count + (c->count != 0) - there == 0 || r->set_count >= SETS_MAX)
		return false;
	return r->set_count != 0 && !brings_addresses(c);
}

static void pad(struct buffer *out)
{
	static const uint8_t zero[4];

	buffer_put(out, zero, -out->len & 3);
}

static int put_set(struct patch *p, uint16_t type, const struct ready *r, uint32_t *set)
{
	assert(r != NULL);
	if (p->record.len > RECORD_MAX_LEN)
		return ERR_LIMIT;
	*set = (uint32_t)type << 16 | (uint32_t)(p->record.len / 4);
	buffer_put(&p->record, r, ready_len(r));
	pad(&p->record);
	return OK;
}

/* Types of the record as it becomes, in order. */
static size_t list_types(const struct patch *p, uint16_t types[SETS_MAX + 1])
{
	const uint32_t *sets = record_sets(p->was);
	uint16_t changed = p->change->type;
	bool done = p->change->count == 0;
	size_t count = 0;

	for (unsigned i = 0; i < p->was->set_count; i++) {
		uint16_t type = set_type(sets[i]);

		if (!done && type >= changed) {
			types[count++] = changed;
			done = true;
		}
		if (type != changed)
			types[count++] = type;
	}
	if (!done)
		types[count++] = changed;
	return count;
}

static int write_record(struct patch *p, const struct ready *fresh)
{
	uint16_t types[SETS_MAX + 1];
	uint32_t sets[SETS_MAX + 1];
	size_t count = list_types(p, types);
	struct record head = *p->was;
	size_t sets_at;

	head.set_count = (uint16_t)count;
	buffer_put(&p->record, &head, sizeof(head));
	if (head.flags & RECORD_LIVE)
		buffer_put(&p->record, p->was->sets, LIVE_WORDS * sizeof(uint32_t));
	sets_at = p->record.len;
	buffer_put(&p->record, sets, count * sizeof(sets[0])); /* filled in below */
	buffer_put(&p->record, p->lower, p->name_len);
	pad(&p->record);
	for (size_t i = 0; i < count; i++) {
		const struct ready *r = types[i] == p->change->type
						? fresh
						: record_find(p->was, types[i], false);
		int err = put_set(p, types[i], r, &sets[i]);

		if (err)
			return err;
	}
	memcpy(p->record.octets + sets_at, sets, count * sizeof(sets[0]));
	return OK;
}

static size_t record_len(const struct record *r)
{
	const uint32_t *sets = record_sets(r);
	const uint8_t *end = record_name(r) + r->name_len;
	size_t len;

	if (r->set_count) {
		const struct ready *last = set_ready(r, sets[r->set_count - 1]);

		end = (const uint8_t *)last + ready_len(last);
	}
	len = (size_t)(end - (const uint8_t *)r);
	return (len + 3) & ~(size_t)3;
}

/* Copies the segment with the one record changed; what it was goes. */
static void replace(struct patch *p)
{
	const struct segment *was = p->segment;
	const struct slot *slots = segment_slots(was);
	struct segment fresh = *was;
	struct slot *out;
	size_t at = was->slot_count * sizeof(struct slot);

	fresh.block = block_new(was->len + p->record.len);
	fresh.octets = fresh.block->octets;
	out = (struct slot *)(void *)fresh.octets;
	for (uint32_t i = 0; i < was->slot_count; i++) {
		const struct record *r = segment_record(was, slots[i].at);
		bool changed = r == p->was;
		size_t len;

		if (slots[i].at == 0)
			continue;
		len = changed ? p->record.len : record_len(r);
		memcpy(fresh.octets + at,
		       changed ? p->record.octets : (const uint8_t *)r, len);
		out[i] = (struct slot){ slots[i].tag, (uint32_t)at };
		at += len;
	}
	fresh.len = (uint32_t)at;
	block_trim(fresh.block, at);
	block_unref(was->block);
	*p->segment = fresh;
}

static size_t count_of(const struct record *r, uint16_t type)
{
	const struct ready *found = record_find(r, type, false);

	return found ? ready_count(found, READY_ANSWER) : 0;
}

static int apply(struct patch *p)
{
	const struct zone_change *c = p->change;
	struct ready_rrset set = { .owner = c->owner->wire,
				   .type = c->type,
				   .ttl = c->ttl,
				   .section = READY_ANSWER,
				   .rdatas = c->rdatas,
				   .count = c->count };
	struct ready_plan plan = { .qname = c->owner->wire,
				   .authoritative = true,
				   .rrsets = &set,
				   .count = 1 };
	struct ready *fresh = NULL;
	int err = find_name(p, c->owner);

	if (err)
		return err;
	if (!is_local(p))
		return ERR_CONFLICT;
	if (c->count) {
		fresh = ready_new(&plan);
		if (fresh == NULL)
			return ERR_LIMIT;
	}
	err = write_record(p, fresh);
	free(fresh);
	if (err)
		return err;
	p->z->record_count += c->count;
	p->z->record_count -= count_of(p->was, c->type);
	replace(p);
	if (c->type == RR_SOA)
		zone_take_soa(p->z, c->rdatas[0].octets, c->rdatas[0].len, c->ttl);
	return OK;
}

int zone_patch(const struct zone *z, const struct zone_change *changes, size_t count,
	       struct zone **out)
{
	struct patch p = { 0 };
	int err = OK;

	if (z->negative_signed)
		return ERR_CONFLICT;
	p.z = share(z);
	for (size_t i = 0; i < count && err == OK; i++) {
		p.change = &changes[i];
		p.record.len = 0;
		err = apply(&p);
	}
	buffer_fini(&p.record);
	if (err) {
		zone_unref(p.z);
		return err;
	}
	*out = p.z;
	return OK;
}
