/* SipHash-2-4 with a result of 128 bits: nobody without the key can make two texts
 * collide. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SIPHASH_KEY_LEN = 16 };

struct siphash {
	uint64_t low, high;
};

struct siphash siphash128(const uint8_t key[SIPHASH_KEY_LEN], const void *octets,
			  size_t len);
