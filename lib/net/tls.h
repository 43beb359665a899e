/*
 * TLS by OpenSSL: a context that streams of one kind share, and the result of their
 * handshakes. Contexts are reference-counted, so that a new one can replace one whose
 * connections continue: each stream and each listening socket holds a reference. Used
 * by the thread of one loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct tls;
struct stream;

/*
 * For streams that connect. The server's certificate is always checked; a fault ends
 * the handshake only if `strict`, otherwise it is kept for stream_certificate().
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

/* Takes one more reference; tls_free() drops one, and frees the context with the last.
 */
struct tls *tls_ref(struct tls *t);
void tls_free(struct tls *t);

/*
 * Adds a certificate of a server, for clients that ask (SNI) for one of its names; an
 * exact name is preferred to a wildcard, and without a match the first certificate is
 * shown.
 *
 * Returns 0 or ERR_TLS (tls_error() tells why).
 */
int tls_identify(struct tls *t, const char *chain_file, const char *key_file);

/*
 * Sets the certificate that a client shows if the server asks for one.
 *
 * chain_file  PEM
 * key         PEM, `len` octets; not encrypted
 *
 * Returns 0 or ERR_TLS (tls_error() tells why).
 */
int tls_show(struct tls *t, const char *chain_file, const char *key, size_t len);

/*
 * Lets a server ask its clients for certificates that `ca_file` (PEM) vouches for.
 *
 * required  a client without a certificate, or with a bad one, is refused; otherwise a
 *           fault is only kept for stream_certificate()
 *
 * Returns 0 or ERR_TLS (tls_error() tells why).
 */
int tls_ask_clients(struct tls *t, const char *ca_file, bool required);

/*
 * Sets the protocols for ALPN: a client offers them in this order, a server selects
 * the first of its own that is offered. `names` ends with NULL.
 */
int tls_alpn(struct tls *t, const char *const *names);

/* Returns OpenSSL's text for this thread's last TLS error. Borrowed. */
const char *tls_error(void);

/* What a handshake showed about the remote side. Texts are borrowed from the stream. */
struct tls_certificate {
	bool verified;        /* chain, dates and the name asked for */
	const char *fault;    /* why not; NULL when verified */
	int32_t days_left;    /* until the leaf expires; negative: days since */
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

enum tls_name_kind { TLS_NAME_HOST, TLS_NAME_URI };

/* A name the peer's certificate is for (RFC 5922 section 7.1). */
struct tls_name {
	enum tls_name_kind kind;
	struct text text; /* borrowed from the stream; may hold any octets */
};

/* Finds name number `n` of the certificate, from 0. Returns whether there is one. */
bool stream_certificate_name(struct stream *s, unsigned n, struct tls_name *out);
