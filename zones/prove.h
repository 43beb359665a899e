/*
 * Proofs that an answer from a signed zone needs, for those who want them: that a name
 * or a type is not there (RFC 4035 3.1.3, RFC 5155 7.2). They go to the part that was
 * added last, whose name is the one asked for. Does nothing in other zones.
 *
 * Used only inside zones/.
 */
#pragma once

#include "zones/answer.h"

/* The name is there, the type is not. */
void prove_no_type(struct answer *a, const struct zone *z);

/* Neither the name is there nor the wildcard of its closest encloser, or that has not
 * the type. `depth`: labels of the encloser. */
void prove_no_name(struct answer *a, const struct zone *z, unsigned depth);

/* The wildcard of the encloser stood in for the name, which is not there. */
void prove_wildcard(struct answer *a, const struct zone *z, unsigned depth);
