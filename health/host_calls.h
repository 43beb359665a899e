/*
 * The host calls: what the prober needs from the host besides SIP, that is routes,
 * links, neighbours, pings, the wall clock. In a node they ask the kernel, in a
 * simulation a model.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* How packets to an address are sent. */
struct route {
	bool own_host; /* loopback, or an address of ours */
	bool on_link;  /* without a gateway between */
	uint32_t interface;
	struct addr next_hop; /* the gateway, or for an on-link address another
				 neighbour; family 0: none known */
};

/* The last requests of a ping, and which of them came back. */
enum { ECHOES_MAX = 32 };
struct echoes {
	uint32_t count; /* ever sent */
	struct {
		uint64_t sent_at;
		bool answered;
	} rows[ECHOES_MAX]; /* by count */
};

/* A host that is pinged to test the path, not a pbx. */
struct ping {
	struct addr to;
	uint64_t sent_at; /* the last request */
	uint64_t
		answered_sent_at; /* when the request was sent that was answered last */
	uint64_t unanswered_at;   /* the first request since then */
	bool answers;             /* it has ever answered */
	uint64_t learned_at;      /* the last request sent while all was well */
	uint32_t mute_count;      /* unanswered requests in a row while all was well */
	struct echoes *echoes; /* then nothing is sent to a closed port; NULL: none */
	void *own;             /* used by the host calls */
};

/* From the host calls: the echo of a request. */
static inline void ping_echoed(struct ping *e, uint64_t sent_at)
{
	for (uint32_t i = 0; e->echoes && i < ECHOES_MAX; i++)
		if (e->echoes->rows[i].sent_at == sent_at)
			e->echoes->rows[i].answered = true;
}

struct host_calls {
	/* Returns 0, or ERR_NOT_FOUND without a route. */
	int (*route)(void *arg, const struct addr *to, struct route *out);
	/* Sends a request; the answer sets the ping's fields. */
	void (*ping)(void *arg, struct ping *e);
	/* Releases a ping that is about to be freed. */
	void (*forget)(void *arg, struct ping *e);
	/* Returns how long ago the kernel last confirmed a neighbour; UINT32_MAX:
	 * never, or it is known to be gone. */
	uint32_t (*confirmed_ms)(void *arg, uint32_t interface,
				 const struct addr *neighbour);
	int64_t (*wall_ms)(void *arg);
	/* Writes the current addresses of a host name of a pbx, and returns how many.
	 * NULL: host names have no addresses. */
	size_t (*addresses)(void *arg, const char *name, struct addr *out, size_t max);
	void *arg;
};
