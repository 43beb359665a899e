/*
 * One worker's way to the names that are not ours: its packet cache, its link to
 * deputy-recursor, and the queries that wait for an answer from there. Nothing of it
 * is needed for a name of ours.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/addr.h"
#include "resolver/packet_cache.h"
#include "resolver/walls.h"
#include "zones/zone_set.h"

struct lookup;
struct outside;

/* A query that waits. Its worker's, but while it waits. */
struct waiter {
	STAILQ_ENTRY(waiter) entry;
	void *own;       /* how its answer gets out */
	unsigned rounds; /* how often it has waited */
	uint32_t client; /* of resolver/shares */
	size_t len;
	uint8_t packet[];
};

enum { WAITER_ROUNDS_MAX = 8, OUTSIDE_LIMIT_MS = 4900, OUTSIDE_SILENT_LIMIT_MS = 1000 };

/* It can be answered now; the waiter is the callee's. */
typedef void outside_resume_fn(void *arg, struct waiter *w);

struct outside *outside_new(size_t cache_len, outside_resume_fn *resume, void *arg);

/* Frees waiters and their `own` too, with free(). */
void outside_free(struct outside *o);

/* Another link, the outside's from now on; what is under way is asked again there. */
void outside_link(struct outside *o, int fd);
int outside_fd(const struct outside *o); /* -1: none */

/* Begins a turn. Another world's zones empty the cache: what is ours changed. */
void outside_turn(struct outside *o, uint64_t now_ms, const struct zone_set *ours,
		  const struct walls *walls, uint64_t world);

/* Takes what deputy-recursor says, and gives up what is late. */
void outside_receive(struct outside *o);
void outside_expire(struct outside *o);

/* Gives up all that is under way: nobody will hear its answers. */
void outside_give_up(struct outside *o);

/* Ends a turn: sends what was asked in it. */
void outside_flush(struct outside *o);

/* How many queries wait. */
size_t outside_waiter_count(const struct outside *o);

/* Until something is late; -1: nothing is under way. */
int outside_wait_ms(const struct outside *o);

enum outside_result { OUTSIDE_FOUND, OUTSIDE_LATER, OUTSIDE_FAILED };

/* What was found. `ready` stays good until outside_begin(). */
struct outside_answer {
	const struct ready *ready;
	uint16_t target_at; /* the chain goes on at a name of ours that stands there */
	uint16_t ede;       /* if has_ede */
	bool has_ede;
	bool secure;
	struct lookup *later; /* OUTSIDE_LATER: what a waiter waits for */
};

/* Begins the answer to one query, of this length, of this client (borrowed). */
void outside_begin(struct outside *o, const struct addr *client, size_t query_len);

/* hash: packet_hash(k) */
enum outside_result outside_find(struct outside *o, const struct packet_key *k,
				 uint64_t hash, struct outside_answer *out);

/* For packet_cache_fetch() and packet_cache_fetch_packet(). */
const struct packet_cache *outside_cache(const struct outside *o);

struct outside_query {
	const uint8_t *packet;
	size_t len;
	const struct addr *client;
};

/* Puts a query aside; it is copied. ERR_LIMIT: too many of this client wait, or it is
 * too long. */
int outside_wait(struct outside *o, struct lookup *later,
		 const struct outside_query *query, unsigned rounds, void *own);

enum outside_count {
	OUTSIDE_HITS,
	OUTSIDE_STALE,
	OUTSIDE_ASKED,
	OUTSIDE_JOINED,
	OUTSIDE_PREFETCHED,
	OUTSIDE_LATE,
	OUTSIDE_MALFORMED,
	OUTSIDE_TURNED_AWAY,
	OUTSIDE_WALLED,
	OUTSIDE_WAITING, /* those that follow are of the last turn: queries that wait */
	OUTSIDE_KEPT,    /* answers in the cache */
	OUTSIDE_MEMORY,  /* octets that it has taken, and never exceeds */
	OUTSIDE_COUNTS
};

/* Any thread may read. */
uint64_t outside_count(const struct outside *o, enum outside_count what);
