/* Checks across sections: what each value says is right, but not all of them together.
 */
#pragma once

#include <stdint.h>

#include "conf/parse.h"

struct semantic {
	struct parse *d;
	const struct conf *conf;
	struct domains lives, zones, hosts;
	uint32_t *site_homes; /* each home pbx of a site once; the cross's */
	size_t site_home_count;
};

/* All of them; tells faults, warnings and notes. */
void semantic_check(struct parse *d);

/* The parts. Rows may be half-filled where a fault was told before. */
void semantic_check_sockets(const struct semantic *x);
void semantic_check_pbxs(const struct semantic *x);
void semantic_check_probes(const struct semantic *x);
void semantic_check_addresses(const struct semantic *x);
void semantic_check_sites(const struct semantic *x);
void semantic_check_lives(const struct semantic *x);
void semantic_check_names(const struct semantic *x);
void semantic_check_variants(const struct semantic *x);

/*
 * The chain of a pbx: itself, then who stands in for it.
 *
 * Returns how many of `out` are written; 0 for CONF_NONE.
 */
enum { CHAIN_MAX = 16 };
size_t chain_of(const struct conf *c, uint32_t pbx, uint32_t out[CHAIN_MAX]);

/* How clients of a site, or of none (CONF_NONE), see a pbx; NULL if by no address. */
const struct conf_pbx_view *view_of(const struct conf_pbx *pbx, uint32_t site);

/* The endpoints that go with a view. */
const struct conf_endpoint *view_endpoints(const struct conf_pbx *pbx,
					   const struct conf_pbx_view *view,
					   size_t *count);
