/* Signatures and proofs of a signed zone, beside what they are about. */
#include <string.h>

#include "dns/rr.h"
#include "zones/layout.h"
#include "zones/table.h"

static uint16_t covered_type(const uint8_t *rdata)
{
	return (uint16_t)(rdata[0] << 8 | rdata[1]);
}

static bool is_wanted(const struct layout_want *want, const struct tree_record *p)
{
	return p->type == want->type &&
	       (p->type != RR_RRSIG || covered_type(p->rdata) == want->covered);
}

/* The very name of the node taken up: a wildcard's stands for any. As a target it does
 * not. */
static const uint8_t *owner_of(struct layout *l, const struct layout_want *want)
{
	const struct name *origin = &l->b->origin;
	const struct tree_node *n = name_tree_at(&l->b->tree, want->node);
	uint8_t *owner;

	if (want->node == l->node_ref && want->section != READY_ADDITIONAL)
		return l->owner.wire;
	owner = arena_take(&l->arena, NAME_MAX_LEN);
	memcpy(owner, n->name, n->name_len);
	memcpy(owner + n->name_len, origin->wire, origin->len);
	return owner;
}

static bool is_there(const struct ready_rdata *rdatas, size_t count,
		     const struct tree_record *p)
{
	for (size_t i = 0; i < count; i++)
		if (rdatas[i].len == p->rdlen &&
		    memcmp(rdatas[i].octets, p->rdata, p->rdlen) == 0)
			return true;
	return false;
}

/* Adds a set as it is. Returns whether there is one. */
static bool add_plain(struct layout *l, const struct layout_want *want)
{
	const struct name_tree *s = &l->b->tree;
	const struct tree_node *n = name_tree_at(s, want->node);
	struct ready_rrset *set = &l->plan->sets[l->plan->set_count];
	struct ready_rdata *rdatas;
	size_t room = 0;
	size_t count = 0;
	uint32_t ttl = UINT32_MAX;

	for (uint32_t ref = n->first; ref != NAME_TREE_NONE;) {
		const struct tree_record *p = name_tree_at(s, ref);

		room += is_wanted(want, p);
		ref = p->next;
	}
	if (room == 0 || l->plan->set_count == LAYOUT_SETS_MAX)
		return false;
	rdatas = arena_take(&l->arena, room * sizeof(*rdatas));
	for (uint32_t ref = n->first; ref != NAME_TREE_NONE;) {
		const struct tree_record *p = name_tree_at(s, ref);

		ref = p->next;
		if (!is_wanted(want, p))
			continue;
		if (!is_there(rdatas, count, p))
			rdatas[count++] = (struct ready_rdata){ p->rdata, p->rdlen };
		ttl = p->ttl < ttl ? p->ttl : ttl;
	}
	*set = (struct ready_rrset){
		.owner = owner_of(l, want),
		.type = want->type,
		.ttl = ttl,
		.section = want->section,
		.required = want->required,
		.rdatas = rdatas,
		.count = count,
	};
	l->plan->set_count++;
	return true;
}

void layout_add_signatures(struct layout *l, const struct layout_want *signed_set)
{
	struct layout_want want = *signed_set;

	want.covered = want.type;
	want.type = RR_RRSIG;
	/* Of addresses they may be left out silently (RFC 4035 3.1.1). */
	if (want.section == READY_ADDITIONAL)
		want.required = false;
	(void)add_plain(l, &want);
}

void layout_add(struct layout *l, const struct layout_want *want)
{
	/* Glue has none. */
	if (add_plain(l, want) && l->plan->dnssec_ok &&
	    (want->section != READY_ADDITIONAL || builder_is_ours(l->b, want->node)))
		layout_add_signatures(l, want);
}

void layout_add_rrsigs(struct layout *l, const struct layout_group *g)
{
	struct layout_want want = { .node = l->node_ref,
				    .type = RR_RRSIG,
				    .section = READY_ANSWER,
				    .required = true };

	/* Rows stand by the types they cover. */
	for (size_t i = 0; i < g->count; i++) {
		const struct tree_record *p = l->rows[g->first + i].piece;
		uint16_t covered = covered_type(p->rdata);

		if (i && covered == want.covered)
			continue;
		want.covered = covered;
		(void)add_plain(l, &want);
	}
}

static void add_nsec3(struct layout *l, const struct denial_entry *e)
{
	const struct layout_want want = { .node = e->node,
					  .type = RR_NSEC3,
					  .section = READY_AUTHORITY,
					  .required = true };

	layout_add(l, &want);
}

static const struct denial_entry *find_hashed(const struct layout *l,
					      const uint8_t *name, bool *exact)
{
	const struct denial *d = l->b->denial;
	uint8_t hash[NSEC3_HASH_LEN];

	nsec3_hash(denial_nsec3(d), name, name_wire_len(name), hash);
	return denial_find_hash(d, hash, exact);
}

/* RFC 5155 7.2.7: the cut's own record, or its closest encloser's and, of a span that
 * opts out, the one over the next closer name. */
static void add_no_ds_hashed(struct layout *l)
{
	const uint8_t *name = l->owner.wire;
	const uint8_t *next = NULL;
	const struct denial_entry *e;
	const struct denial_entry *over;
	bool exact;

	e = find_hashed(l, name, &exact);
	while (!exact && name_wire_len(name) > l->b->origin.len) {
		next = name;
		name = name_parent(name);
		e = find_hashed(l, name, &exact);
	}
	if (!exact)
		return;
	add_nsec3(l, e);
	if (next == NULL)
		return;
	over = find_hashed(l, next, &exact);
	if (over != e)
		add_nsec3(l, over);
}

void layout_add_ds(struct layout *l)
{
	struct layout_want want = { .node = l->node_ref,
				    .type = RR_DS,
				    .section = READY_AUTHORITY,
				    .required = true };

	if (layout_find(l, RR_DS) == NULL) {
		if (l->b->denial && denial_nsec3(l->b->denial)) {
			add_no_ds_hashed(l);
			return;
		}
		want.type = RR_NSEC;
	}
	layout_add(l, &want);
}

const struct ready *layout_build_proof(struct layout *l, uint16_t type,
				       const struct ready_rdata *rdatas, size_t count,
				       uint32_t ttl)
{
	const struct layout_want want = { .node = l->node_ref,
					  .type = type,
					  .section = READY_AUTHORITY };
	struct layout_plan *plan = l->plan;
	struct ready_plan ready = { .qname = l->b->origin.wire,
				    .authoritative = true,
				    .rrsets = plan->sets };

	plan->set_count = 1;
	plan->sets[0] = (struct ready_rrset){ .owner = l->owner.wire,
					      .type = type,
					      .ttl = ttl,
					      .section = READY_AUTHORITY,
					      .rdatas = rdatas,
					      .count = count };
	layout_add_signatures(l, &want);
	ready.count = plan->set_count;
	return ready_build(l->ready, &ready);
}

struct ready *layout_build_negative(struct layout *l, const struct ready_rrset *soa)
{
	const struct layout_want want = { .node = NAME_TREE_APEX,
					  .type = RR_SOA,
					  .section = READY_AUTHORITY };
	struct layout_plan *plan = l->plan;
	struct ready_plan ready = { .qname = l->b->origin.wire,
				    .authoritative = true,
				    .rrsets = plan->sets };

	plan->set_count = 1;
	plan->sets[0] = *soa;
	layout_add_signatures(l, &want);
	for (size_t i = 1; i < plan->set_count; i++)
		if (plan->sets[i].ttl > soa->ttl)
			plan->sets[i].ttl = soa->ttl;
	ready.count = plan->set_count;
	return ready_new(&ready);
}
