/*
 * A SIP server: sockets of every transport. Each message comes with the place it came
 * from, which is also where its answer is sent. Malformed requests are answered here
 * and not passed on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/transport.h"
#include "sip/message.h"

struct loop;
struct stream;
struct tls;
struct sip_server;

/* Where a message came from, and where its answer is sent. May be copied and kept. */
struct sip_remote {
	enum transport transport;
	struct addr addr;
	uint32_t socket; /* number of the socket it came by */
	uint64_t flow;   /* streams: number of the connection, never reused */
};

struct sip_server_calls {
	/* One message that passed sip_check(); it is borrowed. */
	void (*received)(void *arg, const struct sip_message *m,
			 const struct sip_remote *from);

	/* A connection ended; not after sip_server_close(). May be NULL. */
	void (*flow_closed)(void *arg, uint64_t flow, int reason);

	/* After sip_server_drain(): no connection is left. May be NULL. */
	void (*drained)(void *arg);
};

struct sip_server_limits {
	uint32_t flows; /* connections of all sockets together; 0: 10,000 */
	uint32_t flows_per_source;
	uint32_t idle_ms; /* of a connection; 0: no limit */
	const char *const
		*extensions; /* known option tags, ended by NULL; NULL: none */
};

struct sip_server *sip_server_new(struct loop *l,
				  const struct sip_server_limits *limits,
				  const struct sip_server_calls *calls, void *arg);

/* Closes all sockets and connections. Not allowed inside any call of the server. */
void sip_server_free(struct sip_server *s);

/* Binds one more address; `tls` for secure transports. Returns 0 or ERR_SYSTEM. */
int sip_server_listen(struct sip_server *s, enum transport transport,
		      const struct addr *at, struct tls *tls);

/* The same on a bound (UDP) or listening socket, which the server then owns. */
void sip_server_adopt(struct sip_server *s, enum transport transport, int fd,
		      struct tls *tls);

/* Sets another TLS context for new connections; existing ones keep theirs. */
void sip_server_tls(struct sip_server *s, struct tls *tls);

/*
 * Accepts no more connections and datagrams, and leaves them to other processes that
 * have the sockets. Open connections continue, and requests can still be answered.
 */
void sip_server_drain(struct sip_server *s);

/* Returns 0, ERR_CLOSED (the connection has ended) or the error of sending. */
int sip_server_send(struct sip_server *s, const struct sip_remote *to,
		    const void *octets, size_t len);

/* A kept flow is not closed when it is idle, nor to make room: a registration depends
 * on it. This and the next two do nothing if the flow has ended. */
void sip_server_keep(struct sip_server *s, uint64_t flow, bool kept);
void sip_server_close(struct sip_server *s, uint64_t flow);

/* Returns a flow's stream, for its certificate; NULL: it has ended. Borrowed. */
struct stream *sip_server_stream(struct sip_server *s, uint64_t flow);
