/* `sites`: which clients belong to which pbx. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/operator/diag.h"

struct conf_site {
	char *name;
	struct diag_place place;
	struct prefix *networks;
	size_t network_count;
	uint32_t pbx; /* home */
};
