/*
 * Private addresses in answers (rebind protection). libunbound removes them without a
 * word: an unsigned name seems to have no addresses, a signed one fails validation. So
 * answers are looked at as they arrive, and what was removed can be reported.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"

/* The ranges as text, "10.0.0.0/8"; NULL behind the last. */
const char *private_range_at(size_t i);

/* Remembers names with private addresses among the records of a datagram's answer
 * section, for an hour or until they have others. */
void private_note(const uint8_t *octets, size_t len);

/*
 * Whether addresses are missing from an answer because they are private.
 *
 * packet  libunbound's answer, or NULL: it has none
 */
bool private_hides(const struct name *name, uint16_t type, const uint8_t *packet,
		   size_t len);
