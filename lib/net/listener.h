/*
 * Accepts connections on any number of sockets and keeps them within limits: so many in
 * all, so many from one source, and where room is needed the longest idle goes first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct loop;
struct stream;
struct tls;
struct listener;

/* One accepted connection; its owner is the listener. */
struct connection;

struct listener_limits {
	uint32_t total;      /* connections */
	uint32_t per_source; /* of one IPv4 address or IPv6 /64; 0: no limit */
	uint32_t idle_ms;    /* without octets in either direction; 0: no limit */
};

struct listener_calls {
	/* Returns what the other calls get as `own`. A TLS connection's comes after the
	 * handshake. */
	void *(*opened)(void *arg, struct connection *c);

	/* Returns how many octets were taken; the rest comes again in front of more. */
	size_t (*received)(void *own, const uint8_t *octets, size_t len);
	void (*drained)(void *own); /* may be NULL */

	/* The connection ended or is about to be closed for the reason given; not after
	 * connection_close(). */
	void (*closed)(void *own, int reason);
};

struct listener_counts {
	uint32_t open;
	uint64_t accepted;
	uint64_t refused_source; /* over the limit of their source */
	uint64_t refused_full;   /* over all, and none was idle */
	uint64_t made_room;      /* idle ones closed for new ones */
	uint64_t timed_out;
};

struct listener *listener_new(struct loop *l, const struct listener_limits *limits,
			      const struct listener_calls *calls, void *arg);

/* Other limits from now on; connections beyond them stay until they are idle. */
void listener_limit(struct listener *l, const struct listener_limits *limits);

/* Closes all connections without a call. The sockets stay their owner's. */
void listener_free(struct listener *l);

/*
 * Accepts on a listening socket, which stays the caller's; `tls` NULL: plain. On one
 * that is there already hands are shaken by this context from now on; connections keep
 * theirs.
 */
void listener_add(struct listener *l, int fd, struct tls *tls);
void listener_remove(struct listener *l, int fd);

const struct listener_counts *listener_counts(const struct listener *l);

struct stream *connection_stream(struct connection *c); /* borrowed: never close it */
void connection_close(struct connection *c);

/* A busy connection (an answer is due) is not closed as idle, nor because its peer
 * sends no more: that is done when it is no longer busy. */
void connection_busy(struct connection *c, bool busy);

/* A kept connection is not closed as idle or to make room; its peer may end it. */
void connection_keep(struct connection *c, bool kept);

/* The listening socket it came by. */
int connection_listen_socket(const struct connection *c);

/* A listening TCP socket on an address and port. Returns a descriptor or ERR_SYSTEM. */
int listener_socket(const struct addr *at);
