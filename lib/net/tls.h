/*
 * TLS by OpenSSL: what streams of one kind share (made once), and what a handshake
 * showed. Belongs to one loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls;
struct stream;

/*
 * For streams that connect. The peer's certificate is always checked; a fault ends the
 * handshake only if `strict`, else it is kept for stream_certificate().
 *
 * ca_file  PEM; NULL: the system's store
 *
 * Returns 0 or ERR_TLS (tls_error() tells why).
 */
int tls_client_new(const char *ca_file, bool strict, struct tls **out);

/*
 * For streams that are accepted.
 *
 * chain_file, key_file  PEM
 * handshake_max         handshakes under way at once, more wait; 0: no limit
 *
 * Returns 0 or ERR_TLS (tls_error() tells why).
 */
int tls_server_new(const char *chain_file, const char *key_file, uint32_t handshake_max,
		   struct tls **out);
void tls_free(struct tls *t);

/*
 * Names protocols for ALPN: a client offers them in this order, a server takes the
 * first of its own that is offered. `names` ends with NULL.
 */
int tls_alpn(struct tls *t, const char *const *names);

/* The reason of this thread's last failure here, as OpenSSL puts it. Borrowed. */
const char *tls_error(void);

/* What a handshake showed of the peer. Texts are borrowed from the stream. */
struct tls_certificate {
	bool verified;        /* chain, dates and the name asked for */
	const char *fault;    /* why not; NULL when verified */
	int32_t days_left;    /* until the leaf ends; negative: days since */
	uint32_t chain_count; /* certificates the peer sent */
	const char *subject;  /* of the leaf, one line */
	const char *protocol; /* "TLSv1.3" */
	const char *alpn;     /* chosen protocol, or "" */
	bool resumed;
};

/* Returns whether the stream is TLS, open, and its peer showed a certificate. */
bool stream_certificate(struct stream *s, struct tls_certificate *out);

/* Whether the peer's certificate is good for a host name or an address (as text). */
bool stream_certificate_is_for(struct stream *s, const char *name);
