/* `recursion`: how names that are not in this configuration are resolved. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "conf/domain.h"

/* How names that are not ours are resolved, for the clients in `access: recursion`. */
struct conf_recursion {
	struct addr *forwarders; /* with ports; none: from the root */
	size_t forwarder_count;
	char *root_hints;    /* NULL: the built-in ones */
	char *trust_anchors; /* NULL: the root's, maintained by RFC 5011 */
	struct domain *inside;
	size_t inside_count;
	uint32_t cache_mib;
	bool validate;
};
