/*
 * Finds structs by a hash. The links are members of the structs; the index grows by one
 * slot per put (linear hashing), so that no put has to move all others. All zero is an
 * empty index.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hash_entry {
	struct hash_entry *next;
	uint64_t hash;
};

struct hash_index {
	struct hash_entry **slots;
	uint32_t count; /* of entries */
	uint32_t slot_count;
	uint32_t cap;
	uint32_t
		mask; /* the smallest 2^n - 1 that is at least the last slot's number */
	uint32_t used; /* all slots before it are empty */
};

/* Frees the slots, but not the entries. */
void hash_index_fini(struct hash_index *t);
void hash_index_put(struct hash_index *t, struct hash_entry *entry, uint64_t hash);

/* The entry must be in it. */
void hash_index_remove(struct hash_index *t, struct hash_entry *entry);

/* Return the first entry with exactly this hash, and the next one; NULL: there is none.
 */
struct hash_entry *hash_index_find(const struct hash_index *t, uint64_t hash);
struct hash_entry *hash_index_next(const struct hash_entry *entry);

/* Returns any entry, or NULL if it is empty: for emptying it. */
struct hash_entry *hash_index_any(struct hash_index *t);

/* The struct that contains an entry; the entry must not be NULL. */
#define HASH_OWNER(entry, type, member) \
 ((type *)(void *)((char *)(entry)-offsetof(type, member)))
