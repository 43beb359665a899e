/*
 * Queries that wait for recursion: each is a copy, with the way back to its sender and
 * the number of times it has waited. The limits on their number (in all, per client,
 * per connection) are kept here, for datagrams and streams together. Used by one worker
 * thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/addr.h"
#include "net/batch.h"

struct recursion_lookup;
struct recursion_client;

enum {
	PARKED_MAX = 4096,          /* of a worker */
	PARKED_OF_STREAM_MAX = 200, /* of one connection */
	PARKED_LEN_MAX = 4096       /* over TCP a query may have 65,535 octets */
};

LIST_HEAD(parked_list, parked);
TAILQ_HEAD(parked_queue, parked);

/* The parked queries of one connection, which may end before they are answered. */
struct parked_of_stream {
	void *connection; /* passed back to the owner */
	struct parked_list list;
	unsigned count;
};

/* How an answer gets back to the client. */
struct way_back {
	struct parked_of_stream *stream; /* NULL: it came as a datagram */
	int fd; /* a datagram's socket, which may have been closed meanwhile */
	struct batch_way datagram;
};

/* A query and what is needed to park it; all borrowed. */
struct parked_query {
	const uint8_t *packet;
	size_t len;
	const struct addr *client;
	unsigned rounds; /* how often it has been parked, including this time */
};

struct parked {
	TAILQ_ENTRY(parked) in_queue; /* of those that wait for the same look-up */
	LIST_ENTRY(parked) in_stream;
	struct parked_queue *queue;
	struct parking *parking;
	struct way_back back;
	unsigned rounds;
	uint32_t client; /* number from client_quota_client() */
	size_t len;
	uint8_t packet[];
};

/* A worker's parked queries. */
struct parking;

struct parking *parking_new(void);
void parking_free(struct parking *p); /* only when no query is parked */
size_t parking_count(const struct parking *p);

/*
 * Appends a copy of a query to those that wait for the same look-up.
 *
 * Returns 0 or ERR_LIMIT: there are too many, it has waited too often or is too long.
 */
int parked_add(struct parking *p, struct parked_queue *queue,
	       const struct parked_query *query, const struct way_back *back);

/* Removes and returns the first one, which the caller frees with free(); NULL: none is
 * left. */
struct parked *parked_take(struct parked_queue *queue);

void parked_of_stream_init(struct parked_of_stream *s, void *connection);

/* The connection has ended: drops its queries. */
void parked_of_stream_fini(struct parked_of_stream *s);
