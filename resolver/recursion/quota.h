/*
 * The client quota: how much of a limited resource each client uses. No client may take
 * more than half of what is free: one client alone gets less than a third, and the next
 * one still gets some; the last eighth is reserved for clients that have none. A client
 * is an IPv4 address or an IPv6 /56, the usual assignment of one customer; clients
 * whose hashes collide share a quota.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct client_quota;

struct client_quota *client_quota_new(size_t whole);
void client_quota_free(struct client_quota *s);

/* Returns the client's number for the other calls, a keyed hash. */
uint32_t client_quota_client(const struct addr *a);

/* Takes one more. Returns false if the client has reached its quota. */
bool client_quota_take(struct client_quota *s, uint32_t client);
void client_quota_return(struct client_quota *s, uint32_t client);

size_t client_quota_taken(const struct client_quota *s); /* by all clients together */
