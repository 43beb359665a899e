/*
 * Addresses in private networks: no name of the world may lead there, or pages
 * of strangers reach what only the browser beside them can (DNS rebinding). The domains
 * named in `recursion: inside` may.
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
 * Whether a record of the world may be given: it is none with addresses (A, AAAA; the
 * hints of SVCB and HTTPS), none of them is private in any notation (NULL and local
 * networks, IPv4 inside IPv6: mapped, compatible, NAT64, 6to4), or its owner is inside.
 *
 * rdata  uncompressed, as rr_rdata_read() gives it
 */
bool rebind_allows(const struct rebind *w, const struct name *owner, uint16_t type,
		   const uint8_t *rdata, size_t len);
