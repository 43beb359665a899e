/* Makes a certificate that signs itself: for the toy PBX, tests and first trials. */
#pragma once

/*
 * names       host names and addresses it is valid for, NULL-terminated; the first is
 *             also its subject
 * days        until it expires; negative: it expired that many days ago
 * chain_file  written in PEM; its readers may use it as CA file too
 * key_file    written in PEM, readable by its owner only
 *
 * Returns 0, ERR_TLS or ERR_SYSTEM.
 */
int certificate_make(const char *const *names, int days, const char *chain_file,
		     const char *key_file);
