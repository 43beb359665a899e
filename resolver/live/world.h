/*
 * What does not change by itself: settings, and the zones with all their answers.
 * Immutable, counted; built aside by the builder, freed there too. Of two worlds with
 * the same settings one has other contents of zones, and nothing else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/operator/diag.h"
#include "resolver/live/live_zone.h"
#include "resolver/live/settings.h"
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
	struct settings *settings;
	const struct conf *conf; /* the settings', as the next four */
	const struct slots *slots;
	const struct access *access;
	const struct live_names *names;
	const struct rebind *rebind;
	struct zone_set *zones;        /* those of conf first, in its order */
	struct world_zone *states;     /* one per zone of conf */
	struct live_zone **live_zones; /* one per live name of conf; NULL: its zone is
					  broken */
	uint64_t foreign; /* equal in worlds where the same names are not ours and the
			     same are asked for them: what answers of others are kept
			     by */
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

/*
 * Builds a world with the settings of another one, and zone files read anew.
 *
 * zone   of conf; CONF_NONE: all
 * diags  as `zones` above
 */
struct world *world_reread(const struct world *was, uint32_t zone, struct diags *diags);
struct world *world_ref(struct world *w); /* returns `w` */

/* The last one gone frees, in slices. NULL does nothing. */
void world_unref(struct world *w);
