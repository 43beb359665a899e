/*
 * The proofs in an answer from a signed zone to a query with DO that a name or a type
 * does not exist (RFC 4035 3.1.3, RFC 5155 7.2). They are added to the last part, whose
 * name is the queried name. Do nothing in other zones.
 *
 * Used only inside zones/.
 */
#pragma once

#include "zones/answer.h"

/* The name exists, the type does not. */
void prove_no_type(struct answer *a, const struct zone *z);

/* Neither the name nor the wildcard of its closest encloser exists, or the wildcard
 * does not have the type. `depth`: labels of the encloser. */
void prove_no_name(struct answer *a, const struct zone *z, unsigned depth);

/* The wildcard of the encloser matched the name, which does not exist. */
void prove_wildcard(struct answer *a, const struct zone *z, unsigned depth);
