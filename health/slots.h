/*
 * Stable numbers of pbxs: a pbx keeps its slot across reloads as long as it keeps its
 * name; a slot is never reused in the lifetime of the process. Immutable.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct conf;
struct slots;

/*
 * Numbers the pbxs of a configuration.
 *
 * was  the slots of the previous configuration, or NULL at start; still owned by the
 * caller
 */
struct slots *slots_new(const struct conf *c, const struct slots *was);
void slots_free(struct slots *s);

/* Returns the slot of pbx number `pbx` of the configuration. */
uint32_t slots_at(const struct slots *s, uint32_t pbx);

/* Returns one past the largest slot ever used. */
uint32_t slots_end(const struct slots *s);
