/*
 * The serving side: sockets of every transport, messages in with where they came from,
 * messages out the same way. Broken requests are answered here and go no further.
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

/* Where a message came from and its answer goes to. May be copied and kept. */
struct sip_remote {
	enum transport transport;
	struct addr addr;
	uint32_t socket; /* number of the socket it came by */
	uint64_t flow;   /* streams: number of the connection; never used again */
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
	uint32_t idle_ms;              /* of a connection; 0: no limit */
	const char *const *extensions; /* option tags known, NULL-ended, or NULL */
};

struct sip_server *sip_server_new(struct loop *l,
				  const struct sip_server_limits *limits,
				  const struct sip_server_calls *calls, void *arg);

/* Closes all sockets and connections; allowed inside no call of its own. */
void sip_server_free(struct sip_server *s);

/* Binds one more address; `tls` for secure transports. Returns 0 or ERR_SYSTEM. */
int sip_server_listen(struct sip_server *s, enum transport transport,
		      const struct addr *at, struct tls *tls);

/* The same on a bound (UDP) or listening socket, which is the server's from now on. */
void sip_server_adopt(struct sip_server *s, enum transport transport, int fd,
		      struct tls *tls);

/* Shakes hands by another context from now on; connections keep theirs. */
void sip_server_tls(struct sip_server *s, struct tls *tls);

/*
 * Takes no more connections and datagrams, which are left to who else has the sockets;
 * what is open goes on, and can be answered.
 */
void sip_server_drain(struct sip_server *s);

/* Returns 0, ERR_CLOSED (the connection is gone) or what sending ended with. */
int sip_server_send(struct sip_server *s, const struct sip_remote *to,
		    const void *octets, size_t len);

/* A kept flow is not closed as idle or to make room: somebody is registered by it.
 * Nothing, where the flow is gone, like the next two. */
void sip_server_keep(struct sip_server *s, uint64_t flow, bool kept);
void sip_server_close(struct sip_server *s, uint64_t flow);

/* A flow's stream, for its certificate; NULL: the flow is gone. Borrowed. */
struct stream *sip_server_stream(struct sip_server *s, uint64_t flow);
