/*
 * A file that records are appended to, each with a checksum. Written before something
 * is acknowledged: what append_log_write() returned 0 for survives a killed process;
 * a power cut only what was folded into the store since.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct append_log;

enum { APPEND_RECORD_MAX = 1 << 20 };

typedef void append_record_fn(void *arg, const uint8_t *octets, size_t len);

/*
 * Opens or makes the file, hands `each` its records in order, and drops what stands
 * behind the first one that is not whole.
 *
 * dropped_len  may be NULL; gets the octets dropped
 *
 * Returns 0 or ERR_SYSTEM.
 */
int append_log_open(const char *path, append_record_fn *each, void *arg,
		    size_t *dropped_len, struct append_log **out);
void append_log_close(struct append_log *l);

/* Puts one record into the next append_log_write(); 1 to APPEND_RECORD_MAX octets. */
void append_log_put(struct append_log *l, const void *octets, size_t len);

/* Octets in the file and not yet in it. */
size_t append_log_len(const struct append_log *l);

/*
 * Writes what was put since the last time, in one write. When it cannot, the file is
 * as it was and the records stay for the next try.
 *
 * Returns 0 or ERR_SYSTEM.
 */
int append_log_write(struct append_log *l);

/* Hands `each` all records, the unwritten ones too. Returns 0 or ERR_SYSTEM. */
int append_log_replay(struct append_log *l, append_record_fn *each, void *arg);

/*
 * Empties the file, once its records stand elsewhere; none of them comes back, not even
 * by a power cut. Returns 0 or ERR_SYSTEM.
 */
int append_log_clear(struct append_log *l);
