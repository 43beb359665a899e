/*
 * What a zone that others signed says of what is not there: its chain of NSEC (RFC 4034
 * 4) or NSEC3 (RFC 5155) records, in order, each with its signatures as a ready
 * authority section.
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

/* Where a look-up came to: the last of the chain that is not behind what was sought. */
struct denial_entry {
	uint64_t head; /* first octets of the key */
	const uint8_t *key;
	const struct ready *ready; /* built for the zone's origin as qname */
	uint32_t node;             /* while the zone is built */
	uint16_t key_len;
};

struct denial;

/* The chain among gathered records, which they outlive; NULL: none is complete. */
struct denial *denial_gather(struct zone_builder *b);

/* Writes the ready records: when the zone's own are laid out. */
void denial_layout(struct denial *d, struct layout *l);

/* Gives back at most about `len` octets. Returns whether it is done; NULL is. */
bool denial_free_slice(struct denial *d, size_t len);

/* Octets it takes; NULL takes none. */
size_t denial_memory_len(const struct denial *d);

/* The hashes' parameters, or NULL: it is a chain of NSEC. */
const struct nsec3_params *denial_nsec3(const struct denial *d);

/* What is asked for most: the apex's own record, and that of its wildcard. */
const struct denial_entry *denial_apex(const struct denial *d);
const struct denial_entry *denial_apex_wildcard(const struct denial *d);

/* The record of a name, or the one that covers it. `lower` ends with the root. */
const struct denial_entry *denial_find(const struct denial *d, const uint8_t *lower,
				       bool *exact);

/* The same by a hash. */
const struct denial_entry *denial_find_hash(const struct denial *d,
					    const uint8_t hash[NSEC3_HASH_LEN],
					    bool *exact);
