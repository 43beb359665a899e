/*
 * A UDP socket on a loop, connected to one peer or open to all. ICMP errors come back
 * with the destination they are about.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct loop;
struct udp;

struct udp_error {
	struct addr to; /* where the datagram went; family 0: not known */
	int err;        /* ERR_REFUSED: port unreachable; else ERR_SYSTEM */
	int number;     /* errno */
	bool from_icmp; /* said by another host, not by our own kernel */
	struct addr by; /* who said it; family 0: not known */
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
 * A socket connected to a peer is opened anew after an error of our own kernel: it can
 * wedge after a change of routes. udp_close() is allowed inside every call.
 *
 * Returns 0 or ERR_SYSTEM.
 */
int udp_open(struct loop *l, const struct addr *local, const struct addr *peer,
	     const struct udp_calls *calls, void *arg, struct udp **out);

/* The same on a bound socket, which is the udp's from now on. */
struct udp *udp_adopt(struct loop *l, int fd, const struct udp_calls *calls, void *arg);
void udp_close(struct udp *u);

/* Receives no more: what comes is left to who else has the socket. It can still send.
 */
void udp_pause(struct udp *u);

/*
 * Takes a new socket to the peer if datagrams would leave from another address by now:
 * a connected one keeps the address it began with, and errors may never tell.
 * always: also from the same address, for what lies between may have forgotten us.
 */
void udp_renew(struct udp *u, bool always);

/*
 * Sends one datagram; inside `received` it may go out together with others when all of
 * a batch were handled.
 *
 * to  NULL: the peer the socket is connected to
 *
 * Returns 0, ERR_AGAIN (the socket's buffer is full), ERR_REFUSED or ERR_SYSTEM.
 */
int udp_send(struct udp *u, const struct addr *to, const void *octets, size_t len);

/* The address datagrams come from; of a socket open to all its port only. */
void udp_local(const struct udp *u, struct addr *out);
