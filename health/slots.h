/*
 * Stable numbers of pbxs: a pbx keeps its slot over reloads as long as it keeps its
 * name; a slot is never given to another one while the process lives. Immutable.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct conf;
struct slots;

/*
 * Numbers the pbxs of a configuration.
 *
 * was  the slots of the configuration before, or NULL at start; stays the caller's
 */
struct slots *slots_new(const struct conf *c, const struct slots *was);
void slots_free(struct slots *s);

/* The slot of conf's pbx number `pbx`. */
uint32_t slots_at(const struct slots *s, uint32_t pbx);

/* One past the largest slot ever given. */
uint32_t slots_end(const struct slots *s);
