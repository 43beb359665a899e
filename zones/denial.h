/*
 * The denial of existence of a signed zone: its chain of NSEC (RFC 4034 4) or NSEC3
 * (RFC 5155) records, in order, each with its signatures as a ready authority section.
 *
 * Used only inside zones/.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/nsec3.h"
#include "zones/ready.h"

struct zone_builder;
struct layout;

/* The result of a look-up: the last record of the chain that does not sort after the
 * name. */
struct denial_entry {
	uint64_t head; /* first octets of the key */
	const uint8_t *key;
	const struct ready *ready; /* built for the zone's origin as qname */
	uint32_t node;             /* only while the zone is built */
	uint16_t key_len;
};

struct denial;

/* Finds the chain among the gathered records, which must outlive it. Returns NULL if
 * none is complete. */
struct denial *denial_gather(struct zone_builder *b);

/* Writes the ready records, when those of the zone are laid out. */
void denial_layout(struct denial *d, struct layout *l);

/* Frees at most about `len` octets. Returns whether it is done; true for NULL. */
bool denial_free_slice(struct denial *d, size_t len);

/* Returns its size in octets; 0 for NULL. */
size_t denial_memory_len(const struct denial *d);

/* Returns the hash parameters, or NULL for a chain of NSEC records. */
const struct nsec3_params *denial_nsec3(const struct denial *d);

/* The records used most: that of the apex, and that of its wildcard. */
const struct denial_entry *denial_apex(const struct denial *d);
const struct denial_entry *denial_apex_wildcard(const struct denial *d);

/* Returns the record that matches a name, or the one that covers it. `lower` ends with
 * the root. */
const struct denial_entry *denial_find(const struct denial *d, const uint8_t *lower,
				       bool *exact);

/* Returns how many records the chain has; and one of them, in their order. */
size_t denial_count(const struct denial *d);
const struct denial_entry *denial_at(const struct denial *d, size_t n);

/* The same for a hash. */
const struct denial_entry *denial_find_hash(const struct denial *d,
					    const uint8_t hash[NSEC3_HASH_LEN],
					    bool *exact);
