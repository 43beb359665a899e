/*
 * The internals of a builder: from gathered records to the octets of the records of a
 * segment.
 *
 * Used only inside zones/.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/operator/diag.h"
#include "zones/builder.h"
#include "zones/denial.h"
#include "zones/name_tree.h"
#include "zones/ready.h"

struct build_live {
	uint32_t node;
	uint32_t index;
	uint32_t kind; /* LIVE_A: the name itself; else the SRV set below it */
	bool uses_file;
	struct diag_place place;
};

struct zone_builder {
	struct name_tree tree;
	struct name origin; /* lower case */
	struct diags *diags;
	size_t errors_before;
	char **files;
	size_t file_count;
	struct build_live *lives;
	size_t live_count, live_cap;
	uint32_t
		*live_slots; /* by node, once all are there: a place in `lives` and 1 */
	size_t live_slot_count;
	struct name last_owner;          /* of the last record added */
	uint8_t lower[NAME_MAX_LEN + 8]; /* the same in lower case */
	const char *path;
	bool is_signed; /* the SOA at the apex has a signature */
	bool warned_signed;
	bool warned_expired;
	bool warned_unsigned;
	bool warned_chain;
	uint32_t now_s;        /* wall clock, for the expiry of signatures */
	struct denial *denial; /* the zone owns it once it is built; NULL: none */
};

/* One record of the current node. */
struct layout_row {
	const struct tree_record *piece;
	const uint8_t *key; /* canonical RDATA */
};

/* One RRset of it: the rows from `first` on. */
struct layout_group {
	uint16_t type;
	size_t first, count;
	uint32_t ttl;
};

enum { LAYOUT_NAMES_MAX = 3, LAYOUT_SETS_MAX = 255 };

/* The parts of one blob; too big to be cleared for each blob. */
struct layout_plan {
	struct ready_rrset sets[LAYOUT_SETS_MAX];
	uint32_t targets[LAYOUT_SETS_MAX]; /* nodes whose addresses are included */
	size_t set_count;
	size_t target_count;
	bool dnssec_ok; /* with signatures */
};

/* Work space for laying out one node after another. */
struct layout {
	struct zone_builder *b;
	struct ready_builder *ready;
	struct layout_plan *plan;
	struct arena arena; /* of one node */

	uint32_t node_ref;
	const struct tree_node *node;
	struct name owner;
	uint8_t owner_pad[8]; /* hash_label() reads on */
	bool occluded;
	bool hashed; /* it has only NSEC3 records: it is not a name that can be queried
		      */
	uint32_t occluder; /* node */

	struct layout_row *rows; /* by type, then RDATA; no duplicates */
	size_t row_count, row_cap;
	struct layout_group *groups;
	size_t group_count, group_cap;
	size_t record_count; /* of the whole zone */
	uint8_t depth_max;   /* labels of its deepest name */

	uint32_t *targets; /* nodes whose addresses are part of others' answers */
	size_t target_count, target_cap;
};

void zone_layout_init(struct layout *l, struct zone_builder *b);
void zone_layout_fini(struct layout *l);

/* Loads one node: its rows and groups. */
void layout_take(struct layout *l, uint32_t ref);

/* Appends the node's record, padded to 4 octets. Reports what cannot be laid out. */
void layout_write(struct layout *l, struct buffer *out);

/* Returns the group of a type, or NULL. */
const struct layout_group *layout_find(const struct layout *l, uint16_t type);

/* One RRset of any node, for the plan. */
struct layout_want {
	uint32_t node;
	uint16_t type;
	uint16_t covered; /* of RRSIG: the type that is signed */
	enum ready_section section;
	bool required;
};

/* Adds it, if it exists, with its signatures if the plan is for queries with DO.
 */
void layout_add(struct layout *l, const struct layout_want *want);

/* The signatures of one type at a node. */
void layout_add_signatures(struct layout *l, const struct layout_want *signed_set);

/* At a cut: DS, or the proof that there is none. */
void layout_add_ds(struct layout *l);

/* Signatures by the type they cover: those of each type have their own TTL (RFC 4034
 * 3).
 */
void layout_add_rrsigs(struct layout *l, const struct layout_group *g);

/* NSEC or NSEC3 records of the loaded node, with their signatures, as the authority
 * section of a negative answer. Returns them like ready_build(). */
const struct ready *layout_build_proof(struct layout *l, uint16_t type,
				       const struct ready_rdata *rdatas, size_t count,
				       uint32_t ttl);

/* Returns the zone's negative answer for queries with DO; the caller frees it with
 * free(). */
struct ready *layout_build_negative(struct layout *l, const struct ready_rrset *soa);

/* Returns the live mark of a node, or NULL. */
const struct build_live *builder_live_of(const struct zone_builder *b, uint32_t node);

/* Returns the node of a name in wire form, or NAME_TREE_NONE, also for a name outside
 * the zone. */
uint32_t builder_find(struct zone_builder *b, const uint8_t *wire);

/* Returns the nearest ancestor that occludes the node, a cut or a DNAME, or
 * NAME_TREE_NONE.
 */
uint32_t builder_occluder(const struct zone_builder *b, uint32_t node);

/* Returns whether we are authoritative for a node: it is neither a cut nor occluded. */
bool builder_is_ours(const struct zone_builder *b, uint32_t node);

/* Returns whether the zone's SOA has a signature. */
bool builder_is_signed(const struct zone_builder *b);

/* Returns whether a node has records of a type. */
bool builder_has(const struct zone_builder *b, uint32_t node, uint16_t type);

struct diag_place builder_place(const struct zone_builder *b,
				const struct tree_record *p);

/* Lays out and checks all gathered records. Returns one reference. */
struct zone *build_zone(struct zone_builder *b);

/* Check the loaded node, and the zone as a whole. */
void integrity_check_node(struct layout *l);
void integrity_check_zone(struct zone_builder *b);

/* Checks what the loaded node holds against the live names. */
void integrity_check_live(struct layout *l);

/* Checks what the loaded node needs in a signed zone, and its CDS and CDNSKEY. */
void integrity_check_secure(struct layout *l);

/* Checks the links of the chain of denial, and for NSEC3 that all names are in it. */
void integrity_check_chain(const struct zone_builder *b);

/* Checks a signed zone. */
void integrity_check_signed(const struct zone_builder *b);
