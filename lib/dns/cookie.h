/* Server cookies that can be verified by every server with the same keys (RFC 7873,
 * 9018). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum { COOKIE_KEY_LEN = 16, COOKIE_CLIENT_LEN = 8, COOKIE_LEN = 24, COOKIE_KEYS = 2 };

/* Keys that verify cookies; the first one makes them. A roll adds a new first key, and
 * drops the other once the cookies made with it are an hour old (RFC 9018 5). */
struct cookie_keys {
	uint8_t keys[COOKIE_KEYS][COOKIE_KEY_LEN];
	uint8_t count;
};

enum cookie_verdict {
	COOKIE_CLIENT_ONLY, /* no server cookie in it */
	COOKIE_BAD,         /* one that is not ours */
	COOKIE_STALE,       /* expired: treated as if there were none */
	COOKIE_GOOD,
	COOKIE_OLD, /* valid; time to send a new one */
};

/*
 * Verifies the COOKIE option of a query.
 *
 * cookie  8, or 16 to 40 octets, as edns_read() lets through
 * now_s   seconds of the wall clock, modulo 2^32
 */
enum cookie_verdict cookie_check(const struct cookie_keys *keys, const uint8_t *cookie,
				 size_t len, const struct addr *client, uint32_t now_s);

/* Makes the whole option: the client's cookie and ours, with the first key. */
void cookie_make(const struct cookie_keys *keys, const uint8_t *client_cookie,
		 const struct addr *client, uint32_t now_s, uint8_t out[COOKIE_LEN]);

/* Adds a new first key; the previous first key still verifies. */
void cookie_roll(struct cookie_keys *keys, const uint8_t fresh[COOKIE_KEY_LEN]);
