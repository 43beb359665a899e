/*
 * What the operator has configured, ready to be used: configuration, slots, access
 * lists, live names; but nothing from zone files. Immutable, counted; shared by worlds.
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
 * conf  owned by the settings from now on
 * was   the previous settings; NULL at the start
 */
struct settings *settings_new(struct conf *conf, const struct settings *was);
struct settings *settings_ref(struct settings *s); /* returns `s` */
void settings_unref(struct settings *s);           /* NULL does nothing */

/* Return the numbers of the live names in a zone of conf (by index), and those of a
 * free live name (by index) with all names below it. Borrowed. */
const uint32_t *settings_of_zone(const struct settings *s, uint32_t zone,
				 size_t *count);
const uint32_t *settings_of_free(const struct settings *s, uint32_t live,
				 size_t *count);
