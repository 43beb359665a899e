/*
 * The records that a builder gathers: owner names in a tree, each with a list of its
 * records, packed into blocks and found by the hash of the name.
 *
 * Used only inside zones/.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "zones/ready.h"

enum { NAME_TREE_APEX = 1, NAME_TREE_NONE = 0 }; /* references to a node */

/* An owner name, or an empty non-terminal. */
struct tree_node {
	uint32_t parent;
	uint32_t first;      /* record, latest first */
	uint8_t flags;       /* enum record_flag; except OCCLUDED */
	uint8_t label_count; /* before the origin's */
	uint8_t name_len;    /* octets of them */
	uint8_t name[];      /* lower case */
};

struct tree_record {
	uint32_t next;
	uint32_t line; /* and the file's number in the upper 8 bits */
	uint32_t ttl;
	uint16_t type;
	uint16_t rdlen;
	uint8_t rdata[];
};

/* The labels of a name before the origin's, and their hashes; [0] is the apex. */
struct name_tree_path {
	const uint8_t *label[NAME_MAX_LABELS + 1];
	uint64_t hash[NAME_MAX_LABELS + 1];
	unsigned count;
};

/* Records whose node has not been looked up yet, while its slot is prefetched. */
struct name_tree_pending {
	uint32_t first; /* record */
	uint8_t name_len;
	uint8_t name[NAME_MAX_LEN + 8];
};

enum { NAME_TREE_PENDING = 16 };

struct name_tree {
	struct block **blocks;
	size_t block_count;
	size_t used_len; /* of the last block */
	size_t record_count;
	size_t node_count;
	struct slot *slots; /* `at` is a node's reference */
	size_t slot_count;  /* a power of two */
	uint64_t origin_hash;
	struct name_tree_path path; /* of the last name looked up */
	struct name_tree_pending pending[NAME_TREE_PENDING]; /* a ring */
	size_t pending_first, pending_count;
};

/* The apex exists from the start. */
void name_tree_init(struct name_tree *s, const struct name *origin);
void name_tree_fini(struct name_tree *s);

void *name_tree_at(const struct name_tree *s, uint32_t ref);

/*
 * Returns the node of a name; `name_tree_take` creates it, and its ancestors, if it
 * does not exist.
 *
 * name  the labels before the origin's, lower case; 7 more octets must be readable
 *
 * Returns its reference; `name_tree_find` NAME_TREE_NONE.
 */
uint32_t name_tree_find(struct name_tree *s, const uint8_t *name, size_t name_len);
uint32_t name_tree_take(struct name_tree *s, const uint8_t *name, size_t name_len);

/*
 * Adds a record; the caller fills in the `line` and the TTL. Names are created in
 * batches: call name_tree_settle() before any look-up.
 *
 * name  as above; NULL: the one of the last record added
 */
struct tree_record *name_tree_add(struct name_tree *s, const uint8_t *name,
				  size_t name_len, uint16_t type,
				  const struct ready_rdata *rdata);
void name_tree_settle(struct name_tree *s);
