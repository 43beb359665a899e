/*
 * All that does not change by itself: settings, and the zones with all their answers.
 * Immutable, counted; built in the background by the builder, which also frees it. Two
 * worlds with the same settings differ only in the contents of zones.
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

/* The state of one configured zone. */
struct world_zone {
	struct stat file;  /* when it was read */
	bool broken;       /* its file has errors */
	bool kept;         /* ... and the last good zone stays */
	int64_t loaded_at; /* wall clock, s: when the zone in use was read */
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

/* Which zone files are read again. */
enum world_reading {
	WORLD_CHANGED_FILES, /* a zone whose file did not change stays */
	WORLD_ALL_FILES
};

/*
 * Builds a world.
 *
 * conf   owned by the world from now on, also on error
 * was    the previous world; NULL at the start
 * diags  gets the errors for which the configuration is rejected
 * zones  gets the errors of zone files: such a zone stays as it was, or answers
 * SERVFAIL if it was never loaded
 *
 * Returns 0 or ERR_INVALID.
 */
int world_new(struct conf *conf, const struct world *was, enum world_reading reading,
	      struct diags *diags, struct diags *zones, struct world **out);

/*
 * Builds a world with the settings of another one, reading zone files again.
 *
 * zone   of conf; CONF_NONE: all
 * diags  as `zones` above
 */
struct world *world_reread(const struct world *was, uint32_t zone, struct diags *diags);
struct world *world_ref(struct world *w); /* returns `w` */

/* Frees it, in slices, when this was the last reference. NULL does nothing. */
void world_unref(struct world *w);
