/*
 * Who may ask what: the access lists and the sites of a configuration laid out so that
 * one binary search tells everything about a source address.
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
	ACCESS_ECS = 8 /* a forwarder whose client subnet is believed */
};

/* What is known of one source address. */
struct asker {
	uint32_t rights; /* of enum access_right */
	uint32_t site;   /* index into conf's sites, or CONF_NONE */
};

struct access;

/* Nobody gets a right that no list gives: an empty list is nobody. */
struct access *access_new(const struct conf *c);
void access_free(struct access *a);

struct asker access_find(const struct access *a, const struct addr *from);

/*
 * The site of a client subnet (RFC 7871).
 *
 * scope_len  gets the bits of the largest aligned block around `at` that lies in the
 *            same site throughout, or in none
 *
 * Returns the index of the site, or CONF_NONE.
 */
uint32_t access_site(const struct access *a, const struct addr *at, uint8_t *scope_len);
