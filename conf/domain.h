/*
 * Domain names of a configuration: parsed once, in wire form for DNS and as text for
 * people, both in lower case.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"

struct domain {
	char *text; /* with the final dot; NULL: none is given */
	struct name wire;
};

/*
 * Parses a name that an operator wrote, with or without its final dot.
 *
 * extra  octets allowed in labels beside letters, digits, hyphen and underscore
 * out    written only on success; freed by domain_fini()
 *
 * Returns NULL, or what is wrong with it.
 */
const char *domain_parse(const char *text, const char *extra, struct domain *out);

void domain_fini(struct domain *d);

/* A copy on the heap, or NULL for NULL. */
struct domain *domain_copy(const struct domain *d);
void domain_free(struct domain *d);

/* The length of a name's text as it is shown: without the final dot. For "%.*s". */
int domain_len(const char *text);

/* Whether a text is probably an address: its last label is a number, or it has a colon.
 */
bool looks_like_address(const char *text);

/* The names of one kind of thing, found by binary search. All zero is an empty one. */
struct domain_row {
	const struct name *name; /* borrowed */
	uint32_t index;          /* of the thing that has this name */
};

struct domains {
	struct domain_row *rows;
	size_t count;
};

/* Indexes those of `count` rows of `size` octets, each beginning with a struct domain,
 * that have a name. */
void domains_init(struct domains *d, const void *rows, size_t count, size_t size);
void domains_fini(struct domains *d);

/* The lowest index of that name, or UINT32_MAX. */
uint32_t domains_find(const struct domains *d, const uint8_t *wire);

/* Returns the index of the domain that contains a name, by longest match, or
 * UINT32_MAX. The root does not count: names below it are delegated. */
uint32_t domains_enclosing(const struct domains *d, const uint8_t *wire);
