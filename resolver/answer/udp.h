/*
 * A thread that answers over UDP. It takes datagrams in batches and waits for events
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
	bool wildcard; /* answers must say which address they come from */
};

/*
 * publisher, jar  outlive the worker
 * recurses        a link to deputy-recursor will come: queries wait for it
 */
struct udp_worker *udp_worker_start(const struct publisher *publisher,
				    const struct cookie_jar *jar, bool recurses);

/*
 * These sockets from now on, which become the worker's; it closes what it had and is
 * not named again. From one thread at a time.
 */
void udp_worker_use(struct udp_worker *w, const struct udp_socket *sockets,
		    size_t count);

/* Another link to deputy-recursor, the worker's from now on. */
void udp_worker_link(struct udp_worker *w, int fd);

/*
 * Reads no more, and ends the thread when all that was read is answered: queries that
 * wait for the world have `grace_ms` for it, then they get SERVFAIL. The second call
 * waits for that.
 */
void udp_worker_drain(struct udp_worker *w, uint32_t grace_ms);
void udp_worker_stop(struct udp_worker *w);

/* Closes the sockets too. After udp_worker_stop(). NULL does nothing. */
void udp_worker_free(struct udp_worker *w);

/* Whether the thread turned since this was asked last, by one thread. */
bool udp_worker_turns(struct udp_worker *w);

const struct counts *udp_worker_counts(const struct udp_worker *w);

/* For recursion_client_count(); NULL: it has none. As udp_worker_link(), for one
 * thread. */
const struct recursion_client *udp_worker_outside(const struct udp_worker *w);
