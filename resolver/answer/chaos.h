/*
 * Class CH, type TXT: the node's identity and the reasons for its answers. For clients
 * on the list of `diagnostics`; REFUSED for all others.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct query;

/*
 * Writes the answer after the header and question, which are already in `out`; on a
 * refusal it only sets the rcode of the query.
 *
 * Returns the message's length.
 */
size_t chaos_write(struct query *q, uint8_t *out, size_t question_end, size_t limit);
