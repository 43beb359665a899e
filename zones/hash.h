/*
 * Hashes of names, from right to left: the hash of a name is that of its parent with
 * one more label mixed in, so one pass computes the hashes of all ancestors. Keyed, so
 * that attackers cannot choose names that collide.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The process's key; all zero until hash_init(). */
extern uint64_t hash_key[2];

/* Generates the key once; whoever makes a table calls it first. */
void hash_init(void);

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * Returns the hash of the name one label below the name with hash `parent`.
 *
 * label  at its length octet, in lower case; 7 octets after the label must be readable
 */
static inline uint64_t hash_label(uint64_t parent, const uint8_t *label)
{
	size_t len = (size_t)label[0] + 1;
	uint64_t hash = parent;
	uint64_t word;

	for (; len > 8; len -= 8, label += 8) {
		memcpy(&word, label, 8);
		hash = hash_fold(hash ^ word, hash_key[1]);
	}
	memcpy(&word, label, 8);
	word &= ~(uint64_t)0 >> (8 * (8 - len));
	return hash_fold(hash ^ word, hash_key[1]);
}

static inline uint64_t hash_root(void)
{
	return hash_key[0];
}

/* Computes the hashes of all ancestors: out[n] is that of the last n labels; the labels
 * start at `label_at`.
 */
static inline void hash_ancestors(const uint8_t *lower, const uint8_t *label_at,
				  unsigned label_count, uint64_t *out)
{
	uint64_t hash = hash_root();

	out[0] = hash;
	for (unsigned n = 1; n <= label_count; n++) {
		hash = hash_label(hash, lower + label_at[label_count - n]);
		out[n] = hash;
	}
}
