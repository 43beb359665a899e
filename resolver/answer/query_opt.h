/*
 * The OPT record of an answer: cookie, client subnet, keep-alive, NSID, and why a live
 * name is answered so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/answer/query.h"

/* Whether the asker is told reasons. */
bool query_is_diagnosed(const struct query *q);

/* What OPT surely takes; the rest of it takes what the records leave. */
size_t query_opt_reserve(const struct query *q);

/* Appends OPT to a message of `len` octets that has room up to `limit`; returns the
 * whole length. */
size_t query_opt_write(const struct query *q, uint8_t *out, size_t len, size_t limit);
