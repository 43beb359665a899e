/* A simulated pair: main and failover, each on a host of its own. */
#pragma once

#include "tests/health/sim.h"

enum { UDP = 1 << TRANSPORT_UDP, TCP = 1 << TRANSPORT_TCP, TLS = 1 << TRANSPORT_TLS };

enum { BERLIN, HQ };

extern struct sim_pbx pair[2];

/* Five seconds after the start, both alive. */
void pair_begin(struct sim *s, uint32_t transports, enum profile profile);

/* Virtual ms from a fault until the answer is another, at most `limit`. */
uint64_t pair_until_switch(struct sim *s, uint8_t host, enum sim_mode mode,
			   uint64_t limit);

/* The longest of these times over so many phases of the probes at which main fails. */
uint64_t pair_slowest(uint32_t transports, enum profile profile, enum sim_mode mode,
		      unsigned phases);
