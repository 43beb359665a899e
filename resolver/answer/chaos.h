/*
 * Class CH, type TXT: what this node is and why it answers as it does. For clients on
 * the list of `diagnostics`; REFUSED for all others.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct query;

/*
 * Writes the answer behind header and question, which stand in `out` already; on a
 * refusal only the query's rcode is set.
 *
 * Returns the message's length.
 */
size_t chaos_write(struct query *q, uint8_t *out, size_t question_end, size_t limit);
