/* Consistency checks of the records of a zone. */
#include <string.h>

#include "dns/rr.h"
#include "zones/layout.h"
#include "zones/table.h"

enum {
	NAMES_IN_RDATA = 3,
	ALIASES_MAX = 64,
	TYPE_RP = 17,
	TYPE_KEY = 25,
	RRSIG_EXPIRATION_AT = 8
};

static const struct tree_record *first_of(const struct layout *l,
					  const struct layout_group *g)
{
	return l->rows[g->first].piece;
}

/* The last one in the file: the superfluous one. */
static const struct tree_record *last_of(const struct layout *l,
					 const struct layout_group *g)
{
	const struct tree_record *last = first_of(l, g);

	for (size_t i = 1; i < g->count; i++)
		if (l->rows[g->first + i].piece->line > last->line)
			last = l->rows[g->first + i].piece;
	return last;
}

/* Reports on the node's records of one type: "TYPE at OWNER SAID". */
static void report(struct layout *l, enum diag_level level, const struct tree_record *p,
		   const char *said)
{
	char owner[NAME_TEXT_LEN];
	char type[16];

	diags_add(l->b->diags, level, builder_place(l->b, p), "%s at %s %s",
		  rr_type_format(p->type, type), name_format(l->owner.wire, owner),
		  said);
}

/* The same with a second name: "TYPE at OWNER SAID NAME". */
static void report_name(struct layout *l, enum diag_level level,
			const struct tree_record *p, const char *said,
			const uint8_t *name)
{
	char owner[NAME_TEXT_LEN];
	char other[NAME_TEXT_LEN];
	char type[16];

	diags_add(l->b->diags, level, builder_place(l->b, p), "%s at %s %s %s",
		  rr_type_format(p->type, type), name_format(l->owner.wire, owner),
		  said, name_format(name, other));
}

static void node_name(const struct zone_builder *b, uint32_t ref, struct name *out)
{
	const struct tree_node *n = name_tree_at(&b->tree, ref);

	memcpy(out->wire, n->name, n->name_len);
	memcpy(out->wire + n->name_len, b->origin.wire, b->origin.len);
	out->len = (uint8_t)(n->name_len + b->origin.len);
}

/* The nearest existing ancestor; the name is inside the zone. */
static uint32_t encloser(struct zone_builder *b, const uint8_t *wire)
{
	uint32_t ref = builder_find(b, wire);

	while (ref == NAME_TREE_NONE) {
		wire = name_parent(wire);
		ref = builder_find(b, wire);
	}
	return ref;
}

static bool has_address(const struct zone_builder *b, uint32_t ref)
{
	return builder_has(b, ref, RR_A) || builder_has(b, ref, RR_AAAA) ||
	       builder_live_of(b, ref);
}

/* Whether a name of the zone has the zone's name twice: "www.example.com" was written
 * without the final dot. */
static bool lacks_dot(const struct zone_builder *b, const uint8_t *name)
{
	struct name cut;

	cut.len = (uint8_t)(name_wire_len(name) - b->origin.len + 1);
	memcpy(cut.wire, name, cut.len - 1U);
	cut.wire[cut.len - 1] = 0;
	return b->origin.len > 1 && name_is_within(cut.wire, b->origin.wire);
}

/* What is wrong with a name of the zone that does not exist, or NULL. */
static const char *missing_fault(struct zone_builder *b, const uint8_t *target)
{
	uint32_t ref = encloser(b, target);
	const struct tree_node *n = name_tree_at(&b->tree, ref);

	if (!builder_is_ours(b, ref) || n->flags & RECORD_WILDCARD)
		return NULL;
	return lacks_dot(b, target)
		       ? "points to a name that does not exist (missing final dot?):"
		       : "points to a name that does not exist:";
}

/* What is wrong with a name that must have addresses, or NULL. */
static const char *target_fault(struct zone_builder *b, const uint8_t *target)
{
	uint32_t ref = builder_find(b, target);
	const struct tree_node *n;

	if (ref == NAME_TREE_NONE)
		return missing_fault(b, target);
	n = name_tree_at(&b->tree, ref);
	if (n->flags & RECORD_CNAME)
		return "points to an alias (RFC 2181 10.3):";
	if (has_address(b, ref) || !builder_is_ours(b, ref))
		return NULL;
	return "points to a name without addresses:";
}

static void check_target(struct layout *l, const struct tree_record *p,
			 const uint8_t *target)
{
	struct zone_builder *b = l->b;
	const char *fault;

	if (*target == 0 || !name_is_within(target, b->origin.wire))
		return;
	if (p->type == RR_NS && l->node->flags & RECORD_CUT &&
	    name_is_within(target, l->owner.wire)) {
		uint32_t ref = builder_find(b, target);

		if (ref == NAME_TREE_NONE || !has_address(b, ref))
			report_name(l, DIAG_ERROR, p,
				    "cannot be reached because "
				    "its glue is missing:",
				    target);
		return;
	}
	if (p->type != RR_CNAME)
		fault = target_fault(b, target);
	else /* an alias may point to an alias, or to a name without addresses */
		fault = builder_find(b, target) == NAME_TREE_NONE
				? missing_fault(b, target)
				: NULL;
	if (fault)
		report_name(l, DIAG_WARNING, p, fault, target);
}

static bool is_reverse(const struct zone_builder *b)
{
	return name_is_within(b->origin.wire, (const uint8_t *)"\4arpa");
}

/* "host.example.com" without its final dot becomes a name of the reverse zone. */
static void check_pointer(struct layout *l, const struct tree_record *p,
			  const uint8_t *target)
{
	const char *fault = NULL;

	if (*target == 0 || builder_find(l->b, target) != NAME_TREE_NONE ||
	    !name_is_within(target, l->b->origin.wire))
		return;
	if (is_reverse(l->b))
		fault = "points to a name that does not exist (missing final dot?):";
	else
		fault = missing_fault(l->b, target);
	if (fault)
		report_name(l, DIAG_WARNING, p, fault, target);
}

/* The node that a node's alias names, or NAME_TREE_NONE. */
static uint32_t alias_target(struct zone_builder *b, uint32_t ref)
{
	const struct tree_node *n = name_tree_at(&b->tree, ref);

	for (uint32_t at = n->first; at != NAME_TREE_NONE;) {
		const struct tree_record *p = name_tree_at(&b->tree, at);

		if (p->type == RR_CNAME)
			return builder_find(b, p->rdata);
		at = p->next;
	}
	return NAME_TREE_NONE;
}

/* A circle is reported once, at the node of it that is first in the tree. */
static void check_circle(struct layout *l, const struct tree_record *p)
{
	uint32_t at = l->node_ref;

	for (unsigned i = 0; i < ALIASES_MAX; i++) {
		at = alias_target(l->b, at);
		if (at == NAME_TREE_NONE || at < l->node_ref)
			return;
		if (at == l->node_ref) {
			report_name(l, DIAG_WARNING, p,
				    i ? "leads back to itself by way of"
				      : "points to itself:",
				    p->rdata);
			return;
		}
	}
}

static void check_targets(struct layout *l, const struct layout_group *g)
{
	if (g->type != RR_NS && g->type != RR_MX && g->type != RR_SRV &&
	    g->type != RR_CNAME && g->type != RR_PTR)
		return;
	for (size_t i = 0; i < g->count; i++) {
		const struct tree_record *p = l->rows[g->first + i].piece;
		struct rr_name_at names[NAMES_IN_RDATA];

		if (!rr_rdata_names(p->type, p->rdata, p->rdlen, names, NAMES_IN_RDATA))
			continue;
		if (p->type == RR_PTR)
			check_pointer(l, p, p->rdata + names[0].offset);
		else
			check_target(l, p, p->rdata + names[0].offset);
		if (p->type == RR_CNAME)
			check_circle(l, p);
	}
}

static void check_ttls(struct layout *l, const struct layout_group *g)
{
	if (g->type == RR_RRSIG) /* they form no set (RFC 4034 3) */
		return;
	for (size_t i = 1; i < g->count; i++) {
		const struct tree_record *p = l->rows[g->first + i].piece;

		if (p->ttl == first_of(l, g)->ttl)
			continue;
		report(l, DIAG_WARNING, p,
		       "has a different TTL from the rest of its RRset (RFC 2181 5.2); "
		       "the lowest one is used");
		return;
	}
}

static bool may_stand_by_cname(uint16_t type)
{
	return type == RR_CNAME || type == RR_RRSIG || type == RR_NSEC ||
	       type == TYPE_KEY;
}

static void check_alias(struct layout *l)
{
	const struct layout_group *alias = layout_find(l, RR_CNAME);

	if (alias == NULL)
		return;
	if (alias->count > 1)
		report(l, DIAG_ERROR, last_of(l, alias),
		       "occurs more than once (RFC 2181 10.1)");
	for (size_t i = 0; i < l->group_count; i++)
		if (!may_stand_by_cname(l->groups[i].type)) {
			report(l, DIAG_ERROR, first_of(l, alias),
			       "cannot coexist with other data (RFC 1034 3.6.2)");
			return;
		}
}

static void check_dname(struct layout *l)
{
	const struct layout_group *g = layout_find(l, RR_DNAME);

	if (g == NULL)
		return;
	if (g->count > 1)
		report(l, DIAG_ERROR, last_of(l, g),
		       "occurs more than once (RFC 6672 2.4)");
	if (l->node->flags & RECORD_CUT)
		report(l, DIAG_ERROR, first_of(l, g),
		       "cannot coexist with a delegation (RFC 6672 2.3)");
	if (name_is_within(first_of(l, g)->rdata, l->owner.wire))
		report_name(l, DIAG_WARNING, first_of(l, g),
			    "leads back below itself:", first_of(l, g)->rdata);
	if (l->node->name_len && l->node->name[0] == 1 && l->node->name[1] == '*')
		report(l, DIAG_WARNING, first_of(l, g),
		       "at a wildcard does not redirect the names that the wildcard "
		       "matches (RFC 4592 4.4)");
}

static void check_occluded(struct layout *l)
{
	const struct tree_node *by = name_tree_at(&l->b->tree, l->occluder);
	struct name name;

	node_name(l->b, l->occluder, &name);
	for (size_t i = 0; i < l->group_count; i++) {
		const struct tree_record *p = first_of(l, &l->groups[i]);

		if (!(by->flags & RECORD_CUT))
			report_name(l, DIAG_ERROR, p,
				    "is below a DNAME (RFC 6672 2.4):", name.wire);
		else if (p->type != RR_A && p->type != RR_AAAA)
			report_name(
				l, DIAG_WARNING, p,
				"is never answered because it is below a delegation:",
				name.wire);
	}
}

static void check_soa(struct layout *l)
{
	const struct layout_group *g = layout_find(l, RR_SOA);

	if (g == NULL)
		return;
	if (l->node_ref != NAME_TREE_APEX)
		report(l, DIAG_ERROR, first_of(l, g),
		       "is allowed only at the apex of the zone");
	else if (g->count > 1)
		report(l, DIAG_ERROR, last_of(l, g), "occurs more than once");
}

/* A mail address is written as a name, with a dot for its '@' (RFC 1035 3.3.13). */
static void check_mailbox(struct layout *l, uint16_t type, size_t which)
{
	const struct layout_group *g = layout_find(l, type);

	for (size_t i = 0; g && i < g->count; i++) {
		const struct tree_record *p = l->rows[g->first + i].piece;
		struct rr_name_at names[NAMES_IN_RDATA];
		const uint8_t *name;

		if (rr_rdata_names(type, p->rdata, p->rdlen, names, NAMES_IN_RDATA) <=
		    which)
			continue;
		name = p->rdata + names[which].offset;
		if (memchr(name, '@', name_wire_len(name)))
			report_name(l, DIAG_WARNING, p,
				    "has a mail address with '@' (write a dot in its "
				    "place); it is read as:",
				    name);
		else if (name_is_within(name, l->b->origin.wire) &&
			 lacks_dot(l->b, name))
			report_name(l, DIAG_WARNING, p,
				    "has a mail address with the zone's name twice "
				    "(missing final dot?):",
				    name);
	}
}

static void check_ds(struct layout *l, const struct layout_group *g)
{
	if (g->type == RR_DS && !(l->node->flags & RECORD_CUT))
		report(l, DIAG_WARNING, first_of(l, g),
		       l->node_ref == NAME_TREE_APEX
			       ? "belongs in the parent zone (RFC 4034 5)"
			       : "is not at a delegation: there is no "
				 "NS record beside it (RFC 4034 5)");
}

/* RFC 4034 3.1.5: seconds modulo 2^32. */
static bool is_expired(const struct zone_builder *b, const struct tree_record *p)
{
	const uint8_t *at = p->rdata + RRSIG_EXPIRATION_AT;
	uint32_t expires_s = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
			     (uint32_t)at[2] << 8 | at[3];

	return (int32_t)(expires_s - b->now_s) < 0;
}

/* Each is reported once per zone. */
static void check_signatures(struct layout *l, const struct layout_group *g)
{
	if (g->type != RR_RRSIG)
		return;
	if (!l->b->is_signed && !l->b->warned_signed) {
		l->b->warned_signed = true;
		report(l, DIAG_WARNING, first_of(l, g),
		       "is returned only when asked for explicitly: the SOA has no "
		       "signature, so the zone is served as unsigned");
	}
	for (size_t i = 0; i < g->count && !l->b->warned_expired; i++) {
		const struct tree_record *p = l->rows[g->first + i].piece;

		if (!is_expired(l->b, p))
			continue;
		l->b->warned_expired = true;
		report(l, DIAG_WARNING, p,
		       "has expired: validators treat the answers as bogus until the zone "
		       "is signed again");
	}
}

void integrity_check_node(struct layout *l)
{
	bool wildcard = l->node->name_len && memcmp(l->node->name, "\1*", 2) == 0;

	integrity_check_live(l);
	if (l->row_count == 0)
		return;
	if (l->occluded)
		check_occluded(l);
	integrity_check_secure(l);
	check_soa(l);
	check_mailbox(l, RR_SOA, 1);
	check_mailbox(l, TYPE_RP, 0);
	check_alias(l);
	check_dname(l);
	for (size_t i = 0; i < l->group_count; i++) {
		const struct layout_group *g = &l->groups[i];

		check_ttls(l, g);
		check_signatures(l, g);
		check_ds(l, g);
		if (!l->occluded)
			check_targets(l, g);
		if (wildcard && g->type == RR_NS)
			report(l, DIAG_WARNING, first_of(l, g),
			       "at a wildcard does not delegate anything (RFC 4592 4.2)");
	}
}

void integrity_check_zone(struct zone_builder *b)
{
	const struct diag_place place = { .file = b->path };
	char origin[NAME_TEXT_LEN];

	/* What is missing may be among the lines that could not be read. */
	if (b->diags->error_count > b->errors_before)
		return;
	name_format(b->origin.wire, origin);
	if (b->tree.record_count == 0) {
		diags_add(b->diags, DIAG_ERROR, place, "%s contains no records",
			  origin);
		return;
	}
	if (!builder_has(b, NAME_TREE_APEX, RR_SOA))
		diags_add(b->diags, DIAG_ERROR, place, "%s has no SOA at its apex",
			  origin);
	if (!builder_has(b, NAME_TREE_APEX, RR_NS))
		diags_add(b->diags, DIAG_ERROR, place, "%s has no NS at its apex",
			  origin);
}

void integrity_check_signed(const struct zone_builder *b)
{
	const struct diag_place place = { .file = b->path };
	const struct nsec3_params *hashed = b->denial ? denial_nsec3(b->denial) : NULL;
	char origin[NAME_TEXT_LEN];

	if (!b->is_signed)
		return;
	name_format(b->origin.wire, origin);
	if (b->denial == NULL)
		diags_add(b->diags, DIAG_WARNING, place,
			  "%s is signed, but it has neither NSEC nor NSEC3 records at "
			  "its apex to prove that names do not exist",
			  origin);
	else
		integrity_check_chain(b);
	if (hashed && hashed->iterations > 0)
		diags_add(
			b->diags, DIAG_WARNING, place,
			"%s uses %u extra NSEC3 iterations: validators may treat it as "
			"unsigned or fail (RFC 9276 3.2)",
			origin, hashed->iterations);
	if (b->live_count)
		diags_add(b->diags, DIAG_WARNING, place,
			  "%s is signed, but its live names are answered without "
			  "signatures: validators treat those answers as bogus",
			  origin);
}
