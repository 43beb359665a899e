/*
 * The OPT record of an answer: cookie, client subnet, keep-alive, NSID, and the reason
 * for the answer of a live name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/answer/query.h"

/* Whether the client may see the reasons of answers. */
bool query_is_diagnosed(const struct query *q);

/* Returns the octets to reserve for OPT; its other options use what the records leave
 * free. */
size_t query_opt_reserve(const struct query *q);

/* Appends OPT to a message of `len` octets that has room up to `limit`; returns the
 * whole length. */
size_t query_opt_write(const struct query *q, uint8_t *out, size_t len, size_t limit);
