#include "dns/cookie.h"

#include <string.h>

enum {
	COOKIE_VERSION = 1,
	COOKIE_HASH_LEN = 8,
	COOKIE_HASHED_LEN = COOKIE_LEN - COOKIE_HASH_LEN,
	/* RFC 9018 4.3 */
	COOKIE_MAX_AGE_S = 3600,
	COOKIE_MAX_AHEAD_S = 300,
	COOKIE_RENEW_S = 1800,
};

static uint64_t load_le(const uint8_t *at, size_t len)
{
	uint64_t value = 0;

	while (len)
		value = value << 8 | at[--len];
	return value;
}

static uint64_t rotl(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], unsigned count)
{
	while (count--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] = rotl(v[0], 32) + v[3];
		v[2] += v[1];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] = rotl(v[2], 32);
	}
}

/* SipHash-2-4 with a 64-bit result. */
static uint64_t siphash(const uint8_t key[COOKIE_KEY_LEN], const uint8_t *octets,
			size_t len)
{
	uint64_t k0 = load_le(key, 8);
	uint64_t k1 = load_le(key + 8, 8);
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
			  k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573 };
	uint64_t last = (uint64_t)len << 56;

	for (; len >= 8; octets += 8, len -= 8) {
		uint64_t word = load_le(octets, 8);

		v[3] ^= word;
		sip_rounds(v, 2);
		v[0] ^= word;
	}
	last |= load_le(octets, len);
	v[3] ^= last;
	sip_rounds(v, 2);
	v[0] ^= last;
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The hash of RFC 9018 4.4, as octets: over all before it and the client's address. */
static void hash(const uint8_t key[COOKIE_KEY_LEN], const uint8_t *cookie,
		 const struct addr *client, uint8_t out[COOKIE_HASH_LEN])
{
	uint8_t input[COOKIE_HASHED_LEN + sizeof(client->octets)];
	size_t addr_octets = client->family == AF_INET ? 4 : sizeof(client->octets);
	uint64_t value;

	memcpy(input, cookie, COOKIE_HASHED_LEN);
	memcpy(input + COOKIE_HASHED_LEN, client->octets, addr_octets);
	value = siphash(key, input, COOKIE_HASHED_LEN + addr_octets);
	for (unsigned i = 0; i < COOKIE_HASH_LEN; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

/* Compares without telling by its time where the first difference is. */
static bool equal(const uint8_t a[COOKIE_HASH_LEN], const uint8_t b[COOKIE_HASH_LEN])
{
	uint8_t differing = 0;

	for (unsigned i = 0; i < COOKIE_HASH_LEN; i++)
		differing |= a[i] ^ b[i];
	return differing == 0;
}

static bool is_ours(const struct cookie_keys *keys, const uint8_t *cookie,
		    const struct addr *client)
{
	uint8_t expected[COOKIE_HASH_LEN];

	for (unsigned i = 0; i < keys->count; i++) {
		hash(keys->keys[i], cookie, client, expected);
		if (equal(expected, cookie + COOKIE_HASHED_LEN))
			return true;
	}
	return false;
}

enum cookie_verdict cookie_check(const struct cookie_keys *keys, const uint8_t *cookie,
				 size_t len, const struct addr *client, uint32_t now_s)
{
	const uint8_t *time = cookie + COOKIE_CLIENT_LEN + 4;
	int32_t age_s;

	if (len == COOKIE_CLIENT_LEN)
		return COOKIE_CLIENT_ONLY;
	if (len != COOKIE_LEN || cookie[COOKIE_CLIENT_LEN] != COOKIE_VERSION)
		return COOKIE_BAD;
	/* Serial arithmetic (RFC 1982), as RFC 9018 4.3 asks. */
	age_s = (int32_t)(now_s - ((uint32_t)time[0] << 24 | (uint32_t)time[1] << 16 |
				   (uint32_t)time[2] << 8 | time[3]));
	if (age_s > COOKIE_MAX_AGE_S || age_s < -COOKIE_MAX_AHEAD_S)
		return COOKIE_STALE;
	if (!is_ours(keys, cookie, client))
		return COOKIE_BAD;
	return age_s > COOKIE_RENEW_S ? COOKIE_OLD : COOKIE_GOOD;
}

void cookie_make(const struct cookie_keys *keys, const uint8_t *client_cookie,
		 const struct addr *client, uint32_t now_s, uint8_t out[COOKIE_LEN])
{
	uint8_t *at = out + COOKIE_CLIENT_LEN;

	memcpy(out, client_cookie, COOKIE_CLIENT_LEN);
	*at++ = COOKIE_VERSION;
	*at++ = 0;
	*at++ = 0;
	*at++ = 0;
	*at++ = (uint8_t)(now_s >> 24);
	*at++ = (uint8_t)(now_s >> 16);
	*at++ = (uint8_t)(now_s >> 8);
	*at++ = (uint8_t)now_s;
	hash(keys->keys[0], out, client, at);
}

void cookie_roll(struct cookie_keys *keys, const uint8_t fresh[COOKIE_KEY_LEN])
{
	memcpy(keys->keys[1], keys->keys[0], COOKIE_KEY_LEN);
	memcpy(keys->keys[0], fresh, COOKIE_KEY_LEN);
	if (keys->count < COOKIE_KEYS)
		keys->count++;
}
