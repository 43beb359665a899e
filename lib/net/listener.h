/*
 * Accepts connections on any number of sockets, within limits on their total number and
 * on those from one source; to make room, the connection idle for longest is closed.
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
	/* Returns the `own` argument of the other calls. For TLS, called after the
	 * handshake. */
	void *(*opened)(void *arg, struct connection *c);

	/* Returns how many octets were taken; the rest is passed again, with more. */
	size_t (*received)(void *own, const uint8_t *octets, size_t len);
	void (*drained)(void *own); /* may be NULL */

	/* The connection has ended or is about to be closed, for the given reason. Not
	 * called after connection_close(). */
	void (*closed)(void *own, int reason);
};

struct listener_counts {
	uint32_t open;
	uint64_t accepted;
	uint64_t refused_source; /* over the limit of their source */
	uint64_t refused_full;   /* over the total, and none was idle */
	uint64_t made_room;      /* idle ones closed for new ones */
	uint64_t timed_out;
};

struct listener *listener_new(struct loop *l, const struct listener_limits *limits,
			      const struct listener_calls *calls, void *arg);

/* Sets other limits; connections beyond them stay until they are idle. */
void listener_limit(struct listener *l, const struct listener_limits *limits);

/* Closes all connections without a call. The caller still owns the sockets. */
void listener_free(struct listener *l);

/*
 * Accepts on a listening socket, which the caller still owns; `tls` NULL: plain TCP.
 * For a socket that was added before, this sets the context of later handshakes;
 * existing connections keep theirs.
 */
void listener_add(struct listener *l, int fd, struct tls *tls);
void listener_remove(struct listener *l, int fd);

const struct listener_counts *listener_counts(const struct listener *l);

struct stream *connection_stream(struct connection *c); /* borrowed: never close it */
void connection_close(struct connection *c);

/* A busy connection (it owes an answer) is not closed for being idle, nor because the
 * remote side has stopped sending; that is done when it is no longer busy. */
void connection_busy(struct connection *c, bool busy);

/* A kept connection is not closed for being idle, nor to make room; the remote side may
 * end it. */
void connection_keep(struct connection *c, bool kept);

/* Returns the listening socket that accepted it. */
int connection_listen_socket(const struct connection *c);

/* Opens a listening TCP socket on an address and port. Returns a descriptor or
 * ERR_SYSTEM. */
int listener_socket(const struct addr *at);
