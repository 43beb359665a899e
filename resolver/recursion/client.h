/*
 * The recursion client of one worker: its packet cache, its link to deputy-recursor,
 * and the queries that wait for answers from there. Our own names do not depend on it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "resolver/recursion/packet_cache.h"
#include "resolver/recursion/parked.h"
#include "resolver/recursion/rebind.h"
#include "zones/zone_set.h"

struct recursion_lookup;
struct recursion_client;

enum {
	WAITER_ROUNDS_MAX = 8,
	RECURSION_CLIENT_LIMIT_MS = 4900,
	RECURSION_CLIENT_SILENT_LIMIT_MS = 1000
};

/* The query can be answered now. The callee frees it with free(). */
typedef void recursion_client_resume_fn(void *arg, struct parked *p);

struct recursion_client *recursion_client_new(size_t cache_len,
					      recursion_client_resume_fn *resume,
					      void *arg);

/* Frees the queries that wait too. */
void recursion_client_free(struct recursion_client *o);

/* Sets another link, which it then owns; outstanding queries are sent again there. */
void recursion_client_link(struct recursion_client *o, int fd);
int recursion_client_fd(const struct recursion_client *o); /* -1: none */

/* Begins a turn of the loop. The cache is emptied when `foreign` (of the world) has
 * changed. */
void recursion_client_turn(struct recursion_client *o, uint64_t now_ms,
			   const struct zone_set *ours, const struct rebind *rebind,
			   uint64_t foreign);

/* Receive answers from deputy-recursor, and give up late queries. */
void recursion_client_receive(struct recursion_client *o);
void recursion_client_expire(struct recursion_client *o);

/* Gives up all outstanding queries without answers. */
void recursion_client_give_up(struct recursion_client *o);

/* Ends a turn: sends its queries. */
void recursion_client_flush(struct recursion_client *o);

/* Returns how many queries wait. */
size_t recursion_client_waiter_count(const struct recursion_client *o);

/* Returns the time in ms until the next query is late; -1: nothing is outstanding. */
int recursion_client_wait_ms(const struct recursion_client *o);

enum recursion_client_result {
	RECURSION_CLIENT_FOUND,
	RECURSION_CLIENT_LATER,
	RECURSION_CLIENT_FAILED
};

/* The result. `ready` is valid until recursion_client_begin(). */
struct recursion_client_answer {
	const struct ready *ready;
	uint16_t target_at; /* offset of a name of ours at which the chain continues */
	uint16_t ede;       /* if has_ede */
	bool has_ede;
	bool secure;
	struct recursion_lookup
		*later; /* RECURSION_CLIENT_LATER: what the query must wait for */
};

/* Starts the look-up for one query of this length, from this client (borrowed). */
void recursion_client_begin(struct recursion_client *o, const struct addr *client,
			    size_t query_len);

/* hash: packet_hash(k) */
enum recursion_client_result recursion_client_find(struct recursion_client *o,
						   const struct packet_key *k,
						   uint64_t hash,
						   struct recursion_client_answer *out);

/* For packet_cache_fetch() and packet_cache_fetch_packet(). */
const struct packet_cache *recursion_client_cache(const struct recursion_client *o);

/* Parks a copy of a query until the look-up has ended. Returns as parked_add() does. */
int recursion_client_wait(struct recursion_client *o, struct recursion_lookup *later,
			  const struct parked_query *query,
			  const struct way_back *back);

enum recursion_client_count {
	RECURSION_CLIENT_HITS,
	RECURSION_CLIENT_STALE,
	RECURSION_CLIENT_ASKED,
	RECURSION_CLIENT_JOINED,
	RECURSION_CLIENT_PREFETCHED,
	RECURSION_CLIENT_LATE,
	RECURSION_CLIENT_MALFORMED,
	RECURSION_CLIENT_TURNED_AWAY,
	RECURSION_CLIENT_REBINDING,
	RECURSION_CLIENT_WAITING, /* from here on values of the last turn: queries that
				     wait */
	RECURSION_CLIENT_KEPT,    /* answers in the cache */
	RECURSION_CLIENT_MEMORY,  /* octets allocated, never exceeded */
	RECURSION_CLIENT_COUNTS
};

/* May be read by any thread. */
uint64_t recursion_client_count(const struct recursion_client *o,
				enum recursion_client_count what);
