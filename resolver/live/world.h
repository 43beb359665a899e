/*
 * What does not change by itself: configuration, zones, hosts, sites, access lists,
 * live names. Immutable, counted; built aside by the builder, freed there too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/operator/diag.h"
#include "health/slots.h"
#include "resolver/live/access.h"
#include "resolver/live/live_names.h"
#include "resolver/recursion/rebind.h"
#include "zones/zone_set.h"

struct conf;

/* How one configured zone fares. */
struct world_zone {
	struct stat file;  /* when it was read */
	bool broken;       /* its file has errors */
	bool kept;         /* ... and the last good zone stays */
	int64_t loaded_at; /* wall clock, s: when what is served was read */
	char *error;       /* the first one; NULL if it has none */
};

struct world {
	uint32_t refs; /* touched atomically */
	uint64_t serial;
	struct conf *conf;
	struct slots *slots;
	struct access *access;
	struct zone_set *zones;
	struct live_names *names;
	struct rebind *rebind;
	struct world_zone *states; /* one per zone of conf */
};

/* How much is read anew. */
enum world_reading {
	WORLD_CHANGED_FILES, /* a zone whose file did not change stays */
	WORLD_ALL_FILES
};

/*
 * Builds a world.
 *
 * conf   the world's from now on, also on error
 * was    the world before, or NULL at start
 * diags  gets what forbids the configuration
 * zones  gets what is wrong with zone files: such a zone stays as it was, or answers
 *        SERVFAIL if it never was
 *
 * Returns 0 or ERR_INVALID.
 */
int world_new(struct conf *conf, const struct world *was, enum world_reading reading,
	      struct diags *diags, struct diags *zones, struct world **out);
struct world *world_ref(struct world *w); /* returns `w` */

/* The last one gone frees, in slices. NULL does nothing. */
void world_unref(struct world *w);
