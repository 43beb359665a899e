/* The kernel's information on routes, neighbours and links, queried synchronously. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "health/host_calls.h"

struct netlink;

/* Returns 0, or ERR_SYSTEM; then nothing is known, and no link is ever considered lost.
 */
int netlink_open(struct netlink **out);
void netlink_close(struct netlink *n); /* NULL does nothing */

/* Returns 0 or ERR_NOT_FOUND. */
int netlink_route(struct netlink *n, const struct addr *to, struct route *out);

/* As struct host_calls has it. */
uint32_t netlink_confirmed_ms(struct netlink *n, uint32_t interface,
			      const struct addr *neighbour);

/* Returns a socket that reports changes of links, or ERR_SYSTEM. */
int netlink_watch(void);

/* Reads from it. Calls `fn` for each link. */
typedef void netlink_link_fn(void *arg, uint32_t interface, bool carrier);
void netlink_read(int fd, netlink_link_fn *fn, void *arg);
