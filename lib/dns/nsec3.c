#include "dns/nsec3.h"

#include <string.h>

#include "base/err.h"
#include "dns/name.h"
#include "dns/reader.h"

enum {
	BLOCK_LEN = 64,
	LENGTH_LEN = 8, /* of the count of bits that ends a message */
	ROUNDS = 80,
	ALGORITHM_SHA1 = 1,
	INPUT_MAX_LEN = NAME_MAX_LEN + NSEC3_SALT_MAX_LEN,
	PADDED_MAX_LEN = INPUT_MAX_LEN + 1 + LENGTH_LEN + BLOCK_LEN,
};

int nsec3_params_read(const uint8_t *rdata, size_t rdlen, struct nsec3_params *out)
{
	struct reader r = reader_of(rdata, rdlen);
	unsigned algorithm = reader_u8(&r);
	struct nsec3_params p = { .flags = reader_u8(&r) };
	const uint8_t *salt;

	p.iterations = reader_u16(&r);
	p.salt_len = reader_u8(&r);
	salt = reader_take(&r, p.salt_len);
	if (salt == NULL)
		return ERR_SHORT;
	if (algorithm != ALGORITHM_SHA1)
		return ERR_NOT_FOUND;
	memcpy(p.salt, salt, p.salt_len);
	*out = p;
	return OK;
}

static uint32_t rotl(uint32_t x, unsigned bits)
{
	return x << bits | x >> (32 - bits);
}

/* The five words of a hash in progress; `a` first. */
struct words {
	uint32_t a, b, c, d, e;
};

/* One round (FIPS 180-4 6.1.2), with what it mixes in of b, c and d. */
static inline void sha1_round(struct words *v, uint32_t mixed)
{
	uint32_t sum = rotl(v->a, 5) + mixed + v->e;

	v->e = v->d;
	v->d = v->c;
	v->c = rotl(v->b, 30);
	v->b = v->a;
	v->a = sum;
}

static void sha1_block(uint32_t h[5], const uint8_t *block)
{
	uint32_t w[ROUNDS];
	struct words v = { h[0], h[1], h[2], h[3], h[4] };
	unsigned i;

	for (i = 0; i < 16; i++, block += 4)
		w[i] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 |
		       (uint32_t)block[2] << 8 | block[3];
	for (; i < ROUNDS; i++)
		w[i] = rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (i = 0; i < 20; i++)
		sha1_round(&v, (v.d ^ (v.b & (v.c ^ v.d))) + 0x5a827999 + w[i]);
	for (; i < 40; i++)
		sha1_round(&v, (v.b ^ v.c ^ v.d) + 0x6ed9eba1 + w[i]);
	for (; i < 60; i++)
		sha1_round(&v, ((v.b & v.c) | (v.d & (v.b | v.c))) + 0x8f1bbcdc + w[i]);
	for (; i < ROUNDS; i++)
		sha1_round(&v, (v.b ^ v.c ^ v.d) + 0xca62c1d6 + w[i]);
	h[0] += v.a;
	h[1] += v.b;
	h[2] += v.c;
	h[3] += v.d;
	h[4] += v.e;
}

/* Hashes the first `len` octets of `input`, which has room for the padding. */
static void sha1(uint8_t input[PADDED_MAX_LEN], size_t len, uint8_t out[NSEC3_HASH_LEN])
{
	uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	size_t padded = (len + LENGTH_LEN) / BLOCK_LEN * BLOCK_LEN + BLOCK_LEN;

	memset(input + len, 0, padded - len);
	input[len] = 0x80;
	input[padded - 2] = (uint8_t)(len * 8 >> 8);
	input[padded - 1] = (uint8_t)(len * 8);
	for (size_t at = 0; at < padded; at += BLOCK_LEN)
		sha1_block(h, input + at);
	for (unsigned i = 0; i < NSEC3_HASH_LEN; i++)
		out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

void nsec3_hash(const struct nsec3_params *p, const uint8_t *name, size_t len,
		uint8_t out[NSEC3_HASH_LEN])
{
	uint8_t input[PADDED_MAX_LEN];

	memcpy(input, name, len);
	for (unsigned i = 0; i <= p->iterations; i++) {
		memcpy(input + len, p->salt, p->salt_len);
		sha1(input, len + p->salt_len, out);
		memcpy(input, out, NSEC3_HASH_LEN);
		len = NSEC3_HASH_LEN;
	}
}

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

int nsec3_label_read(const uint8_t *label, uint8_t out[NSEC3_HASH_LEN])
{
	uint8_t hash[NSEC3_HASH_LEN];
	uint32_t bits = 0;
	unsigned count = 0;
	size_t len = 0;

	if (label[0] != NSEC3_LABEL_LEN)
		return ERR_MALFORMED;
	for (unsigned i = 1; i <= NSEC3_LABEL_LEN; i++) {
		int value = digit(label[i]);

		if (value < 0)
			return ERR_MALFORMED;
		bits = bits << 5 | (uint32_t)value;
		count += 5;
		if (count >= 8) {
			count -= 8;
			hash[len++] = (uint8_t)(bits >> count);
		}
	}
	memcpy(out, hash, sizeof(hash));
	return OK;
}
