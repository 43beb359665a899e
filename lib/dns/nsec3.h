/* Hashed owner names (RFC 5155 5). Does not allocate: it is used while answering. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { NSEC3_HASH_LEN = 20, NSEC3_LABEL_LEN = 32, NSEC3_SALT_MAX_LEN = 255 };

struct nsec3_params {
	uint16_t iterations; /* beyond the first */
	uint8_t salt_len;
	uint8_t flags;
	uint8_t salt[NSEC3_SALT_MAX_LEN];
};

/* Reads the start of NSEC3 or NSEC3PARAM RDATA. Returns 0, ERR_SHORT, or ERR_NOT_FOUND
 * for a hash algorithm other than SHA-1. */
int nsec3_params_read(const uint8_t *rdata, size_t rdlen, struct nsec3_params *out);

/* Hashes a name in wire form and lower case. */
void nsec3_hash(const struct nsec3_params *p, const uint8_t *name, size_t len,
		uint8_t out[NSEC3_HASH_LEN]);

/* Reads the hash from an owner's first label, base32hex in any case. Returns 0 or
 * ERR_MALFORMED.
 */
int nsec3_label_read(const uint8_t *label, uint8_t out[NSEC3_HASH_LEN]);
