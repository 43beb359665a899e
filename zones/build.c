/* Builds the segments of a zone from the gathered names. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dns/rr.h"
#include "zones/layout.h"
#include "zones/table.h"

enum { AHEAD = 8 };

/* Nodes by segment: segment i has refs[starts[i]] up to refs[starts[i + 1]]. */
struct spread {
	unsigned shift; /* of the hash's upper half */
	size_t segment_count;
	uint32_t *starts;
	uint32_t *refs;
};

static void spread_init(struct spread *sp, const struct name_tree *s)
{
	uint32_t *next;

	sp->segment_count = 2; /* of one the shift would be by the whole width */
	sp->shift = 31;
	while (sp->segment_count < SEGMENTS_MAX &&
	       sp->segment_count * SEGMENT_NAMES < s->node_count) {
		sp->segment_count *= 2;
		sp->shift--;
	}
	sp->starts = alloc_array(sp->segment_count + 1, sizeof(uint32_t));
	sp->refs = alloc_array(s->node_count, sizeof(uint32_t));
	for (size_t i = 0; i < s->slot_count; i++)
		if (s->slots[i].at != NAME_TREE_NONE)
			sp->starts[(s->slots[i].tag >> sp->shift) + 1]++;
	for (size_t i = 0; i < sp->segment_count; i++)
		sp->starts[i + 1] += sp->starts[i];
	next = alloc_copy(sp->starts, sp->segment_count * sizeof(uint32_t));
	for (size_t i = 0; i < s->slot_count; i++)
		if (s->slots[i].at != NAME_TREE_NONE)
			sp->refs[next[s->slots[i].tag >> sp->shift]++] = s->slots[i].at;
	free(next);
}

static void spread_fini(struct spread *sp)
{
	free(sp->starts);
	free(sp->refs);
}

/* Where segments are put: blocks as they fill up. */
struct open_block {
	struct block *block;
	size_t used_len;
	size_t guess_len; /* of all that is still to come */
};

static void open_block_close(struct open_block *g)
{
	if (g->block)
		block_trim(g->block, g->used_len);
	block_unref(g->block);
	g->block = NULL;
}

static void open_block_put(struct open_block *g, const struct buffer *octets,
			   struct segment *out)
{
	size_t len = (octets->len + 63) & ~(size_t)63; /* slots fill whole lines */

	if (g->block == NULL || g->block->len - g->used_len < len) {
		open_block_close(g);
		g->block = block_new(g->guess_len > len ? g->guess_len : len);
		g->used_len = 0;
	}
	memcpy(g->block->octets + g->used_len, octets->octets, octets->len);
	out->octets = g->block->octets + g->used_len;
	out->len = (uint32_t)octets->len;
	out->block = g->block;
	atomic_fetch_add(&g->block->refs, 1);
	g->used_len += len;
	g->guess_len -= g->guess_len > len ? len : g->guess_len;
}

static uint64_t owner_hash(const struct layout *l)
{
	const uint8_t *labels[NAME_MAX_LABELS];
	unsigned count = 0;
	uint64_t hash = l->b->tree.origin_hash;

	for (const uint8_t *p = l->owner.wire; count < l->node->label_count;
	     p += *p + 1)
		labels[count++] = p;
	while (count)
		hash = hash_label(hash, labels[--count]);
	return hash;
}

static void enter(struct buffer *out, struct segment *s, uint64_t hash, size_t at)
{
	struct slot *slots = (struct slot *)(void *)out->octets;
	uint32_t i = segment_slot(s, hash);

	while (slots[i].at != 0)
		if (++i == s->slot_count)
			i = 0;
	slots[i] = (struct slot){ (uint32_t)(hash >> 32), (uint32_t)at };
}

/* Fetches a node that comes soon, and the first record of one that comes sooner. */
static void prefetch_nodes(const struct name_tree *s, const uint32_t *refs, size_t left)
{
	const size_t far = (size_t)2 * AHEAD;

	if (left > far) {
		const uint8_t *at = name_tree_at(s, refs[far]);

		__builtin_prefetch(at);
		__builtin_prefetch(at + 32);
	}
	if (left > AHEAD) {
		const struct tree_node *n = name_tree_at(s, refs[AHEAD]);

		__builtin_prefetch(name_tree_at(s, n->first));
	}
}

static void build_segment(struct layout *l, const uint32_t *refs, size_t count,
			  struct segment *s, struct buffer *out)
{
	size_t slots_len;

	s->name_count = (uint32_t)count;
	s->slot_count = (uint32_t)(count * 8 / 5 + 1);
	slots_len = s->slot_count * sizeof(struct slot);
	out->len = 0;
	memset(buffer_reserve(out, slots_len), 0, slots_len);
	out->len = slots_len;
	for (size_t i = 0; i < count; i++) {
		size_t at = out->len;

		prefetch_nodes(&l->b->tree, refs + i, count - i);
		layout_take(l, refs[i]);
		integrity_check_node(l);
		layout_write(l, out);
		enter(out, s, owner_hash(l), at);
	}
}

static void read_soa(struct zone *z, const struct layout *l)
{
	const struct layout_group *g = layout_find(l, RR_SOA);
	const struct tree_record *p = g ? l->rows[g->first].piece : NULL;

	if (p && p->rdlen >= ZONE_SOA_MIN_LEN)
		zone_take_soa(z, p->rdata, p->rdlen, g->ttl);
}

/* Marks the names whose addresses stand in other names' answers. */
static void mark_targets(struct zone *z, struct layout *l)
{
	for (size_t i = 0; i < l->target_count; i++) {
		const struct segment *s;
		const struct record *r;
		uint64_t hash;

		layout_take(l, l->targets[i]);
		hash = owner_hash(l);
		s = zone_segment(z, hash);
		r = zone_record(z, hash, l->owner.wire, l->node->name_len);
		if (r) {
			size_t at = (size_t)((const uint8_t *)r - s->octets);

			((struct record *)(void *)(s->octets + at))->flags |=
				RECORD_TARGET;
		}
	}
}

/* The parts of a negative answer to a query with DO. */
static void take_denial(struct zone *z, struct layout *l)
{
	struct ready_rrset soa;

	zone_negative_soa(z, &soa);
	z->negative_signed = layout_build_negative(l, &soa);
	z->denial = l->b->denial;
	l->b->denial = NULL;
	if (z->denial)
		denial_layout(z->denial, l);
}

struct zone *build_zone(struct zone_builder *b)
{
	struct zone *z = alloc(sizeof(*z));
	struct layout l;
	struct spread sp;
	struct open_block open = { 0 };
	struct buffer out = { 0 };

	atomic_init(&z->refs, 1);
	z->origin = b->origin;
	z->has_live = b->live_count != 0;
	z->name_count = b->tree.node_count;
	b->is_signed = builder_is_signed(b);
	if (b->is_signed)
		b->denial = denial_gather(b);
	integrity_check_signed(b);
	spread_init(&sp, &b->tree);
	zone_layout_init(&l, b);
	z->segment_shift = sp.shift;
	z->segment_count = sp.segment_count;
	z->segments = alloc_array(sp.segment_count, sizeof(z->segments[0]));
	open.guess_len = b->tree.node_count * 64 + b->tree.record_count * 64;
	for (size_t i = 0; i < sp.segment_count; i++) {
		build_segment(&l, sp.refs + sp.starts[i],
			      sp.starts[i + 1] - sp.starts[i], &z->segments[i], &out);
		open_block_put(&open, &out, &z->segments[i]);
	}
	open_block_close(&open);
	z->depth_max = l.depth_max;
	z->record_count = l.record_count;
	mark_targets(z, &l);
	layout_take(&l, NAME_TREE_APEX);
	read_soa(z, &l);
	if (b->is_signed && z->negative)
		take_denial(z, &l);
	zone_layout_fini(&l);
	spread_fini(&sp);
	buffer_fini(&out);
	return z;
}
