/*
 * The zones of one world, by apex. Filled by one thread, then published and never
 * changed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/question.h"
#include "zones/zone.h"

struct zone_set;

struct zone_set *zone_set_new(void);
void zone_set_free(struct zone_set *s);

/* Like zone_free_slice(), for all its zones and then the set itself. */
bool zone_set_free_slice(struct zone_set *s, size_t len);

/* Adds a zone, to which the set takes its own reference. Returns 0 or ERR_EXISTS. */
int zone_set_add(struct zone_set *s, struct zone *z);

/* Adds an apex whose zone could not be loaded: SERVFAIL at and below it. Returns 0 or
 * ERR_EXISTS. */
int zone_set_add_broken(struct zone_set *s, const struct name *origin);

size_t zone_set_count(const struct zone_set *s);

/* Returns zone n, below the count; NULL for a broken one, whose origin is set. */
struct zone *zone_set_at(const struct zone_set *s, size_t n,
			 const struct name **origin);

/* Whether there is exactly this apex, broken or not, and its number. */
bool zone_set_number(const struct zone_set *s, const struct name *origin, size_t *out);

/* The zone with exactly this apex, or NULL: there is none, or it is broken. */
struct zone *zone_set_exact(const struct zone_set *s, const struct name *origin);

/* Returns the longest match for a name, or NULL if there is none or it is broken, which
 * is reported. */
struct zone *zone_set_find(const struct zone_set *s, const struct name *name,
			   bool *broken);
