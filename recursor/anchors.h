/* The trust anchors of the root. */
#pragma once

/*
 * Creates the file for RFC 5011 if it does not exist, with both keys that IANA has
 * published for the root.
 *
 * Returns 0 or ERR_SYSTEM.
 */
int anchors_prepare(const char *path);

/* Returns key number n of those, in presentation format, or NULL. */
const char *anchors_at(unsigned n);
