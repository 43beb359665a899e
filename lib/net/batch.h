/*
 * Up to 32 datagrams received in one system call and their answers sent in another.
 * For a dedicated thread (blocking) or a loop (non-blocking).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

#include "base/addr.h"

enum { BATCH_MAX = 32 };

struct batch;

/* One datagram and the answer to it. */
struct batch_item {
	const uint8_t *in;
	size_t in_len;
	bool in_cut;    /* longer than in_max: truncated */
	uint8_t *out;   /* room for out_max octets */
	size_t out_len; /* set by the caller; 0: no answer */
};

/*
 * in_max, out_max  octets of one datagram
 * pktinfo          the socket is bound to a wildcard address: answers are sent from the
 *                  address that was queried (batch_prepare() sets the option)
 */
struct batch *batch_new(size_t in_max, size_t out_max, bool pktinfo);
void batch_free(struct batch *b);

/* Sets the socket options that a batch needs. Returns 0 or ERR_SYSTEM. */
int batch_prepare(const struct batch *b, int fd);

/*
 * flags  of recvmmsg(2): MSG_WAITFORONE waits for the first, MSG_DONTWAIT does not
 *
 * Returns how many datagrams are in `items` (out_len is 0 in each), or ERR_AGAIN (also
 * when a receive time limit passed), or ERR_SYSTEM.
 */
int batch_receive(struct batch *b, int fd, int flags);
struct batch_item *batch_items(struct batch *b);

/* Returns the source of item number i, and its destination address (family 0 without
 * pktinfo). */
void batch_source(const struct batch *b, size_t i, struct addr *out);
void batch_local(const struct batch *b, size_t i, struct addr *out);

/* The way back of an item, saved for an answer that is sent later. */
struct batch_way {
	struct sockaddr_storage peer;
	socklen_t peer_len;
	size_t control_len;
	_Alignas(size_t) uint8_t control[64]; /* the address that was asked */
};

/* Before batch_send(). */
void batch_way(const struct batch *b, size_t i, struct batch_way *out);

/* Returns 0, or ERR_SYSTEM if it could not be sent. */
int batch_send_later(const struct batch_way *w, int fd, const void *octets, size_t len);

/* Sends the answers of the last batch received. Returns how many could not be sent. */
size_t batch_send(struct batch *b, int fd);
