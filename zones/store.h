/*
 * What a builder gathers: owner names in a tree, each with a list of its records,
 * packed into blocks; found by the hash of the name.
 *
 * For zones/ alone.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "zones/ready.h"

enum { STORE_APEX = 1, STORE_NONE = 0 }; /* references to a node */

/* An owner name, or an empty non-terminal. */
struct node {
	uint32_t parent;
	uint32_t first;      /* record, latest first */
	uint8_t flags;       /* enum record_flag; OCCLUDED is not among them */
	uint8_t label_count; /* before the origin's */
	uint8_t name_len;    /* octets of them */
	uint8_t name[];      /* lower case */
};

struct piece {
	uint32_t next;
	uint32_t line; /* and the file's number in the upper 8 bits */
	uint32_t ttl;
	uint16_t type;
	uint16_t rdlen;
	uint8_t rdata[];
};

/* Labels of a name before the origin's, and their hashes; [0] is the apex. */
struct store_path {
	const uint8_t *label[NAME_MAX_LABELS + 1];
	uint64_t hash[NAME_MAX_LABELS + 1];
	unsigned count;
};

/* Records whose node is not looked up yet: its slot is being fetched meanwhile. */
struct store_pending {
	uint32_t first; /* record */
	uint8_t name_len;
	uint8_t name[NAME_MAX_LEN + 8];
};

enum { STORE_PENDING = 16 };

struct store {
	struct area **blocks;
	size_t block_count;
	size_t used_len; /* of the last block */
	size_t piece_count;
	size_t node_count;
	struct slot *slots; /* `at` is a node's reference */
	size_t slot_count;  /* a power of two */
	uint64_t origin_hash;
	struct store_path path;                      /* of the name looked up last */
	struct store_pending pending[STORE_PENDING]; /* a ring */
	size_t pending_first, pending_count;
};

/* The apex exists from the start. */
void store_init(struct store *s, const struct name *origin);
void store_fini(struct store *s);

void *store_at(const struct store *s, uint32_t ref);

/*
 * The node of a name; `store_take` makes it, and its ancestors, if it is not there.
 *
 * name  the labels before the origin's, lower case; 7 octets behind are readable
 *
 * Returns its reference; `store_find` STORE_NONE.
 */
uint32_t store_find(struct store *s, const uint8_t *name, size_t name_len);
uint32_t store_take(struct store *s, const uint8_t *name, size_t name_len);

/*
 * Adds a record; the caller fills in the `line` and the TTL. Names come into being in
 * batches: store_settle() is due before any other look.
 *
 * name  as above; NULL: the one of the record added last
 */
struct piece *store_add(struct store *s, const uint8_t *name, size_t name_len,
			uint16_t type, const struct ready_rdata *rdata);
void store_settle(struct store *s);
