#include "zones/layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dns/rr.h"
#include "zones/table.h"

void zone_layout_init(struct layout *l, struct zone_builder *b)
{
	memset(l, 0, sizeof(*l));
	l->b = b;
	l->ready = ready_builder_new();
	l->plan = alloc(sizeof(*l->plan));
	arena_init(&l->arena, 0);
}

void zone_layout_fini(struct layout *l)
{
	ready_builder_free(l->ready);
	free(l->plan);
	arena_fini(&l->arena);
	free(l->rows);
	free(l->groups);
	free(l->targets);
}

const struct layout_group *layout_find(const struct layout *l, uint16_t type)
{
	for (size_t i = 0; i < l->group_count; i++)
		if (l->groups[i].type == type)
			return &l->groups[i];
	return NULL;
}

static int compare_keys(const struct layout_row *a, const struct layout_row *b)
{
	size_t len = a->piece->rdlen < b->piece->rdlen ? a->piece->rdlen
						       : b->piece->rdlen;
	int order = memcmp(a->key, b->key, len);

	return order ? order : (int)a->piece->rdlen - (int)b->piece->rdlen;
}

static int compare_rows(const void *one, const void *other)
{
	const struct layout_row *a = one;
	const struct layout_row *b = other;
	int order = (int)a->piece->type - (int)b->piece->type;

	if (order == 0)
		order = compare_keys(a, b);
	/* Of duplicates the first in the file stays. */
	if (order == 0)
		order = a->piece->line < b->piece->line ? -1 : 1;
	return order;
}

static const uint8_t *canonical(struct layout *l, const struct tree_record *p)
{
	struct rr_name_at names[LAYOUT_NAMES_MAX];
	uint8_t *copy;

	if (rr_rdata_names(p->type, p->rdata, p->rdlen, names, LAYOUT_NAMES_MAX) == 0)
		return p->rdata;
	copy = arena_take(&l->arena, p->rdlen ? p->rdlen : 1);
	memcpy(copy, p->rdata, p->rdlen);
	rr_rdata_canonical(p->type, copy, p->rdlen);
	return copy;
}

static void take_rows(struct layout *l)
{
	const struct tree_node *n = l->node;
	size_t kept = 0;

	l->row_count = 0;
	for (uint32_t ref = n->first; ref != NAME_TREE_NONE;) {
		const struct tree_record *p = name_tree_at(&l->b->tree, ref);

		if (l->row_count == l->row_cap) {
			l->row_cap = l->row_cap ? 2 * l->row_cap : 16;
			l->rows = alloc_resize(l->rows, l->row_cap, sizeof(l->rows[0]));
		}
		l->rows[l->row_count++] = (struct layout_row){ p, p->rdata };
		ref = p->next;
	}
	if (l->row_count < 2)
		return;
	for (size_t i = 0; i < l->row_count; i++)
		l->rows[i].key = canonical(l, l->rows[i].piece);
	qsort(l->rows, l->row_count, sizeof(l->rows[0]), compare_rows);
	for (size_t i = 0; i < l->row_count; i++)
		if (i == 0 || l->rows[i].piece->type != l->rows[kept - 1].piece->type ||
		    compare_keys(&l->rows[i], &l->rows[kept - 1]) != 0)
			l->rows[kept++] = l->rows[i];
	l->row_count = kept;
}

static void take_groups(struct layout *l)
{
	l->group_count = 0;
	for (size_t i = 0; i < l->row_count; i++) {
		const struct tree_record *p = l->rows[i].piece;

		if (i && p->type == l->rows[i - 1].piece->type) {
			struct layout_group *g = &l->groups[l->group_count - 1];

			g->count++;
			g->ttl = p->ttl < g->ttl ? p->ttl : g->ttl;
			continue;
		}
		if (l->group_count == l->group_cap) {
			l->group_cap = l->group_cap ? 2 * l->group_cap : 16;
			l->groups = alloc_resize(l->groups, l->group_cap,
						 sizeof(l->groups[0]));
		}
		l->groups[l->group_count++] = (struct layout_group){ p->type, i, 1,
								     p->ttl };
	}
}

/* The owners of NSEC3 exist in no other sense (RFC 5155 7.2.8). */
static bool is_hashed(const struct layout *l)
{
	if (l->b->denial == NULL || denial_nsec3(l->b->denial) == NULL ||
	    layout_find(l, RR_NSEC3) == NULL)
		return false;
	for (size_t i = 0; i < l->group_count; i++)
		if (l->groups[i].type != RR_NSEC3 && l->groups[i].type != RR_RRSIG)
			return false;
	return true;
}

void layout_take(struct layout *l, uint32_t ref)
{
	const struct name *origin = &l->b->origin;
	const struct tree_node *n = name_tree_at(&l->b->tree, ref);

	l->node_ref = ref;
	l->node = n;
	memcpy(l->owner.wire, n->name, n->name_len);
	memcpy(l->owner.wire + n->name_len, origin->wire, origin->len);
	l->owner.len = (uint8_t)(n->name_len + origin->len);
	l->owner.label_count = (uint8_t)(n->label_count + origin->label_count);
	l->occluder = builder_occluder(l->b, ref);
	l->occluded = l->occluder != NAME_TREE_NONE;
	arena_reset(&l->arena);
	take_rows(l);
	take_groups(l);
	l->hashed = is_hashed(l);
}

static void fill_rdatas(const struct layout *l, const struct layout_group *g,
			struct ready_rdata *out)
{
	for (size_t i = 0; i < g->count; i++) {
		const struct tree_record *p = l->rows[g->first + i].piece;

		out[i] = (struct ready_rdata){ p->rdata, p->rdlen };
	}
}

static bool is_new_target(struct layout_plan *plan, uint32_t node)
{
	for (size_t i = 0; i < plan->target_count; i++)
		if (plan->targets[i] == node)
			return false;
	if (plan->target_count == LAYOUT_SETS_MAX)
		return false;
	plan->targets[plan->target_count++] = node;
	return true;
}

static void note_target(struct layout *l, uint32_t ref)
{
	struct tree_node *n = name_tree_at(&l->b->tree, ref);

	if (n->flags & RECORD_TARGET)
		return;
	n->flags |= RECORD_TARGET;
	if (l->target_count == l->target_cap) {
		l->target_cap = l->target_cap ? 2 * l->target_cap : 16;
		l->targets = alloc_resize(l->targets, l->target_cap,
					  sizeof(l->targets[0]));
	}
	l->targets[l->target_count++] = ref;
}

static bool is_below(const struct zone_builder *b, uint32_t node, uint32_t ancestor)
{
	while (node != NAME_TREE_NONE && node != ancestor)
		node = ((const struct tree_node *)name_tree_at(&b->tree, node))->parent;
	return node == ancestor;
}

static void add_addresses(struct layout *l, uint32_t node, bool required)
{
	struct layout_want want = { .node = node,
				    .type = RR_A,
				    .section = READY_ADDITIONAL,
				    .required = required };

	layout_add(l, &want);
	want.type = RR_AAAA;
	layout_add(l, &want);
}

/* What the rows' targets add: glue at a cut, else addresses we are authoritative for.
 */
static void add_targets(struct layout *l, const struct layout_group *g, bool in_domain)
{
	struct zone_builder *b = l->b;
	struct layout_plan *plan = l->plan;
	bool referral = (l->node->flags & RECORD_CUT) && g->type == RR_NS;

	for (size_t i = 0; i < g->count; i++) {
		const struct tree_record *p = l->rows[g->first + i].piece;
		struct rr_name_at names[LAYOUT_NAMES_MAX];
		size_t count = rr_rdata_names(p->type, p->rdata, p->rdlen, names,
					      LAYOUT_NAMES_MAX);

		for (size_t k = 0; k < count && k < LAYOUT_NAMES_MAX; k++) {
			uint32_t node;

			if (!names[k].additional)
				continue;
			node = builder_find(b, p->rdata + names[k].offset);
			if (node == NAME_TREE_NONE)
				continue;
			if (referral ? is_below(b, node, l->node_ref) != in_domain
				     : !builder_is_ours(b, node))
				continue;
			if (builder_live_of(b, node) || !is_new_target(plan, node))
				continue;
			note_target(l, node);
			add_addresses(l, node, referral && in_domain);
		}
	}
}

static void too_big(struct layout *l, const struct tree_record *p, const char *what)
{
	char owner[NAME_TEXT_LEN];
	char type[16];

	diags_add(l->b->diags, DIAG_ERROR, builder_place(l->b, p),
		  "the %s records of %s %s", rr_type_format(p->type, type),
		  name_format(l->owner.wire, owner), what);
}

/* A set of one record that brings nothing with it: nearly all sets of a big zone. */
static const struct ready *build_single(struct layout *l, const struct layout_group *g)
{
	const struct tree_record *p = l->rows[g->first].piece;
	struct ready_rdata rdata = { p->rdata, p->rdlen };
	struct ready_rrset set = { .owner = l->owner.wire,
				   .type = g->type,
				   .ttl = g->ttl,
				   .section = READY_ANSWER,
				   .rdatas = &rdata,
				   .count = 1 };
	struct ready_plan plan = { .qname = l->owner.wire,
				   .authoritative = true,
				   .rrsets = &set,
				   .count = 1 };

	return ready_build(l->ready, &plan);
}

/* Behind a wildcard's answer come its proofs, so it brings no addresses with it. */
static bool has_targets(const struct layout *l)
{
	return !l->occluded &&
	       !(l->plan->dnssec_ok && memcmp(l->owner.wire, "\1*", 2) == 0);
}

static void add_group(struct layout *l, const struct layout_group *g, bool referral)
{
	const struct layout_want want = {
		.node = l->node_ref,
		.type = g->type,
		.section = referral ? READY_AUTHORITY : READY_ANSWER,
		.required = true,
	};
	struct ready_rdata *rdatas;

	if (g->type == RR_RRSIG) {
		layout_add_rrsigs(l, g);
		return;
	}
	rdatas = arena_take(&l->arena, g->count * sizeof(*rdatas));
	fill_rdatas(l, g, rdatas);
	l->plan->sets[l->plan->set_count++] = (struct ready_rrset){
		.owner = l->owner.wire,
		.type = g->type,
		.ttl = g->ttl,
		.section = want.section,
		.rdatas = rdatas,
		.count = g->count,
	};
	if (l->plan->dnssec_ok)
		layout_add_signatures(l, &want);
}

static const struct ready *build_group(struct layout *l, const struct layout_group *g,
				       bool dnssec_ok)
{
	bool referral = (l->node->flags & RECORD_CUT) && g->type == RR_NS;
	struct layout_plan *plan = l->plan;
	struct ready_plan ready = { .qname = l->owner.wire,
				    .authoritative = !referral,
				    .rrsets = plan->sets };

	if (g->count == 1 && !dnssec_ok &&
	    (g->type == RR_A || g->type == RR_AAAA || g->type == RR_TXT))
		return build_single(l, g);
	plan->set_count = plan->target_count = 0;
	plan->dnssec_ok = dnssec_ok;
	add_group(l, g, referral);
	if (referral && dnssec_ok)
		layout_add_ds(l);
	if (has_targets(l)) {
		add_targets(l, g, true);
		if (referral)
			add_targets(l, g, false);
	}
	ready.count = plan->set_count;
	return ready_build(l->ready, &ready);
}

static void put_head(const struct layout *l, size_t set_count, struct buffer *out)
{
	struct record head = {
		.name_len = l->node->name_len,
		.flags = (uint8_t)(l->node->flags |
				   (l->occluded || l->hashed ? RECORD_OCCLUDED : 0) |
				   (l->b->is_signed ? RECORD_SIGNED : 0)),
		.set_count = (uint16_t)set_count,
	};

	buffer_put(out, &head, sizeof(head));
	if (l->node->flags & RECORD_LIVE) {
		const struct build_live *live = builder_live_of(l->b, l->node_ref);

		buffer_put(out, &live->index, sizeof(live->index));
		buffer_put(out, &live->kind, sizeof(live->kind));
	}
}

static void pad(struct buffer *out)
{
	static const uint8_t zero[4];

	buffer_put(out, zero, -out->len & 3);
}

/* Appends the blob of one group and tells where it stands. */
static bool put_group(struct layout *l, const struct layout_group *g, size_t start,
		      uint32_t *set, struct buffer *out)
{
	const struct ready *r = build_group(l, g, false);
	bool referral = (l->node->flags & RECORD_CUT) && g->type == RR_NS;

	if (r == NULL) {
		too_big(l, l->rows[g->first].piece, "do not fit in a message");
		return false;
	}
	if (out->len - start > RECORD_MAX_LEN) {
		too_big(l, l->rows[g->first].piece, "are too large for one name");
		return false;
	}
	*set = (uint32_t)(referral ? SET_REFERRAL : g->type) << 16 |
	       (uint32_t)((out->len - start) / 4);
	buffer_put(out, r, ready_len(r));
	pad(out);
	return true;
}

/* The same with signatures, for which the plain one stands where there are none or they
 * fit no more. */
static void put_signed(struct layout *l, const struct layout_group *g, size_t start,
		       uint32_t plain, uint32_t *set, struct buffer *out)
{
	const struct ready *r = build_group(l, g, true);
	const uint8_t *was = out->octets + start + (size_t)4 * (plain & 0xffff);

	*set = plain;
	if (r == NULL || out->len - start > RECORD_MAX_LEN)
		return;
	if (ready_len(r) == ready_len((const struct ready *)(const void *)was) &&
	    memcmp(r, was, ready_len(r)) == 0)
		return;
	*set = (plain & 0xffff0000) | (uint32_t)((out->len - start) / 4);
	buffer_put(out, r, ready_len(r));
	pad(out);
}

void layout_write(struct layout *l, struct buffer *out)
{
	size_t start = out->len;
	size_t directory_len = l->group_count * sizeof(uint32_t);
	size_t sets_at;

	put_head(l, l->group_count, out);
	sets_at = out->len;
	(void)buffer_reserve(out, 2 * directory_len);
	out->len += directory_len * (l->b->is_signed ? 2 : 1);
	buffer_put(out, l->node->name, l->node->name_len);
	pad(out);
	for (size_t i = 0; i < l->group_count; i++) {
		const struct layout_group *g = &l->groups[i];
		size_t at = sets_at + i * sizeof(uint32_t);
		uint32_t set;
		uint32_t with;

		if (!put_group(l, g, start, &set, out))
			return;
		memcpy(out->octets + at, &set, sizeof(set));
		l->record_count += g->count;
		if (!l->b->is_signed)
			continue;
		put_signed(l, g, start, set, &with, out);
		memcpy(out->octets + at + directory_len, &with, sizeof(with));
	}
	if (l->owner.label_count > l->depth_max)
		l->depth_max = l->owner.label_count;
}
