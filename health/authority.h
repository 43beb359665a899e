/* The TLS contexts of probes: one for each list of authorities and certificate of ours.
 */
#pragma once

#include <stdint.h>

struct authorities;
struct conf_secret;
struct tls;

struct authorities *authorities_new(void);
void authorities_free(struct authorities *a);

/*
 * The context for these files, read again when one of them was written since, and for
 * this key. If that
 * fails the one before is kept.
 *
 * ca_file      NULL: the authorities of the system
 * certificate  of ours, shown where one is asked for; NULL: none
 * key          of it
 * generation   gets another number whenever another context is returned
 *
 * Returns NULL if it could never be read. Borrowed until the next call.
 */
struct tls *authorities_find(struct authorities *a, const char *ca_file,
			     const char *certificate, const struct conf_secret *key,
			     uint64_t *generation);
