/*
 * FNV-1a, 64 bits: tells contents apart and finds damage. Keys that others choose are
 * hashed by siphash.h instead.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FNV_BEGIN UINT64_C(0xcbf29ce484222325)

/* Returns the hash of what `hash` is of, with these octets behind. */
static inline uint64_t fnv_fold(uint64_t hash, const void *octets, size_t len)
{
	const uint8_t *p = octets;

	while (len--)
		hash = (hash ^ *p++) * UINT64_C(0x100000001b3);
	return hash;
}
