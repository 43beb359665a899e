/* The addresses of the host names of pbxs, resolved again when their TTL has passed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct kept;
struct kept_rows;
struct loop;
struct host_names;
struct plan;

/* The addresses of `name` have changed. */
typedef void host_names_changed_fn(void *arg, const char *name);

struct host_names *host_names_new(struct loop *l, host_names_changed_fn *changed,
				  void *arg);
void host_names_free(struct host_names *n); /* NULL does nothing */

/* Sets the names to resolve to those of a plan. */
void host_names_want(struct host_names *n, const struct plan *p);

/* Writes the current addresses of a name. Returns how many. */
size_t host_names_addresses(const struct host_names *n, const char *name,
			    struct addr *out, size_t max);

void host_names_restore(struct host_names *n, const struct kept *k);

/* Appends the rows of those that changed or are gone since the last call. */
void host_names_keep(struct host_names *n, struct kept_rows *out);

/* Reads the addresses of one type from an answer, and its smallest TTL. Returns how
 * many, or ERR_MALFORMED, or ERR_REFUSED for an RCODE that is an error. */
int host_names_read(const uint8_t *answer, size_t len, uint16_t type, struct addr *out,
		    uint32_t *ttl_s);
