/* Consistency checks of signed zones: what is missing inside, which validators would
 * meet as a bogus answer. */
#include <assert.h>
#include <openssl/evp.h>
#include <string.h>

#include "dns/rr.h"
#include "zones/layout.h"
#include "zones/table.h"

enum { HASHED_MAX = 100000, DIGEST_AT = 4, DNSKEY_HEAD_LEN = 4 };

static void node_name(const struct zone_builder *b, const struct tree_node *n,
		      struct name *out)
{
	memcpy(out->wire, n->name, n->name_len);
	memcpy(out->wire + n->name_len, b->origin.wire, b->origin.len);
	out->len = (uint8_t)(n->name_len + b->origin.len);
}

static const struct tree_record *record_of(const struct zone_builder *b,
					   const struct tree_node *n, uint16_t type)
{
	const struct tree_record *p = NULL;

	for (uint32_t ref = n->first; ref != NAME_TREE_NONE; ref = p->next) {
		p = name_tree_at(&b->tree, ref);
		if (p->type == type)
			return p;
	}
	return NULL;
}

static bool is_covered(const struct layout *l, uint16_t type)
{
	const struct layout_group *g = layout_find(l, RR_RRSIG);

	for (size_t i = 0; g && i < g->count; i++) {
		const uint8_t *rdata = l->rows[g->first + i].piece->rdata;

		if ((rdata[0] << 8 | rdata[1]) == type)
			return true;
	}
	return false;
}

static void report_node(struct layout *l, uint16_t type, const struct tree_record *p,
			const char *said)
{
	char owner[NAME_TEXT_LEN];
	char text[16];

	diags_add(l->b->diags, DIAG_WARNING, builder_place(l->b, p), "%s at %s %s",
		  rr_type_format(type, text), name_format(l->owner.wire, owner), said);
}

/* The first set without a signature, once per zone. */
static void check_covered(struct layout *l)
{
	bool cut = l->node->flags & RECORD_CUT;

	for (size_t i = 0; i < l->group_count && !l->b->warned_unsigned; i++) {
		uint16_t type = l->groups[i].type;

		if (type == RR_RRSIG || (cut && type != RR_DS && type != RR_NSEC) ||
		    is_covered(l, type))
			continue;
		l->b->warned_unsigned = true;
		report_node(l, type, l->rows[l->groups[i].first].piece,
			    "has no signature, though the zone is signed: validators "
			    "treat it as bogus");
	}
}

static uint16_t key_tag(const struct tree_record *p)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < p->rdlen; i++)
		sum += i & 1 ? p->rdata[i] : (uint32_t)p->rdata[i] << 8;
	sum += sum >> 16 & 0xffff;
	return (uint16_t)sum;
}

/* Whether a CDS is the digest of a key (RFC 4034 5.1.4); by its tag where we do not
 * know the kind of digest. */
static bool is_digest_of(const struct layout *l, const struct tree_record *cds,
			 const struct tree_record *key)
{
	const EVP_MD *const kinds[] = { NULL, EVP_sha1(), EVP_sha256(), NULL,
					EVP_sha384() };
	uint8_t octets[NAME_MAX_LEN + UINT16_MAX];
	uint8_t digest[EVP_MAX_MD_SIZE];
	uint8_t kind = cds->rdata[3];
	unsigned len = 0;

	if ((cds->rdata[0] << 8 | cds->rdata[1]) != key_tag(key) ||
	    cds->rdata[2] != key->rdata[3])
		return false;
	if (kind >= sizeof(kinds) / sizeof(kinds[0]) || kinds[kind] == NULL)
		return true;
	memcpy(octets, l->owner.wire, l->owner.len);
	memcpy(octets + l->owner.len, key->rdata, key->rdlen);
	return EVP_Digest(octets, (size_t)l->owner.len + key->rdlen, digest, &len,
			  kinds[kind], NULL) == 1 &&
	       len == (unsigned)cds->rdlen - DIGEST_AT &&
	       memcmp(digest, cds->rdata + DIGEST_AT, len) == 0;
}

static bool is_same_key(const struct tree_record *a, const struct tree_record *b)
{
	return a->rdlen == b->rdlen && memcmp(a->rdata, b->rdata, a->rdlen) == 0;
}

/* Algorithm 0 asks the parent to delete (RFC 8078 4). */
static bool asks_deletion(const struct tree_record *p)
{
	return p->rdata[p->type == RR_CDS ? 2 : 3] == 0;
}

static void check_child_keys(struct layout *l, uint16_t type)
{
	const struct layout_group *keys = layout_find(l, RR_DNSKEY);
	const struct layout_group *g = layout_find(l, type);

	for (size_t i = 0; g && i < g->count; i++) {
		const struct tree_record *p = l->rows[g->first + i].piece;
		bool found = asks_deletion(p);

		if (l->node_ref != NAME_TREE_APEX) {
			report_node(l, type, p,
				    "belongs at the apex of the zone (RFC 7344 4.1)");
			return;
		}
		for (size_t k = 0; keys && !found && k < keys->count; k++) {
			const struct tree_record *key = l->rows[keys->first + k].piece;

			found = type == RR_CDS ? is_digest_of(l, p, key)
					       : is_same_key(p, key);
		}
		if (!found)
			report_node(l, type, p,
				    "is of no DNSKEY of this zone (RFC 7344 4.1): a "
				    "parent that follows it breaks the zone");
	}
}

void integrity_check_secure(struct layout *l)
{
	check_child_keys(l, RR_CDS);
	check_child_keys(l, RR_CDNSKEY);
	if (!l->b->is_signed || l->occluded)
		return;
	check_covered(l);
	if (l->b->denial && denial_nsec3(l->b->denial) == NULL &&
	    !layout_find(l, RR_NSEC) && !l->b->warned_chain) {
		l->b->warned_chain = true;
		report_node(l, l->groups[0].type, l->rows[l->groups[0].first].piece,
			    "has no NSEC record beside it: what it does not have "
			    "cannot be proved");
	}
}

static void report_link(const struct zone_builder *b, const struct denial_entry *e,
			const struct denial_entry *next, uint16_t type)
{
	const struct tree_node *n = name_tree_at(&b->tree, e->node);
	char owner_text[NAME_TEXT_LEN];
	char next_text[NAME_TEXT_LEN];
	const struct tree_record *p = record_of(b, n, type);
	struct name owner;
	struct name follower;

	node_name(b, n, &owner);
	node_name(b, name_tree_at(&b->tree, next->node), &follower);
	diags_add(
		b->diags, DIAG_WARNING, builder_place(b, p),
		"%s at %s does not lead to the next one, %s: the chain is broken, and "
		"validators treat denials as bogus",
		type == RR_NSEC ? "NSEC" : "NSEC3", name_format(owner.wire, owner_text),
		name_format(follower.wire, next_text));
}

static bool leads_to(const struct zone_builder *b, const struct denial_entry *e,
		     const struct denial_entry *next, bool hashed)
{
	const struct tree_node *n = name_tree_at(&b->tree, e->node);
	const struct tree_record *p = record_of(b, n, hashed ? RR_NSEC3 : RR_NSEC);
	struct name owner;
	size_t salt_len;

	if (!hashed && p) {
		node_name(b, name_tree_at(&b->tree, next->node), &owner);
		return name_equal(p->rdata, owner.wire);
	}
	assert(p != NULL); /* what denial_gather() found */
	salt_len = p->rdata[4];
	return p->rdlen >= 6 + salt_len + NSEC3_HASH_LEN &&
	       memcmp(p->rdata + 6 + salt_len, next->key, NSEC3_HASH_LEN) == 0;
}

/* Whether NSEC3 may leave out delegations without DS (RFC 5155 6). */
static bool opts_out(const struct zone_builder *b)
{
	for (size_t i = 0; i < denial_count(b->denial); i++) {
		const struct denial_entry *e = denial_at(b->denial, i);
		const struct tree_node *n = name_tree_at(&b->tree, e->node);
		const struct tree_record *p = record_of(b, n, RR_NSEC3);

		assert(p != NULL);
		if (p->rdata[1] & 1)
			return true;
	}
	return false;
}

/* A node whose hash the chain must have. */
static bool must_be_hashed(const struct zone_builder *b, uint32_t ref, bool opt_out)
{
	const struct tree_node *n = name_tree_at(&b->tree, ref);

	if (builder_occluder(b, ref) != NAME_TREE_NONE ||
	    record_of(b, n, RR_NSEC3)) /* a hash itself */
		return false;
	if (!opt_out)
		return true;
	return n->first != NAME_TREE_NONE &&
	       (!(n->flags & RECORD_CUT) || record_of(b, n, RR_DS));
}

static void check_hashes(const struct zone_builder *b)
{
	const struct name_tree *s = &b->tree;
	bool opt_out = opts_out(b);

	for (size_t i = 0; i < s->slot_count && s->node_count <= HASHED_MAX; i++) {
		uint32_t ref = s->slots[i].at;
		uint8_t hash[NSEC3_HASH_LEN];
		char text[NAME_TEXT_LEN];
		struct name owner;
		bool exact;

		if (ref == NAME_TREE_NONE || !must_be_hashed(b, ref, opt_out))
			continue;
		node_name(b, name_tree_at(s, ref), &owner);
		nsec3_hash(denial_nsec3(b->denial), owner.wire, owner.len, hash);
		(void)denial_find_hash(b->denial, hash, &exact);
		if (exact)
			continue;
		diags_add(b->diags, DIAG_WARNING, (struct diag_place){ b->path, 0, 0 },
			  "no NSEC3 record of the chain is for %s: validators treat "
			  "denials of it as bogus",
			  name_format(owner.wire, text));
		return;
	}
}

void integrity_check_chain(const struct zone_builder *b)
{
	bool hashed = denial_nsec3(b->denial) != NULL;
	size_t count = denial_count(b->denial);

	for (size_t i = 0; i < count; i++) {
		const struct denial_entry *e = denial_at(b->denial, i);
		const struct denial_entry *next = denial_at(b->denial,
							    i + 1 < count ? i + 1 : 0);

		if (leads_to(b, e, next, hashed))
			continue;
		report_link(b, e, next, hashed ? RR_NSEC3 : RR_NSEC);
		break;
	}
	if (hashed && b->live_count == 0) /* live names have no hash, which is told */
		check_hashes(b);
}
