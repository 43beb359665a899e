#include "base/siphash.h"

enum { EACH_ROUNDS = 2, LAST_ROUNDS = 4, WORD = 8 };

static uint64_t word_of(const uint8_t *octets, size_t len)
{
	uint64_t word = 0;

	for (size_t i = 0; i < len; i++)
		word |= (uint64_t)octets[i] << (8 * i);
	return word;
}

static uint64_t turn(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void rounds(uint64_t v[4], unsigned count)
{
	while (count--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = turn(v[1], 13) ^ v[0];
		v[3] = turn(v[3], 16) ^ v[2];
		v[0] = turn(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = turn(v[1], 17) ^ v[2];
		v[3] = turn(v[3], 21) ^ v[0];
		v[2] = turn(v[2], 32);
	}
}

struct siphash siphash128(const uint8_t key[SIPHASH_KEY_LEN], const void *octets,
			  size_t len)
{
	const uint8_t *at = octets;
	uint64_t k0 = word_of(key, WORD);
	uint64_t k1 = word_of(key + WORD, WORD);
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee,
			  k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573 };
	uint64_t last = (uint64_t)len << 56;
	struct siphash out;

	for (; len >= WORD; len -= WORD, at += WORD) {
		uint64_t word = word_of(at, WORD);

		v[3] ^= word;
		rounds(v, EACH_ROUNDS);
		v[0] ^= word;
	}
	last |= word_of(at, len);
	v[3] ^= last;
	rounds(v, EACH_ROUNDS);
	v[0] ^= last;
	v[2] ^= 0xee;
	rounds(v, LAST_ROUNDS);
	out.low = v[0] ^ v[1] ^ v[2] ^ v[3];
	v[1] ^= 0xdd;
	rounds(v, LAST_ROUNDS);
	out.high = v[0] ^ v[1] ^ v[2] ^ v[3];
	return out;
}
