#include "zones/name_tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dns/rr.h"
#include "zones/hash.h"
#include "zones/table.h"

enum {
	BLOCK_BITS = 20, /* of a reference: the word in a block of 4 MiB */
	BLOCK_MAX_LEN = 4 << BLOCK_BITS,
	BLOCK_MIN_LEN = 2048, /* also room for the longest name; records below */
	BLOCKS_MAX = 1 << (32 - BLOCK_BITS),
	SLOTS_MIN = 16,
};

void *name_tree_at(const struct name_tree *s, uint32_t ref)
{
	return s->blocks[ref >> BLOCK_BITS]->octets +
	       (size_t)4 * (ref & ((1U << BLOCK_BITS) - 1));
}

static void add_block(struct name_tree *s, size_t need_len)
{
	size_t len = BLOCK_MIN_LEN;

	for (size_t i = 0; i < s->block_count && len < BLOCK_MAX_LEN; i++)
		len *= 16;
	while (len < need_len)
		len *= 2;
	assert(s->block_count < BLOCKS_MAX);
	s->blocks = alloc_resize(s->blocks, s->block_count + 1, sizeof(struct block *));
	s->blocks[s->block_count++] = block_new(len < BLOCK_MAX_LEN ? len
								    : BLOCK_MAX_LEN);
	s->used_len = 0;
}

static uint32_t take(struct name_tree *s, size_t len)
{
	uint32_t ref;

	len = (len + 3) & ~(size_t)3;
	if (s->block_count == 0 ||
	    s->blocks[s->block_count - 1]->len - s->used_len < len)
		add_block(s, len);
	ref = (uint32_t)((s->block_count - 1) << BLOCK_BITS | s->used_len / 4);
	s->used_len += len;
	return ref;
}

static void insert_slot(struct slot *slots, size_t mask, struct slot slot)
{
	size_t i = slot.tag & mask;

	while (slots[i].at != NAME_TREE_NONE)
		i = (i + 1) & mask;
	slots[i] = slot;
}

static void grow_slots(struct name_tree *s)
{
	size_t count = s->slot_count ? 2 * s->slot_count : SLOTS_MIN;
	struct slot *slots = alloc_array(count, sizeof(*slots));

	for (size_t i = 0; i < s->slot_count; i++)
		if (s->slots[i].at != NAME_TREE_NONE)
			insert_slot(slots, count - 1, s->slots[i]);
	free(s->slots);
	s->slots = slots;
	s->slot_count = count;
}

static uint32_t make_node(struct name_tree *s, uint32_t parent, const uint8_t *name,
			  size_t name_len, uint64_t hash)
{
	uint32_t ref = take(s, sizeof(struct tree_node) + name_len);
	struct tree_node *n = name_tree_at(s, ref);

	if (4 * s->node_count >= 3 * s->slot_count)
		grow_slots(s);
	n->parent = parent;
	n->name_len = (uint8_t)name_len;
	if (parent != NAME_TREE_NONE) {
		struct tree_node *p = name_tree_at(s, parent);

		n->label_count = (uint8_t)(p->label_count + 1);
		if (name[0] == 1 && name[1] == '*')
			p->flags |= RECORD_WILDCARD;
	}
	memcpy(n->name, name, name_len);
	insert_slot(s->slots, s->slot_count - 1,
		    (struct slot){ (uint32_t)(hash >> 32), ref });
	s->node_count++;
	return ref;
}

void name_tree_init(struct name_tree *s, const struct name *origin)
{
	uint8_t lower[NAME_MAX_LEN + 8] = { 0 };
	uint8_t label_at[NAME_MAX_LABELS];
	uint64_t hash[NAME_MAX_LABELS + 1];
	unsigned count = 0;

	hash_init();
	*s = (struct name_tree){ 0 };
	memcpy(lower, origin->wire, origin->len);
	for (size_t at = 0; lower[at] != 0; at += (size_t)lower[at] + 1)
		label_at[count++] = (uint8_t)at;
	hash_ancestors(lower, label_at, count, hash);
	s->origin_hash = hash[count];
	(void)take(s, 4); /* reference 0 is none */
	(void)make_node(s, NAME_TREE_NONE, lower, 0, s->origin_hash);
}

void name_tree_fini(struct name_tree *s)
{
	for (size_t i = 0; i < s->block_count; i++)
		block_unref(s->blocks[i]);
	free(s->blocks);
	free(s->slots);
	*s = (struct name_tree){ 0 };
}

static void walk_path(struct name_tree *s, const uint8_t *name, size_t name_len)
{
	struct name_tree_path *path = &s->path;
	const uint8_t *end = name + name_len;
	unsigned count = 0;

	for (const uint8_t *p = name; p < end; p += *p + 1)
		count++;
	path->count = count;
	path->label[0] = end;
	path->hash[0] = s->origin_hash;
	for (const uint8_t *p = name; p < end; p += *p + 1)
		path->label[count--] = p;
	for (unsigned i = 1; i <= path->count; i++)
		path->hash[i] = hash_label(path->hash[i - 1], path->label[i]);
}

static uint32_t find(const struct name_tree *s, unsigned depth)
{
	const struct name_tree_path *path = &s->path;
	const uint8_t *name = path->label[depth];
	size_t name_len = (size_t)(path->label[0] - name);
	uint32_t tag = (uint32_t)(path->hash[depth] >> 32);
	size_t mask = s->slot_count - 1;

	if (depth == 0)
		return NAME_TREE_APEX;
	for (size_t i = tag & mask; s->slots[i].at != NAME_TREE_NONE;
	     i = (i + 1) & mask) {
		const struct tree_node *n;

		if (s->slots[i].tag != tag)
			continue;
		n = name_tree_at(s, s->slots[i].at);
		if (n->name_len == name_len && memcmp(n->name, name, name_len) == 0)
			return s->slots[i].at;
	}
	return NAME_TREE_NONE;
}

uint32_t name_tree_find(struct name_tree *s, const uint8_t *name, size_t name_len)
{
	walk_path(s, name, name_len);
	return find(s, s->path.count);
}

uint32_t name_tree_take(struct name_tree *s, const uint8_t *name, size_t name_len)
{
	const struct name_tree_path *path = &s->path;
	unsigned depth;
	uint32_t ref;

	walk_path(s, name, name_len);
	depth = path->count;
	ref = find(s, depth);
	while (ref == NAME_TREE_NONE)
		ref = find(s, --depth);
	while (depth < path->count) {
		const uint8_t *at = path->label[++depth];

		ref = make_node(s, ref, at, (size_t)(path->label[0] - at),
				path->hash[depth]);
	}
	return ref;
}

/* What the type of a record makes of its owner. */
static uint8_t flags_of(const struct tree_node *n, uint32_t ref, uint16_t type)
{
	switch (type) {
	case RR_NS:
		/* At a wildcard it makes no cuts (RFC 4592 4.2): it is data. */
		return ref == NAME_TREE_APEX || memcmp(n->name, "\1*", 2) == 0
			       ? 0
			       : RECORD_CUT;
	case RR_DNAME:
		return RECORD_DNAME;
	case RR_CNAME:
		return RECORD_CNAME;
	default:
		return 0;
	}
}

static void settle_oldest(struct name_tree *s)
{
	struct name_tree_pending *p = &s->pending[s->pending_first];
	uint32_t ref = name_tree_take(s, p->name, p->name_len);
	struct tree_node *n = name_tree_at(s, ref);

	while (p->first != NAME_TREE_NONE) {
		uint32_t piece_ref = p->first;
		struct tree_record *piece = name_tree_at(s, piece_ref);

		n->flags |= flags_of(n, ref, piece->type);
		p->first = piece->next;
		piece->next = n->first;
		n->first = piece_ref;
	}
	s->pending_first = (s->pending_first + 1) % NAME_TREE_PENDING;
	s->pending_count--;
}

void name_tree_settle(struct name_tree *s)
{
	while (s->pending_count)
		settle_oldest(s);
}

static void add_pending(struct name_tree *s, const uint8_t *name, size_t name_len)
{
	struct name_tree_pending *p;

	if (s->pending_count == NAME_TREE_PENDING)
		settle_oldest(s);
	p = &s->pending[(s->pending_first + s->pending_count++) % NAME_TREE_PENDING];
	p->first = NAME_TREE_NONE;
	p->name_len = (uint8_t)name_len;
	memcpy(p->name, name, name_len);
	walk_path(s, p->name, name_len);
	__builtin_prefetch(
		&s->slots[(s->path.hash[s->path.count] >> 32) & (s->slot_count - 1)]);
}

struct tree_record *name_tree_add(struct name_tree *s, const uint8_t *name,
				  size_t name_len, uint16_t type,
				  const struct ready_rdata *rdata)
{
	uint32_t ref = take(s, sizeof(struct tree_record) + rdata->len);
	struct tree_record *p = name_tree_at(s, ref);
	struct name_tree_pending *owner;

	if (name)
		add_pending(s, name, name_len);
	assert(s->pending_count);
	owner = &s->pending[(s->pending_first + s->pending_count - 1) %
			    NAME_TREE_PENDING];
	p->type = type;
	p->rdlen = rdata->len;
	memcpy(p->rdata, rdata->octets, rdata->len);
	p->next = owner->first;
	owner->first = ref;
	s->record_count++;
	return p;
}
