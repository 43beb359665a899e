/*
 * Addresses behind the operator's walls: no name of the world may lead there, or pages
 * of strangers reach what only the browser beside them can (DNS rebinding). The domains
 * named in `recursion: inside` may.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"

struct walls;

/* inside  domains in presentation format, as the configuration has checked them */
struct walls *walls_new(const char *const *inside, size_t count);
void walls_free(struct walls *w); /* NULL does nothing */

/*
 * Whether a record of the world may be given: it is none with addresses (A, AAAA; the
 * hints of SVCB and HTTPS), none of them is private in any notation (NULL and local
 * networks, IPv4 inside IPv6: mapped, compatible, NAT64, 6to4), or its owner is inside.
 *
 * rdata  uncompressed, as rr_rdata_read() gives it
 */
bool walls_let(const struct walls *w, const struct name *owner, uint16_t type,
	       const uint8_t *rdata, size_t len);
