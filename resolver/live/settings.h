/*
 * What an operator says, ready to be used: configuration, slots, access lists, live
 * names. Immutable, counted; what zone files hold is not in it. Worlds share it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "health/slots.h"
#include "resolver/live/access.h"
#include "resolver/live/live_names.h"
#include "resolver/recursion/rebind.h"

struct settings {
	uint32_t refs; /* touched atomically */
	uint64_t serial;
	struct conf *conf;
	struct slots *slots;
	struct access *access;
	struct live_names *names;
	struct rebind *rebind;
	uint32_t *zone_first; /* by zone of conf, then by free live name: first place in
				 `zone_numbers`; one more behind */
	uint32_t *zone_numbers; /* of live names that stand there, ascending */
};

/*
 * conf  the settings' from now on
 * was   the settings before, or NULL at start
 */
struct settings *settings_new(struct conf *conf, const struct settings *was);
struct settings *settings_ref(struct settings *s); /* returns `s` */
void settings_unref(struct settings *s);           /* NULL does nothing */

/* The numbers of the live names that stand in a zone of conf (index); and of a free
 * live name (index) with all that is below it. */
const uint32_t *settings_of_zone(const struct settings *s, uint32_t zone,
				 size_t *count);
const uint32_t *settings_of_free(const struct settings *s, uint32_t live,
				 size_t *count);
