/*
 * Queries DNS servers through c-ares, on a loop. Answers are raw messages; the caller
 * reads their records and TTLs and decides when to query again.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct loop;
struct lookup;
struct lookup_query;

/*
 * err     0 (also for NXDOMAIN, see the answer), ERR_TIMEOUT, ERR_REFUSED (no server
 *         could be reached, or each that answered, one after another, said SERVFAIL,
 *         NOTIMP or REFUSED), ERR_MALFORMED (the name) or ERR_SYSTEM
 * answer  the whole message, borrowed; NULL with an error
 */
typedef void lookup_fn(void *arg, int err, const uint8_t *answer, size_t len);

/*
 * servers     with ports; none: those of /etc/resolv.conf
 * timeout_ms  for one server
 * rounds      how often all servers are tried
 *
 * Returns 0 or ERR_SYSTEM.
 */
int lookup_open(struct loop *l, const struct addr *servers, size_t server_count,
		uint32_t timeout_ms, uint32_t rounds, struct lookup **out);

/* The same for one server, whose answer counts whatever its RCODE. */
int lookup_open_one(struct loop *l, const struct addr *server, uint32_t timeout_ms,
		    uint32_t rounds, struct lookup **out);

/* Ends all queries without calling back. */
void lookup_close(struct lookup *k);

/*
 * Queries one name and type of class IN; search domains are not used.
 *
 * Returns the query, which is freed after its callback; if the callback is made before
 * this function returns, returns NULL.
 */
struct lookup_query *lookup_ask(struct lookup *k, const char *name, uint16_t type,
				lookup_fn *fn, void *arg);

/* Cancels the query without calling back. NULL does nothing. */
void lookup_cancel(struct lookup_query *q);
