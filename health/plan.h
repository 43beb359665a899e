/* The prober's own copy of the parts of a configuration that it needs. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "conf/pbx.h"

struct conf;
struct slots;

struct plan_pbx {
	struct conf_pbx conf;
	uint32_t slot;
	char **names; /* a certificate is checked against these: server name or live
			 names */
	size_t name_count;
};

/* A pbx that is given by a host name: one entry for each of its views. */
struct plan_host {
	const char *name;
	uint32_t pbx; /* index in the plan */
};

struct plan {
	struct plan_pbx *pbxs;
	size_t pbx_count;
	struct plan_host *hosts; /* by name, then pbx */
	size_t host_count;
	uint32_t slot_end;
	struct addr *resolvers;
	size_t resolver_count;
};

struct plan *plan_new(const struct conf *c, const struct slots *s);
void plan_free(struct plan *p); /* NULL does nothing */

/* Returns the index of the first of `hosts` with that name, or of the place where it
 * would be. */
size_t plan_hosts_find(const struct plan *p, const char *name);

/* Returns the name for SNI and Request-URI, or NULL: use the address. */
const char *plan_server_name(const struct plan_pbx *p);
