/*
 * How much of something scarce each client holds. Nobody may take more than half of
 * what is free: one client alone gets less than a third, and the next that comes finds
 * something; the last eighth is for those who have nothing yet. A client is an IPv4
 * address or an IPv6 /56, what one customer is given; clients whose hashes collide
 * share.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct client_quota;

struct client_quota *client_quota_new(size_t whole);
void client_quota_free(struct client_quota *s);

/* The client's number, for the other calls; the process's key decides it. */
uint32_t client_quota_client(const struct addr *a);

/* Takes one more. Returns whether there was one for this client. */
bool client_quota_take(struct client_quota *s, uint32_t client);
void client_quota_return(struct client_quota *s, uint32_t client);

size_t client_quota_taken(const struct client_quota *s); /* by all */
