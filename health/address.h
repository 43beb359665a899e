/* What the endpoints of a pbx at one address share. */
#pragma once

#include <stddef.h>

#include "base/addr.h"
#include "health/allowance.h"
#include "health/host_calls.h"
#include "net/loop.h"

struct pbx;

struct address {
	struct pbx *owner;
	struct address *next; /* of its owner */
	struct addr to;       /* without port */
	size_t target_count;  /* it lives as long as one of them */
	struct ping ping;     /* of its host, in doubt */
	struct timer ping_timer;
	struct allowance allowance;
	uint32_t missed_count; /* probes lost here by those that live, since anything
				  here answered */
};

/* Returns the address of a pbx, made if it is new to it, for one target more. */
struct address *address_join(struct pbx *x, const struct addr *to);

/* For one less. */
void address_leave(struct address *a);
