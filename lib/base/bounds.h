/*
 * Prefixes stored as sorted intervals: one binary search finds the value of the longest
 * prefix of an address, and the largest aligned block around the address that has the
 * same value throughout (the scope of RFC 7871).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum { BOUNDS_NONE = UINT32_MAX };

struct bounds;

struct bounds_row {
	struct prefix prefix;
	uint32_t value;
};

/* Later rows win over earlier ones of the same prefix. Never fails. */
struct bounds *bounds_new(const struct bounds_row *rows, size_t count);
void bounds_free(struct bounds *b);

/*
 * scope_len  may be NULL; receives the prefix length of the largest aligned block
 *
 * Returns the value, or BOUNDS_NONE if no prefix contains the address.
 */
uint32_t bounds_find(const struct bounds *b, const struct addr *a, uint8_t *scope_len);
