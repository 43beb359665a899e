/* Makes a self-signed certificate, for the toy PBX, tests and trials. */
#pragma once

/*
 * names       host names and addresses it is valid for, NULL-terminated; the first is
 *             also its subject
 * days        until it expires; negative: it expired that many days ago
 * chain_file  written as PEM; also usable as a CA file
 * key_file    written as PEM, readable only by its owner
 *
 * Returns 0, ERR_TLS or ERR_SYSTEM.
 */
int certificate_make(const char *const *names, int days, const char *chain_file,
		     const char *key_file);
