/*
 * Rebind protection: no name of other domains may resolve to private addresses, or a
 * web page could make a browser reach hosts of the internal network (DNS rebinding).
 * The domains in `recursion: inside` may.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"

struct domain;
struct rebind;

/* inside  domains that are the operator's; copied */
struct rebind *rebind_new(const struct domain *inside, size_t count);
void rebind_free(struct rebind *w); /* NULL does nothing */

/*
 * Returns whether a record obtained by recursion may be returned: it has no addresses
 * (A, AAAA; hints of SVCB and HTTPS), none of them is private in any notation
 * (unspecified and local networks; IPv4 in IPv6: mapped, compatible, NAT64, 6to4), or
 * its owner is inside.
 *
 * rdata  uncompressed, as from rr_rdata_read()
 */
bool rebind_allows(const struct rebind *w, const struct name *owner, uint16_t type,
		   const uint8_t *rdata, size_t len);
