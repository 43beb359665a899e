/*
 * What a restart begins with: states, falls, holds, forces and last addresses, by names
 * and not by slots. Its stored form has a version and a checksum.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "health/board.h"

struct buffer;

enum { KEPT_MAX = 65536 }; /* pbxs, targets of a pbx, names: more is malformed */

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
	enum force force;
	char force_author[NOTE_LEN], force_reason[NOTE_LEN];
	int64_t force_since_ms, force_until_ms;
	bool held_by_hand;
	int64_t since_ms;
	struct kept_target *targets;
	size_t target_count;
};

/* What a name resolved to last. */
struct kept_name {
	char *name;
	struct addr addresses[ROW_ADDRESSES_MAX];
	size_t address_count;
};

struct kept {
	uint64_t generation, order, switch_seq;
	struct kept_pbx *pbxs;
	size_t pbx_count;
	struct kept_name *names;
	size_t name_count;
};

struct kept *kept_new(size_t pbx_count, size_t name_count);
void kept_free(struct kept *k); /* NULL does nothing */

const struct kept_pbx *kept_find(const struct kept *k, const char *name);

/* Appends the stored form. */
void kept_encode(const struct kept *k, struct buffer *out);

/* Returns 0 or ERR_MALFORMED (also another version, or a wrong checksum). */
int kept_decode(const void *octets, size_t len, struct kept **out);
