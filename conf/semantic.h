/* Checks across sections: for values that are right one by one but do not go together.
 */
#pragma once

#include <stdint.h>

#include "conf/parse.h"

struct semantic {
	struct parse *d;
	const struct conf *conf;
	struct domains lives, zones, hosts;
	uint32_t *site_homes; /* each home pbx of a site once; owned */
	size_t site_home_count;
};

/* Makes all checks; adds errors, warnings and notes. */
void semantic_check(struct parse *d);

/* The single checks. Rows that already have an error may be incomplete. */
void semantic_check_sockets(const struct semantic *x);
void semantic_check_pbxs(const struct semantic *x);
void semantic_check_probes(const struct semantic *x);
void semantic_check_addresses(const struct semantic *x);
void semantic_check_sites(const struct semantic *x);
void semantic_check_lives(const struct semantic *x);
void semantic_check_names(const struct semantic *x);
void semantic_check_variants(const struct semantic *x);

/*
 * Writes the chain of a pbx: itself, then those that stand in for it.
 *
 * Returns how many members were written; 0 for CONF_NONE.
 */
enum { CHAIN_MAX = 16 };
size_t chain_of(const struct conf *c, uint32_t pbx, uint32_t out[CHAIN_MAX]);

/* Returns the view of a pbx for clients of a site, or of none (CONF_NONE); NULL if they
 * have no address of it. */
const struct conf_pbx_view *view_of(const struct conf_pbx *pbx, uint32_t site);

/* Returns the endpoints that belong to a view. */
const struct conf_endpoint *view_endpoints(const struct conf_pbx *pbx,
					   const struct conf_pbx_view *view,
					   size_t *count);
