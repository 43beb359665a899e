/*
 * Queries that are put aside until somebody else has answered: each a copy, with the
 * way back to who asked and how often it was put aside. How many there may be, in all,
 * of one client and of one connection, is known here alone; datagrams and streams share
 * it. A worker's, as all of it.
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
	void *connection; /* of the owner */
	struct parked_list list;
	unsigned count;
};

/* How an answer gets back to who asked. */
struct way_back {
	struct parked_of_stream *stream; /* NULL: it came as a datagram */
	int fd; /* a datagram's socket, which may be the worker's no more */
	struct batch_way datagram;
};

/* A query, with what is to be known to park it; all borrowed. */
struct parked_query {
	const uint8_t *packet;
	size_t len;
	const struct addr *client;
	unsigned rounds; /* how often it has been parked, this time too */
};

struct parked {
	TAILQ_ENTRY(parked) in_queue; /* of those that wait for the same */
	LIST_ENTRY(parked) in_stream;
	struct parked_queue *queue;
	struct parking *parking;
	struct way_back back;
	unsigned rounds;
	uint32_t client; /* of resolver/recursion/quota */
	size_t len;
	uint8_t packet[];
};

/* A worker's parked queries. */
struct parking;

struct parking *parking_new(void);
void parking_free(struct parking *p); /* when none is left */
size_t parking_count(const struct parking *p);

/*
 * Puts a query behind others that wait for the same.
 *
 * Returns 0 or ERR_LIMIT: there are too many, it has waited too often or is too long.
 */
int parked_add(struct parking *p, struct parked_queue *queue,
	       const struct parked_query *query, const struct way_back *back);

/* Takes the first one out, the caller's to free(); NULL: none is left. */
struct parked *parked_take(struct parked_queue *queue);

void parked_of_stream_init(struct parked_of_stream *s, void *connection);

/* The connection ends: forgets its queries. */
void parked_of_stream_fini(struct parked_of_stream *s);
