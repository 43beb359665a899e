/* All records of a zone in canonical order, read back out of the ready answers. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "dns/question.h"
#include "dns/rr.h"
#include "zones/table.h"
#include "zones/zone.h"

struct walk {
	const struct zone *z;
	zone_record_fn *fn;
	void *arg;
	struct name owner;
	struct buffer message; /* a question and a blob after it */
	struct buffer rdata;
};

static void full_name(const struct zone *z, const struct record *r, struct name *out)
{
	memcpy(out->wire, record_name(r), r->name_len);
	memcpy(out->wire + r->name_len, z->origin.wire, z->origin.len);
	out->len = (uint8_t)(r->name_len + z->origin.len);
	out->label_count = (uint8_t)name_labels(out->wire);
}

/* A record with the key that orders it. */
struct keyed {
	const struct record *record;
	uint8_t *key;
	size_t key_len;
};

static int compare_keyed(const void *one, const void *other)
{
	const struct keyed *a = one;
	const struct keyed *b = other;
	size_t len = a->key_len < b->key_len ? a->key_len : b->key_len;
	int order = memcmp(a->key, b->key, len);

	if (order)
		return order;
	return a->key_len < b->key_len ? -1 : a->key_len > b->key_len;
}

static struct keyed *key_records(const struct zone *z, struct buffer *keys)
{
	struct keyed *rows = alloc_array(z->name_count, sizeof(*rows));
	size_t count = 0;
	size_t at = 0;

	for (size_t i = 0; i < z->segment_count; i++) {
		const struct segment *s = &z->segments[i];
		const struct slot *slots = segment_slots(s);

		for (uint32_t k = 0; k < s->slot_count; k++) {
			struct name owner = { 0 };

			if (slots[k].at == 0)
				continue;
			rows[count].record = segment_record(s, slots[k].at);
			full_name(z, rows[count].record, &owner);
			rows[count].key_len =
				name_key(owner.wire,
					 buffer_reserve(keys,
							(size_t)2 * NAME_MAX_LEN));
			keys->len += rows[count++].key_len;
		}
	}
	for (size_t i = 0; i < count; i++) {
		rows[i].key = keys->octets + at;
		at += rows[i].key_len;
	}
	return rows;
}

static const struct record **sorted_records(const struct zone *z, size_t *count)
{
	struct buffer keys = { 0 };
	struct keyed *rows = key_records(z, &keys);
	const struct record **out = alloc_array(z->name_count, sizeof(struct record *));

	qsort(rows, z->name_count, sizeof(*rows), compare_keyed);
	for (size_t i = 0; i < z->name_count; i++)
		out[i] = rows[i].record;
	*count = z->name_count;
	free(rows);
	buffer_fini(&keys);
	return out;
}

/* The blob's own set: its first RRset, in the answer or, at a cut, the authority. */
static int walk_set(struct walk *w, uint16_t type, const struct ready *r)
{
	static const uint8_t header[DNS_HEADER_LEN + 4];
	/* Signatures stand by the types they cover, all in the answer. */
	unsigned count = r->cut_count && type != RR_RRSIG
				 ? ready_cuts(r)[0].record_count
				 : ready_count(r, READY_ANSWER) +
					   ready_count(r, READY_AUTHORITY);
	struct reader in;
	int err = OK;

	w->message.len = 0;
	buffer_put(&w->message, header, DNS_HEADER_LEN);
	buffer_put(&w->message, w->owner.wire, w->owner.len);
	buffer_put(&w->message, header, 4);
	buffer_put(&w->message, ready_wire(r), r->wire_len);
	in = reader_of(w->message.octets, w->message.len);
	(void)reader_take(&in, DNS_HEADER_LEN + (size_t)w->owner.len + 4);
	while (count-- > 0 && err == OK) {
		struct zone_record record = { .owner = &w->owner, .type = type };
		size_t len;

		(void)reader_take(&in, 6); /* owner as pointer, type, class */
		record.ttl = reader_u32(&in);
		len = reader_u16(&in);
		w->rdata.len = 0;
		err = rr_rdata_read(&in, type, len, &w->rdata);
		record.rdata = w->rdata.octets;
		record.rdlen = w->rdata.len;
		if (err == OK)
			err = w->fn(w->arg, &record);
	}
	return err;
}

static bool is_live_set(const struct record *r, uint16_t type)
{
	if (!(r->flags & RECORD_LIVE))
		return false;
	return r->sets[1] == LIVE_A
		       ? type == RR_A || type == RR_AAAA || type == RR_NAPTR
		       : type == RR_SRV;
}

static int walk_record(struct walk *w, const struct record *r)
{
	const uint32_t *sets = record_sets(r);
	bool apex = r->name_len == 0;
	int err = OK;

	full_name(w->z, r, &w->owner);
	if (apex)
		err = walk_set(w, RR_SOA, record_find(r, RR_SOA, false));
	for (unsigned i = 0; i < r->set_count && err == OK; i++) {
		uint16_t type = set_type(sets[i]);

		if ((apex && type == RR_SOA) || is_live_set(r, type))
			continue;
		err = walk_set(w, type == SET_REFERRAL ? RR_NS : type,
			       set_ready(r, sets[i]));
	}
	return err;
}

int zone_walk(const struct zone *z, zone_record_fn *fn, void *arg)
{
	struct walk w = { .z = z, .fn = fn, .arg = arg };
	size_t count;
	const struct record **records = sorted_records(z, &count);
	int err = OK;

	for (size_t i = 0; i < count && err == OK; i++)
		err = walk_record(&w, records[i]);
	free(records);
	buffer_fini(&w.message);
	buffer_fini(&w.rdata);
	return err;
}
