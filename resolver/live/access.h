/*
 * The access lists and sites of a configuration, stored so that one binary search finds
 * all rights and the site of a source address.
 */
#pragma once

#include <stdint.h>

#include "base/addr.h"
#include "conf/reference.h"

struct conf;

enum access_right {
	ACCESS_QUERY = 1,
	ACCESS_RECURSION = 2,
	ACCESS_DIAGNOSTICS = 4,
	ACCESS_ECS = 8 /* a forwarder whose client subnet is trusted */
};

/* The rights and the site of one source address. */
struct asker {
	uint32_t rights; /* of enum access_right */
	uint32_t site;   /* index into conf's sites, or CONF_NONE */
};

struct access;

/* A right is granted only by a list: an empty list grants it to nobody. */
struct access *access_new(const struct conf *c);
void access_free(struct access *a);

/* Returns the rights and the site of a source address. */
struct asker access_find(const struct access *a, const struct addr *from);

/*
 * Returns the site of a client subnet (RFC 7871).
 *
 * scope_len  receives the prefix length of the largest aligned block around `at` that
 *            is entirely in the same site, or in none
 *
 * Returns the index of the site, or CONF_NONE.
 */
uint32_t access_site(const struct access *a, const struct addr *at, uint8_t *scope_len);
