/*
 * A UDP socket on a loop, connected to one peer or unconnected. ICMP errors are
 * reported with the destination that they concern.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct loop;
struct udp;

struct udp_error {
	struct addr to; /* destination of the datagram; family 0: unknown */
	int err;        /* ERR_REFUSED: port unreachable; else ERR_SYSTEM */
	int number;     /* errno */
	bool from_icmp; /* sent by another host, not by our own kernel */
	struct addr by; /* who sent it; family 0: unknown */
	uint8_t icmp_type, icmp_code;
	const uint8_t *quoted; /* what it quotes of the datagram's payload: borrowed,
				  and anybody may have written it */
	size_t quoted_len;
};

struct udp_calls {
	void (*received)(void *arg, const struct addr *from, const uint8_t *octets,
			 size_t len);
	void (*failed)(void *arg, const struct udp_error *e);
};

/*
 * local  address and port to bind; family 0: any
 * peer   NULL: open to all
 *
 * A socket connected to a peer is reopened after an error of our own kernel: it can
 * become unusable after a change of routes. udp_close() is allowed inside every
 * callback.
 *
 * Returns 0 or ERR_SYSTEM.
 */
int udp_open(struct loop *l, const struct addr *local, const struct addr *peer,
	     const struct udp_calls *calls, void *arg, struct udp **out);

/* The same with a bound socket, which the udp then owns. */
struct udp *udp_adopt(struct loop *l, int fd, const struct udp_calls *calls, void *arg);
void udp_close(struct udp *u);

/* Stops receiving, and leaves datagrams to other processes that have the socket. It can
 * still send. */
void udp_pause(struct udp *u);

/*
 * Opens a new socket to the peer if datagrams would now leave from another address: a
 * connected socket keeps its first local address, and there may never be an error.
 * always: even if the address is the same, because a NAT device may have dropped its
 * mapping.
 */
void udp_renew(struct udp *u, bool always);

/*
 * Sends one datagram; inside `received` it may be sent together with others once the
 * whole batch has been handled.
 *
 * to  NULL: the peer the socket is connected to
 *
 * Returns 0, ERR_AGAIN (the socket's buffer is full), ERR_REFUSED or ERR_SYSTEM.
 */
int udp_send(struct udp *u, const struct addr *to, const void *octets, size_t len);

/* Returns the local address of datagrams; for an unconnected socket only its port. */
void udp_local(const struct udp *u, struct addr *out);
