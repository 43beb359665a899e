/*
 * What a restart begins with: states, falls, holds, forces and last addresses, by names
 * and not by slots. It is kept a row at a time: one for each pbx, one for each name of
 * a pbx, and the head with what they share. Each has a version and a checksum.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "health/board.h"

/* The keys of all rows begin with this. */
#define KEPT_PREFIX "kept/"

/* The key under which former releases kept all of it in one value. */
#define KEPT_WHOLE "board"

struct kept_target {
	enum transport transport;
	struct addr to; /* with port */
	bool alive, decided, held, draining, certificate_fault;
	uint32_t hold_left_ms;
	uint64_t fell, rose;
	int64_t since_ms;
	char cause[CAUSE_LEN];
};

struct kept_pbx {
	char *name;
	bool wanted; /* it is in the current configuration */
	enum force force;
	char force_author[NOTE_LEN], force_reason[REASON_LEN];
	int64_t force_since_ms, force_until_ms;
	bool held_by_hand;
	int64_t since_ms;
	int64_t kept_ms; /* wall clock: when the holds were counted; 0: unknown */
	struct kept_target *targets;
	size_t target_count;
};

/* The last addresses of a host name. */
struct kept_name {
	char *name;
	struct addr addresses[ROW_ADDRESSES_MAX];
	size_t address_count;
};

/* All zero until kept_read() adds rows. */
struct kept {
	uint64_t generation, order, switch_seq;
	struct kept_pbx *pbxs; /* by name, once kept_sort() was called */
	size_t pbx_count, pbx_cap;
	struct kept_name *names;
	size_t name_count, name_cap;
	char **strays; /* keys of rows that cannot be used */
	size_t stray_count;
	bool whole; /* KEPT_WHOLE was read */
};

struct kept *kept_new(void);
void kept_free(struct kept *k); /* NULL does nothing */
void kept_pbx_fini(struct kept_pbx *p);

/*
 * Adds one row, in any order; but KEPT_WHOLE last: it was written by an older release
 * after a downgrade, so it is newer than the rows.
 *
 * Returns 0 or ERR_MALFORMED (also another version, or a wrong checksum): then the row
 * is a stray.
 */
int kept_read(struct kept *k, const char *key, const void *octets, size_t len);

void kept_sort(struct kept *k);

/* After kept_sort(). k: may be NULL. */
struct kept_pbx *kept_find(const struct kept *k, const char *name);
