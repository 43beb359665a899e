/*
 * The prober's connection to one endpoint: a connected UDP socket, or a TCP or TLS
 * connection that is kept open. It is the owner's decision when to open it again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/transport.h"

struct loop;
struct stream;
struct tls;
struct udp_error;
struct sip_channel;

struct sip_channel_calls {
	/* Ready to send; never inside sip_channel_open(). Over UDP: the next turn. */
	void (*opened)(void *arg);

	/* One whole message, response or request, not checked yet. */
	void (*received)(void *arg, const void *octets, size_t len);
	void (*pong)(void *arg); /* answer to sip_channel_ping() */

	/*
	 * What was received is not SIP. A stream cannot continue and is closed next
	 * (ERR_MALFORMED); UDP continues.
	 */
	void (*garbage)(void *arg, const void *octets, size_t len);

	/* UDP only, which stays open: an ICMP error, or our own kernel could not send.
	 */
	void (*failed)(void *arg, const struct udp_error *e);

	/* A stream ended, or could not be opened: reasons of `struct stream_calls`. The
	 * channel can only be closed now. */
	void (*closed)(void *arg, int reason);
};

struct sip_channel_target {
	enum transport transport;
	struct addr to;
	struct addr from;         /* family 0: any; port 0: any */
	struct tls *tls;          /* for TLS */
	const char *server_name;  /* SNI and certificate; NULL: none */
	uint32_t open_ms;         /* for connect and handshake; 0: no limit */
	uint32_t user_timeout_ms; /* 0: the kernel's */
};

/* Returns 0 or ERR_SYSTEM. */
int sip_channel_open(struct loop *l, const struct sip_channel_target *target,
		     const struct sip_channel_calls *calls, void *arg,
		     struct sip_channel **out);

/* Allowed inside every call; afterwards there are no more calls. NULL does nothing. */
void sip_channel_close(struct sip_channel *c);
/* Returns 0, ERR_AGAIN, ERR_LIMIT, ERR_REFUSED, ERR_CLOSED or ERR_SYSTEM. */
int sip_channel_send(struct sip_channel *c, const void *octets, size_t len);

/* Sends CRLFCRLF on a stream (RFC 5626 section 4.4.1); nothing over UDP. */
int sip_channel_ping(struct sip_channel *c);

/* UDP only, as udp_renew(): answers that are still on their way are lost. */
void sip_channel_renew(struct sip_channel *c, bool always);

/* Our address as the endpoint may see it, for Via and Contact. */
void sip_channel_local(const struct sip_channel *c, struct addr *out);

/* The stream below, for its certificate and error text; NULL over UDP. Borrowed. */
struct stream *sip_channel_stream(struct sip_channel *c);
