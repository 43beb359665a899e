/* Lists of networks: who may do something. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

struct conf;

struct conf_networks {
	struct prefix *prefixes;
	size_t prefix_count;
	bool local; /* loopback, private, link-local ranges and all declared sites */
	bool any;
};

/* Whether an address is in a list; sites count as local. */
