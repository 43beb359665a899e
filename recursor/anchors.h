/* The root's trust anchors: where validation begins. */
#pragma once

/*
 * Makes sure that the file RFC 5011 is kept in exists; a new one begins with both keys
 * that IANA has published for the root.
 *
 * Returns 0 or ERR_SYSTEM.
 */
int anchors_prepare(const char *path);

/* Key number n of those, in presentation format, or NULL. */
const char *anchors_at(unsigned n);
