/* The prober's own copy of the parts of a configuration that it needs. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

struct slots;

struct plan_pbx {
	struct conf_pbx conf;
	uint32_t slot;
	char **names; /* a certificate is checked against these: server name or live
			 names */
	size_t name_count;
};

struct plan {
	struct plan_pbx *pbxs;
	size_t pbx_count;
	uint32_t slot_end;
	struct addr *resolvers;
	size_t resolver_count;
};

struct plan *plan_new(const struct conf *c, const struct slots *s);
void plan_free(struct plan *p); /* NULL does nothing */

/* Returns the name for SNI and Request-URI, or NULL to use the address. */
const char *plan_server_name(const struct plan_pbx *p);
