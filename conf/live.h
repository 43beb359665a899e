/* `live`: the live names. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/operator/diag.h"
#include "conf/domain.h"
#include "conf/endpoint.h"
#include "conf/reference.h"

enum all_down {
	ALL_DOWN_LAST_KNOWN,
	ALL_DOWN_FIRST,
	ALL_DOWN_FILE,
	ALL_DOWN_SERVFAIL,
	ALL_DOWN_REGISTRAR /* comes with the registrar; not yet accepted in a
			      configuration */
};

/*
 * Possible answers that are built beforehand: of one owned set of one chain, of one SRV
 * set with addresses, and of all sets of one chain.
 */
enum {
	LIVE_STATES_MAX = 32768,
	LIVE_GLUED_STATES_MAX = 8192,
	LIVE_CHAIN_STATES_MAX = 65536,
};

struct conf_live {
	struct domain name;
	struct diag_place place;
	bool by_site;  /* answer: site; otherwise always the pbx `home` */
	uint32_t home; /* pbx of clients of no site (`default`), or of all clients */
	uint32_t ttl_s;
	uint32_t needs; /* bit per enum transport; 0: any endpoint */
	enum all_down all_down;
	struct domain *ns; /* empty: <node>.invalid */
	size_t ns_count;
	uint32_t zone; /* enclosing zone, or CONF_NONE: free */
};
