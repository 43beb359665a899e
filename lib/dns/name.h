/*
 * Domain names in wire form (RFC 1035 3.1): labels preceded by their lengths,
 * terminated by the zero octet of the root. `struct name` contains one by value, in its
 * original case.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/reader.h"

enum { NAME_MAX_LEN = 255, NAME_MAX_LABELS = 127, NAME_TEXT_LEN = 1024 };

struct name {
	uint8_t len;         /* octets of `wire`, including the root's; 1 to 255 */
	uint8_t label_count; /* without the root */
	uint8_t wire[NAME_MAX_LEN];
};

/* Reads a name, following compression pointers, which must point backward. Returns 0,
 * ERR_SHORT or ERR_MALFORMED. */
int name_read(struct reader *r, struct name *out);

/* The same for a name that may not be compressed. */
int name_read_plain(struct reader *r, struct name *out);

/*
 * Parses presentation format (RFC 1035 5.1, \DDD and \X). A relative name is completed
 * with `origin`, or ERR_MALFORMED if that is NULL. ERR_LIMIT: too long.
 */
int name_parse(const char *text, size_t len, const struct name *origin,
	       struct name *out);

/* Formats a name with the final dot, always NUL-terminated, into NAME_TEXT_LEN
 * octets. Returns `out`. */
char *name_format(const uint8_t *wire, char out[NAME_TEXT_LEN]);

void name_lower(struct name *n);                     /* ASCII */
bool name_equal(const uint8_t *a, const uint8_t *b); /* case folded */
int name_compare(const uint8_t *a,
		 const uint8_t *b); /* canonical order, RFC 4034 6.1 */
bool name_is_within(const uint8_t *name, const uint8_t *ancestor); /* equal counts */
size_t name_wire_len(const uint8_t *wire);       /* of a name known to be valid */
unsigned name_labels(const uint8_t *wire);       /* without the root */
const uint8_t *name_parent(const uint8_t *wire); /* of a name that is not the root */

/*
 * Makes a key whose memcmp() order is the canonical order (RFC 4034 6.1): labels
 * reversed, lower case, escaped so that a zero octet ends each. Writes at most 2 *
 * NAME_MAX_LEN octets; returns the length.
 */
size_t name_key(const uint8_t *wire, uint8_t out[2 * NAME_MAX_LEN]);
