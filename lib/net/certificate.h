/* Creates a self-signed certificate, for the toy PBX and tests. */
#pragma once

/*
 * names       host names, addresses and URIs it is good for, NULL-ended; the first also
 *             names its subject
 * days        of validity; negative: it expired so many days ago
 * chain_file  written in PEM; its readers may use it as CA file too
 * key_file    written in PEM, readable by its owner only
 *
 * Returns 0, ERR_TLS or ERR_SYSTEM.
 */
int certificate_make(const char *const *names, int days, const char *chain_file,
		     const char *key_file);
