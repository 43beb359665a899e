/*
 * The endpoints and addresses of a pbx, over all sites, in a fixed order, which the
 * bits of a row refer to. Made from the configuration and the addresses of host names.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "conf/pbx.h"
#include "health/board.h"

struct pbx_layout {
	struct board_endpoint endpoints[ROW_ENDPOINTS_MAX];
	size_t endpoint_count;
	struct addr addresses[ROW_ADDRESSES_MAX]; /* without port */
	size_t address_count;
	struct board_view *views; /* the layout's */
	size_t view_count;
	size_t dropped_count; /* endpoints and addresses beyond the limits */
	uint64_t id;          /* equal for equal layouts */
};

/* Writes at most `max` addresses of a name; returns how many. */
typedef size_t layout_lookup_fn(void *arg, const char *name, struct addr *out,
				size_t max);

/* lookup  may be NULL: names have no addresses */
void layout_init(struct pbx_layout *l, const struct conf_pbx *p,
		 layout_lookup_fn *lookup, void *arg);
void layout_fini(struct pbx_layout *l);

/* Whether some view has both the endpoint and the address. */
bool layout_pairs(const struct pbx_layout *l, size_t endpoint, size_t address);
