/*
 * A thread that answers over UDP. It receives datagrams in batches and waits for events
 * only when none of its sockets has any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/cookie.h"
#include "resolver/answer/counts.h"

struct recursion_client;
struct cookie_jar;
struct publisher;
struct udp_worker;

struct udp_socket {
	int fd;
	bool wildcard; /* answers must set their source address */
};

/*
 * publisher, jar  outlive the worker
 * recurses        a link to deputy-recursor will be set: queries wait for it
 */
struct udp_worker *udp_worker_start(const struct publisher *publisher,
				    const struct cookie_jar *jar, bool recurses);

/*
 * Sets the sockets, which the worker then owns; it closes those it had that are not
 * listed. To be called by one thread at a time.
 */
void udp_worker_use(struct udp_worker *w, const struct udp_socket *sockets,
		    size_t count);

/* Sets another link to deputy-recursor, which the worker then owns. */
void udp_worker_link(struct udp_worker *w, int fd);

/*
 * Stops reading, and ends the thread when all queries have been answered: those that
 * wait for recursion have `grace_ms`, then they get SERVFAIL. The second call waits for
 * the end.
 */
void udp_worker_drain(struct udp_worker *w, uint32_t grace_ms);
void udp_worker_stop(struct udp_worker *w);

/* Closes the sockets too. After udp_worker_stop(). NULL does nothing. */
void udp_worker_free(struct udp_worker *w);

/* Returns whether the thread has made a loop turn since the last call; to be called by
 * one thread. */
bool udp_worker_turns(struct udp_worker *w);

const struct counts *udp_worker_counts(const struct udp_worker *w);

/* Returns the recursion client, for recursion_client_count(), or NULL. To be called by
 * the thread that calls udp_worker_link(). */
const struct recursion_client *udp_worker_outside(const struct udp_worker *w);
