/* What libunbound answered with: a message in wire form. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dns/recursion.h"

/*
 * The TTL that libunbound is told to give stale records (`serve-expired-reply-ttl`): no
 * other record has it, so they are known by it and get the second (RFC 8767).
 */
enum { STALE_MARK_S = 100000, STALE_TTL_S = 30 };

/*
 * Finds the records behind the question. OPT is libunbound's own and stands last: it
 * is left out, and what might follow it.
 *
 * Returns 0, ERR_MALFORMED, or ERR_LIMIT for more than RECURSION_RECORDS_MAX_LEN.
 */
int packet_read(uint8_t *packet, size_t len, struct recursion_answer *out);
