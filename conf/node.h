/* `node`: this host as a DNS server. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct conf_node {
	char *name;
	struct addr *listens; /* with ports */
	size_t listen_count;
	uint32_t udp_workers; /* 0: one per core, at most 8 */
	uint32_t stream_workers;
	uint32_t tcp_connections;            /* limit over all sources */
	uint32_t tcp_connections_per_source; /* limit per source address */
	uint32_t tcp_idle_ms;
	uint32_t udp_payload_max;  /* largest UDP answer, RFC 9715: 1232 */
	char *state_dir, *run_dir; /* absolute */
	char *user; /* the user of child processes, when started as root */
};
