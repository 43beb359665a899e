/*
 * Keys and values on disk: LMDB behind an append log. Used by one thread.
 *
 *   store_put()    visible to store_get() at once
 *   store_write()  once per loop turn, before anything is acknowledged: what was put
 *                  survives a killed process
 *   store_fold()   within 100 ms (STORE_FOLD_MS), or before an acknowledgement that
 *                  promises it: what was put survives a power cut
 *
 * Only one process owns a store. While another owner runs (an upgrade), it is opened
 * for reading; puts then wait in memory until the owner has ended and store_write() or
 * store_fold() takes over.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

enum { STORE_FOLD_MS = 100, STORE_KEY_MAX = 500, STORE_VALUE_MAX = 1 << 19 };

/* The limits of a store; a test sets smaller ones before store_open(). */
struct store_limits {
	size_t map_len;   /* what is folded: address space, not memory or disk */
	size_t log_len;   /* what waits for a fold that cannot be done */
	size_t spare_len; /* of that, what may be lost */
};
extern struct store_limits store_limits;

/*
 * Opens or creates the store in an existing directory, folding what a killed process
 * left in its log. Its owner sets a damaged file aside as STORE_DAMAGED and begins
 * with an empty one.
 *
 * Returns 0, ERR_MALFORMED (damaged, beside a running owner) or ERR_SYSTEM.
 */
#define STORE_DAMAGED "data.mdb.damaged"
int store_open(const char *folder, struct store **out);

/* Whether store_open() found a damaged file and set it aside. */
bool store_was_damaged(const struct store *s);

/* Folds first. */
void store_close(struct store *s);

/* Returns whether this process owns the store. While it does not, another process may
 * still write: read again once it does. */
bool store_is_owned(const struct store *s);

/*
 * Returns 0, ERR_NOT_FOUND or ERR_SYSTEM.
 *
 * value  borrowed until the next call on this store
 */
int store_get(struct store *s, const char *key, const void **value, size_t *len);

/*
 * Keys are NUL-ended, of 1 to STORE_KEY_MAX octets, values of at most STORE_VALUE_MAX.
 *
 * Return 0, or ERR_LIMIT: the key or the value is too long, or store_limits.log_len is
 * reached. Then the row is as it was, and the next store_write() and store_fold() say
 * so too, so a caller that cannot report it may rely on them.
 */
int store_put(struct store *s, const char *key, const void *value, size_t len);
int store_delete(struct store *s, const char *key);

/*
 * store_put() of what may be lost: while the disk takes nothing and more than
 * store_limits.spare_len waits for it, it is refused with ERR_LIMIT, which nobody else
 * is told. So a log that grows with time leaves the room to states.
 */
int store_put_spare(struct store *s, const char *key, const void *value, size_t len);

/* Calls `each` for the rows whose key starts with `prefix`, in the order of keys; it
 * must not change the store. */
typedef void store_each_fn(void *arg, const char *key, const void *value, size_t len);
int store_each(struct store *s, const char *prefix, store_each_fn *each, void *arg);

/*
 * Finds the row next to a key, among those whose key begins with `prefix`: for a walk
 * that continues in a later turn, whatever is put or deleted meanwhile.
 *
 * key    where to start; "": at the first row, or at the last. Becomes the row's key
 * value  borrowed until the next call on this store
 *
 * Returns 0, ERR_NOT_FOUND (then `key` is as it was) or ERR_SYSTEM.
 */
enum store_way { STORE_UP, STORE_DOWN };
int store_next(struct store *s, const char *prefix, enum store_way way,
	       char key[STORE_KEY_MAX + 1], const void **value, size_t *len);

/*
 * Return 0, ERR_AGAIN (not owned yet), ERR_SYSTEM, or ERR_LIMIT: something was refused
 * since the last fold, or store_limits.map_len is reached. What was put stays put and
 * is tried again by the next call.
 */
int store_write(struct store *s);
int store_fold(struct store *s);

/* Returns whether store_fold() has anything to do. */
bool store_is_dirty(const struct store *s);
