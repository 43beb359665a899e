#include "zones/denial.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dns/rr.h"
#include "zones/layout.h"
#include "zones/table.h"

enum { BLOCK_LEN = 1 << 20, HEAD_LEN = 8 };

struct denial {
	struct nsec3_params params;
	bool hashed;
	size_t origin_key_len; /* of names' keys, left out: all have it */
	struct denial_entry *entries;
	struct block *entry_block;
	size_t count;
	const struct denial_entry *apex, *apex_wildcard;
	struct block **blocks; /* keys, then ready records */
	size_t block_count;
	size_t used_len; /* of the last */
};

static uint8_t *take(struct denial *d, size_t len)
{
	uint8_t *at;

	len = (len + 3) & ~(size_t)3;
	if (d->block_count == 0 ||
	    d->blocks[d->block_count - 1]->len - d->used_len < len) {
		d->blocks = alloc_resize(d->blocks, d->block_count + 1,
					 sizeof(struct block *));
		d->blocks[d->block_count++] = block_new(len > BLOCK_LEN ? len
									: BLOCK_LEN);
		d->used_len = 0;
	}
	at = d->blocks[d->block_count - 1]->octets + d->used_len;
	d->used_len += len;
	return at;
}

static uint64_t head_of(const uint8_t *key, size_t len)
{
	uint64_t head = 0;

	for (size_t i = 0; i < HEAD_LEN; i++)
		head = head << 8 | (i < len ? key[i] : 0);
	return head;
}

static int compare(const struct denial_entry *e, uint64_t head, const uint8_t *key,
		   size_t key_len)
{
	size_t len = e->key_len < key_len ? e->key_len : key_len;
	int order;

	if (e->head != head)
		return e->head < head ? -1 : 1;
	order = memcmp(e->key, key, len);
	return order ? order : (int)e->key_len - (int)key_len;
}

static int compare_entries(const void *one, const void *other)
{
	const struct denial_entry *b = other;

	return compare(one, b->head, b->key, b->key_len);
}

/* Whether an NSEC3 or NSEC3PARAM record belongs to the chain. */
static bool has_params(const struct denial *d, const struct tree_record *p)
{
	struct nsec3_params own;

	return nsec3_params_read(p->rdata, p->rdlen, &own) == OK &&
	       own.iterations == d->params.iterations &&
	       own.salt_len == d->params.salt_len &&
	       memcmp(own.salt, d->params.salt, own.salt_len) == 0;
}

/* Whether a node is in the chain. */
static bool is_member(const struct denial *d, const struct zone_builder *b,
		      const struct tree_node *n)
{
	uint16_t type = d->hashed ? RR_NSEC3 : RR_NSEC;

	if (d->hashed && n->label_count != 1)
		return false;
	for (uint32_t ref = n->first; ref != NAME_TREE_NONE;) {
		const struct tree_record *p = name_tree_at(&b->tree, ref);

		if (p->type == type && (!d->hashed || has_params(d, p)))
			return true;
		ref = p->next;
	}
	return false;
}

static size_t key_of(const struct denial *d, const struct tree_node *n,
		     uint8_t key[2 * NAME_MAX_LEN])
{
	uint8_t name[NAME_MAX_LEN];

	if (d->hashed)
		return nsec3_label_read(n->name, key) ? 0 : NSEC3_HASH_LEN;
	memcpy(name, n->name, n->name_len);
	name[n->name_len] = 0;
	return name_key(name, key);
}

static void add_entry(struct denial *d, const struct tree_node *n, uint32_t ref)
{
	struct denial_entry *e = &d->entries[d->count];
	uint8_t key[2 * NAME_MAX_LEN];
	uint8_t *kept;

	e->key_len = (uint16_t)key_of(d, n, key);
	if (e->key_len == 0 && n->name_len)
		return;
	kept = take(d, e->key_len);
	memcpy(kept, key, e->key_len);
	e->key = kept;
	e->head = head_of(kept, e->key_len);
	e->node = ref;
	d->count++;
}

/* Finds all of the chain. Returns whether it holds the apex. */
static bool gather(struct denial *d, struct zone_builder *b)
{
	const struct name_tree *s = &b->tree;
	uint8_t hash[NSEC3_HASH_LEN];
	bool exact;

	d->count = 0;
	for (size_t i = 0; i < s->slot_count; i++) {
		uint32_t ref = s->slots[i].at;

		if (ref == NAME_TREE_NONE || !is_member(d, b, name_tree_at(s, ref)) ||
		    builder_occluder(b, ref) != NAME_TREE_NONE)
			continue;
		add_entry(d, name_tree_at(s, ref), ref);
	}
	if (d->count == 0)
		return false;
	qsort(d->entries, d->count, sizeof(d->entries[0]), compare_entries);
	if (!d->hashed)
		return d->entries[0].node == NAME_TREE_APEX;
	nsec3_hash(&d->params, b->origin.wire, b->origin.len, hash);
	(void)denial_find_hash(d, hash, &exact);
	return exact;
}

/* The chain that one of the apex's NSEC3PARAM records names. */
static bool gather_hashed(struct denial *d, struct zone_builder *b)
{
	const struct tree_node *apex = name_tree_at(&b->tree, NAME_TREE_APEX);

	d->hashed = true;
	for (uint32_t ref = apex->first; ref != NAME_TREE_NONE;) {
		const struct tree_record *p = name_tree_at(&b->tree, ref);

		ref = p->next;
		if (p->type == RR_NSEC3PARAM &&
		    nsec3_params_read(p->rdata, p->rdlen, &d->params) == OK &&
		    d->params.flags == 0 && gather(d, b))
			return true;
	}
	d->hashed = false;
	return false;
}

/* A zone at a name as long as can be has no wildcard: then the apex's stands for it. */
static struct denial *settle(struct denial *d, const struct zone_builder *b)
{
	uint8_t wildcard[2 + NAME_MAX_LEN] = "\1*";
	uint8_t hash[NSEC3_HASH_LEN];
	size_t len = 2 + (size_t)b->origin.len;
	bool exact;

	memcpy(wildcard + 2, b->origin.wire, b->origin.len);
	if (d->hashed) {
		nsec3_hash(&d->params, b->origin.wire, b->origin.len, hash);
		d->apex = denial_find_hash(d, hash, &exact);
	} else {
		d->apex = &d->entries[0];
	}
	d->apex_wildcard = d->apex;
	if (len > NAME_MAX_LEN)
		return d;
	if (d->hashed) {
		nsec3_hash(&d->params, wildcard, len, hash);
		d->apex_wildcard = denial_find_hash(d, hash, &exact);
	} else {
		d->apex_wildcard = denial_find(d, wildcard, &exact);
	}
	return d;
}

struct denial *denial_gather(struct zone_builder *b)
{
	struct denial *d;
	uint8_t key[2 * NAME_MAX_LEN];

	if (!builder_has(b, NAME_TREE_APEX, RR_NSEC) &&
	    !builder_has(b, NAME_TREE_APEX, RR_NSEC3PARAM))
		return NULL;
	d = alloc(sizeof(*d));
	d->origin_key_len = name_key(b->origin.wire, key);
	d->entry_block = block_new(b->tree.node_count * sizeof(d->entries[0]));
	d->entries = (struct denial_entry *)(void *)d->entry_block->octets;
	if (gather_hashed(d, b) || gather(d, b))
		return settle(d, b);
	while (!denial_free_slice(d, SIZE_MAX))
		;
	return NULL;
}

bool denial_free_slice(struct denial *d, size_t len)
{
	if (d == NULL)
		return true;
	if (d->block_count) {
		block_unref(d->blocks[--d->block_count]);
		return false;
	}
	if (d->entry_block->mapped && d->entry_block->len > len) {
		block_trim(d->entry_block, d->entry_block->len - len);
		return false;
	}
	block_unref(d->entry_block);
	free(d->blocks);
	free(d);
	return true;
}

size_t denial_memory_len(const struct denial *d)
{
	size_t len = d ? sizeof(*d) + d->entry_block->len : 0;

	for (size_t i = 0; d && i < d->block_count; i++)
		len += d->blocks[i]->len;
	return len;
}

size_t denial_count(const struct denial *d)
{
	return d->count;
}

const struct denial_entry *denial_at(const struct denial *d, size_t n)
{
	return &d->entries[n];
}

const struct denial_entry *denial_apex(const struct denial *d)
{
	return d->apex;
}

const struct denial_entry *denial_apex_wildcard(const struct denial *d)
{
	return d->apex_wildcard;
}

const struct nsec3_params *denial_nsec3(const struct denial *d)
{
	return d->hashed ? &d->params : NULL;
}

/* The last entry that is not after the key; before the first, the last of all. */
static const struct denial_entry *find(const struct denial *d, const uint8_t *key,
				       size_t key_len, bool *exact)
{
	uint64_t head = head_of(key, key_len);
	size_t low = 0;
	size_t high = d->count;

	*exact = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(&d->entries[middle], head, key, key_len);

		if (order <= 0)
			low = middle + 1;
		else
			high = middle;
		*exact |= order == 0;
	}
	return &d->entries[low ? low - 1 : d->count - 1];
}

const struct denial_entry *denial_find(const struct denial *d, const uint8_t *lower,
				       bool *exact)
{
	uint8_t key[2 * NAME_MAX_LEN];
	size_t len = name_key(lower, key);

	return find(d, key + d->origin_key_len, len - d->origin_key_len, exact);
}

const struct denial_entry *denial_find_hash(const struct denial *d,
					    const uint8_t hash[NSEC3_HASH_LEN],
					    bool *exact)
{
	return find(d, hash, NSEC3_HASH_LEN, exact);
}

/* The chain's own records of a node: of NSEC3 there may be others (RFC 5155 10.4). */
static size_t fill_rdatas(const struct denial *d, const struct layout *l,
			  const struct layout_group *g, struct ready_rdata *out)
{
	size_t count = 0;

	for (size_t i = 0; i < g->count; i++) {
		const struct tree_record *p = l->rows[g->first + i].piece;

		if (!d->hashed || has_params(d, p))
			out[count++] = (struct ready_rdata){ p->rdata, p->rdlen };
	}
	return count;
}

void denial_layout(struct denial *d, struct layout *l)
{
	uint16_t type = d->hashed ? RR_NSEC3 : RR_NSEC;

	for (size_t i = 0; i < d->count; i++) {
		struct denial_entry *e = &d->entries[i];
		const struct layout_group *g;
		struct ready_rdata *rdatas;
		const struct ready *r;
		uint8_t *kept;

		layout_take(l, e->node);
		g = layout_find(l, type);
		rdatas = arena_take(&l->arena, g->count * sizeof(*rdatas));
		r = layout_build_proof(l, type, rdatas, fill_rdatas(d, l, g, rdatas),
				       g->ttl);
		if (r == NULL)
			continue;
		kept = take(d, ready_len(r));
		memcpy(kept, r, ready_len(r));
		e->ready = (const struct ready *)(const void *)kept;
	}
}
