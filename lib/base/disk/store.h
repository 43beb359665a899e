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

/*
 * Opens or creates the store in an existing folder, folding what a killed process
 * left in its log. The owner sets a damaged file aside as STORE_DAMAGED and starts with
 * an empty one.
 *
 * Returns 0, ERR_MALFORMED (damaged, while another owner runs) or ERR_SYSTEM.
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

/* Keys are NUL-terminated and have 1 to STORE_KEY_MAX octets: "board/berlin". */
void store_put(struct store *s, const char *key, const void *value, size_t len);
void store_delete(struct store *s, const char *key);

/* Calls `each` for the rows whose key starts with `prefix`, in the order of keys; it
 * must not change the store. */
typedef void store_each_fn(void *arg, const char *key, const void *value, size_t len);
int store_each(struct store *s, const char *prefix, store_each_fn *each, void *arg);

/* Returns 0, ERR_AGAIN (not owned yet) or ERR_SYSTEM; nothing that was put is lost. */
int store_write(struct store *s);
int store_fold(struct store *s);

/* Returns whether store_fold() has anything to do. */
bool store_is_dirty(const struct store *s);
