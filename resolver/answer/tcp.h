/*
 * A thread that answers over TCP (RFC 7766): the queries of one read are answered in
 * one write, in order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/cookie.h"
#include "net/listener.h"
#include "resolver/answer/counts.h"

struct recursion_client;
struct cookie_jar;
struct publisher;
struct tcp_worker;

/* As udp_worker_start(). */
struct tcp_worker *tcp_worker_start(const struct publisher *publisher,
				    const struct cookie_jar *jar, bool recurses,
				    const struct listener_limits *limits);

/* As udp_worker_use(), for listening sockets. */
void tcp_worker_use(struct tcp_worker *w, const int *fds, size_t count);

/* Sets another link to deputy-recursor, which the worker then owns. */
void tcp_worker_link(struct tcp_worker *w, int fd);

/* Sets new limits, like listener_limit(). */
void tcp_worker_limit(struct tcp_worker *w, const struct listener_limits *limits);

/*
 * Stops accepting. Connections have two seconds to finish, and up to `grace_ms` while a
 * query waits for recursion; then it gets SERVFAIL, and the thread ends. The second
 * call waits for that.
 */
void tcp_worker_drain(struct tcp_worker *w, uint32_t grace_ms);
void tcp_worker_stop(struct tcp_worker *w);

/* Closes the sockets too. After tcp_worker_stop(). NULL does nothing. */
void tcp_worker_free(struct tcp_worker *w);

/* As udp_worker_turns(). */
bool tcp_worker_turns(struct tcp_worker *w);

const struct counts *tcp_worker_counts(const struct tcp_worker *w);

/* As udp_worker_outside(). */
const struct recursion_client *tcp_worker_outside(const struct tcp_worker *w);

/* Returns the number of open connections; may be called by any thread. */
uint32_t tcp_worker_open_count(const struct tcp_worker *w);
