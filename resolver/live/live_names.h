/*
 * The names whose record sets switch, numbered: each live name of the configuration,
 * and below it one name for each pbx that may be the answer, the target of its SRV
 * records. A name keeps its number over reloads, because a zone that could not be
 * loaded again goes on using it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "conf/reference.h"
#include "dns/name.h"
#include "zones/zone.h"

struct conf;

struct live_name {
	struct name name;
	uint32_t live; /* index in conf, or CONF_NONE: not live any more */
	uint32_t
		pbx; /* index in conf: `name` is that pbx's; CONF_NONE: the live name */
	uint32_t sets; /* bit per enum live_set: whose owner names exist */
};

struct live_names {
	struct live_name *rows;
	size_t count, cap;
	uint32_t *slots; /* by the hash of a name: its number + 1; 0: free */
	size_t slot_count;
};

/* was: those of the previous world, or NULL. */
struct live_names *live_names_new(const struct conf *c, const struct live_names *was);
void live_names_free(struct live_names *n);

/* Returns the number of a name, or CONF_NONE. */
uint32_t live_names_find(const struct live_names *n, const uint8_t *wire);

/* Writes the name of one pbx below a live name. Never fails: if it would be too long,
 * it is the live name itself. */
void live_names_member(const struct name *live, const char *pbx, struct name *out);
