/* `recursion`: how names that are not of this configuration are looked up. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "conf/domain.h"

/* How names that are not ours are looked up, for whom access.recursion names. */
struct conf_recursion {
	struct addr *forwarders; /* with ports; none: from the root */
	size_t forwarder_count;
	char *root_hints;    /* NULL: those built in */
	char *trust_anchors; /* NULL: the root's, kept by RFC 5011 */
	struct domain *inside;
	size_t inside_count;
	uint32_t cache_mib;
	bool validate;
};
