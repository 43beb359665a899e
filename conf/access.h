/* `access`: who may query. */
#pragma once

#include "conf/networks.h"

struct conf_access {
	struct conf_networks query, recursion, diagnostics,
		ecs; /* ecs: forwarders whose client subnet is trusted */
};
