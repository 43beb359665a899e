/*
 * Finds things by a hash. The links live inside the things; the index grows by one slot
 * a put (linear hashing), so that no put pays for moving all others. All zero is an
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
	uint32_t mask; /* the smallest of all ones that has every slot's number */
	uint32_t used; /* no slot before it holds an entry */
};

/* Frees the slots; the entries are their owner's. */
void hash_index_fini(struct hash_index *t);
void hash_index_put(struct hash_index *t, struct hash_entry *entry, uint64_t hash);

/* The entry must be in it. */
void hash_index_remove(struct hash_index *t, struct hash_entry *entry);

/* An entry of that very hash, and one more of the same; NULL: none. */
struct hash_entry *hash_index_find(const struct hash_index *t, uint64_t hash);
struct hash_entry *hash_index_next(const struct hash_entry *entry);

/* Any entry, or NULL: for emptying it. */
struct hash_entry *hash_index_any(struct hash_index *t);

/* What an entry is inside of; the entry must not be NULL. */
#define HASH_OWNER(entry, type, member) \
 ((type *)(void *)((char *)(entry)-offsetof(type, member)))
