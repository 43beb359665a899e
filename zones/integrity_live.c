/* Records of a zone that stand in the way of its live names, or are replaced by them.
 */
#include <stdio.h>
#include <string.h>

#include "dns/reader.h"
#include "dns/rr.h"
#include "zones/layout.h"
#include "zones/table.h"

enum { SVCB_IPV4HINT = 4, SVCB_IPV6HINT = 6, PLACE_MAX = 300 };

/* "FILE:LINE:COL" of the live name's declaration. */
static const char *declared_at(const struct build_live *live, char out[PLACE_MAX])
{
	const struct diag_place *at = &live->place;

	if (at->line == 0)
		(void)snprintf(out, PLACE_MAX, "%s", at->file ? at->file : "-");
	else
		(void)snprintf(out, PLACE_MAX, "%s:%u:%u", at->file, at->line, at->col);
	return out;
}

static void check_forbidden(struct layout *l, const struct build_live *live)
{
	static const uint16_t forbidden[] = { RR_CNAME, RR_DNAME, RR_NS };

	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		const struct layout_group *g = layout_find(l, forbidden[i]);
		char owner[NAME_TEXT_LEN];
		char place[PLACE_MAX];
		char type[16];

		if (g == NULL || (g->type == RR_NS && l->node_ref == NAME_TREE_APEX))
			continue;
		diags_add(l->b->diags, DIAG_ERROR,
			  builder_place(l->b, l->rows[g->first].piece),
			  "%s at %s is not allowed at a live name (declared at "
			  "%s)",
			  rr_type_format(g->type, type),
			  name_format(l->owner.wire, owner), declared_at(live, place));
	}
}

/* Whether a set is the live name's, which answers instead of the file. */
static bool is_owned(const struct build_live *live, uint16_t type)
{
	if (live->kind == LIVE_A)
		return type == RR_A || type == RR_AAAA || type == RR_NAPTR;
	return type == RR_SRV;
}

static void check_replaced(struct layout *l, const struct build_live *live)
{
	for (size_t i = 0; i < l->group_count && !live->uses_file; i++) {
		const struct layout_group *g = &l->groups[i];
		char owner[NAME_TEXT_LEN];
		char place[PLACE_MAX];
		char type[16];

		if (!is_owned(live, g->type))
			continue;
		diags_add(l->b->diags, DIAG_WARNING,
			  builder_place(l->b, l->rows[g->first].piece),
			  "%s at %s is never answered: the live name declared "
			  "at %s answers instead",
			  rr_type_format(g->type, type),
			  name_format(l->owner.wire, owner), declared_at(live, place));
	}
}

/* Whether a live name stands between a node and what occludes it: then that one is
 * reported. */
static bool is_below_another(const struct layout *l)
{
	const struct tree_node *n = l->node;

	for (uint32_t up = n->parent; up != NAME_TREE_NONE && up != l->occluder;
	     up = n->parent) {
		n = name_tree_at(&l->b->tree, up);
		if (n->flags & RECORD_LIVE)
			return true;
	}
	return false;
}

static void check_never_live(struct layout *l, const struct build_live *live)
{
	const struct tree_node *by = name_tree_at(&l->b->tree, l->occluder);
	uint16_t type = by->flags & RECORD_CUT ? RR_NS : RR_DNAME;
	const struct tree_record *p = NULL;
	char owner[NAME_TEXT_LEN];
	char place[PLACE_MAX];

	if (is_below_another(l))
		return;
	for (uint32_t ref = by->first; ref != NAME_TREE_NONE;) {
		const struct tree_record *r = name_tree_at(&l->b->tree, ref);

		if (r->type == type)
			p = r; /* the first in the file */
		ref = r->next;
	}
	if (p == NULL)
		return;
	diags_add(l->b->diags, DIAG_WARNING, builder_place(l->b, p),
		  "this %s hides the live name %s, declared at %s: it is never "
		  "answered from here",
		  type == RR_NS ? "delegation" : "DNAME",
		  name_format(l->owner.wire, owner), declared_at(live, place));
}

/* Whether the parameters of SVCB or HTTPS hold addresses (RFC 9460 7.3). */
static bool has_hints(const struct tree_record *p, struct name *target)
{
	struct reader r = reader_of(p->rdata, p->rdlen);
	bool found = false;

	(void)reader_u16(&r);
	if (name_read(&r, target))
		return false;
	while (reader_left(&r) && !r.err) {
		uint16_t key = reader_u16(&r);
		uint16_t len = reader_u16(&r);

		(void)reader_take(&r, len);
		found |= key == SVCB_IPV4HINT || key == SVCB_IPV6HINT;
	}
	return found && !r.err;
}

/* Clients use the hints before, or instead of, the live addresses. */
static void check_hints(struct layout *l, const struct layout_group *g)
{
	for (size_t i = 0; i < g->count; i++) {
		const struct tree_record *p = l->rows[g->first + i].piece;
		const struct build_live *live;
		char owner[NAME_TEXT_LEN];
		char place[PLACE_MAX];
		struct name target;
		char type[16];
		uint32_t node;

		if (!has_hints(p, &target))
			continue;
		node = target.len == 1 ? l->node_ref : builder_find(l->b, target.wire);
		live = node == NAME_TREE_NONE ? NULL : builder_live_of(l->b, node);
		if (live == NULL || live->kind != LIVE_A)
			continue;
		diags_add(l->b->diags, DIAG_WARNING, builder_place(l->b, p),
			  "%s at %s has address hints for the live name declared at "
			  "%s: clients may use them for %u s whichever PBX is alive; "
			  "remove ipv4hint and ipv6hint",
			  rr_type_format(g->type, type),
			  name_format(l->owner.wire, owner), declared_at(live, place),
			  g->ttl);
	}
}

void integrity_check_live(struct layout *l)
{
	const struct build_live *live;

	if (l->b->live_count == 0)
		return;
	for (size_t i = 0; i < l->group_count; i++)
		if (l->groups[i].type == RR_SVCB || l->groups[i].type == RR_HTTPS)
			check_hints(l, &l->groups[i]);
	live = l->node->flags & RECORD_LIVE ? builder_live_of(l->b, l->node_ref) : NULL;
	if (live == NULL)
		return;
	check_forbidden(l, live);
	if (l->occluded)
		check_never_live(l, live);
	else
		check_replaced(l, live);
}
