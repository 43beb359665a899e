/*
 * A file to which records are appended, each with a checksum. It is written before
 * anything is acknowledged: a record for which append_log_write() has returned 0
 * survives a killed process; a power cut only once it has been folded into the store.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct append_log;

enum { APPEND_RECORD_MAX = 1 << 20 };

typedef void append_record_fn(void *arg, const uint8_t *octets, size_t len);

/*
 * Opens or creates the file, calls `each` for its records in order, and drops
 * everything from the first incomplete record on.
 *
 * dropped_len  may be NULL; receives the number of octets dropped
 *
 * Returns 0 or ERR_SYSTEM.
 */
int append_log_open(const char *path, append_record_fn *each, void *arg,
		    size_t *dropped_len, struct append_log **out);
void append_log_close(struct append_log *l);

/* Queues one record of 1 to APPEND_RECORD_MAX octets for the next append_log_write().
 */
void append_log_put(struct append_log *l, const void *octets, size_t len);

/* Octets in the file and not yet in it. */
size_t append_log_len(const struct append_log *l);

/*
 * Writes all queued records, in one write. If that fails, the file is unchanged and the
 * records stay queued for the next attempt.
 *
 * Returns 0 or ERR_SYSTEM.
 */
int append_log_write(struct append_log *l);

/* Calls `each` for all records, including the unwritten ones. Returns 0 or ERR_SYSTEM.
 */
int append_log_replay(struct append_log *l, append_record_fn *each, void *arg);

/*
 * Empties the file, after its records have been stored elsewhere; none of them
 * reappears, not even after a power cut. Returns 0 or ERR_SYSTEM.
 */
int append_log_clear(struct append_log *l);
