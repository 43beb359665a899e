/* The inside of what streams of one kind share, for tls.c and tls_session.c. */
#pragma once

#include <openssl/ssl.h>

#include "net/tls.h"
#include "net/tls_session.h"

enum { ALPN_MAX = 128 };

TAILQ_HEAD(turns, tls_turn);

struct tls {
	unsigned refs;
	SSL_CTX *ctx;
	SSL_CTX **others; /* each holds a further certificate, and serves for no more */
	uint32_t other_count;
	bool is_server;
	unsigned char alpn[ALPN_MAX]; /* as on the wire */
	unsigned alpn_len;
	uint32_t handshake_max;
	uint32_t handshake_count;
	struct turns waiting;
};

/* Keeps OpenSSL's own words for its latest error, or others. Returns ERR_TLS. */
int tls_fail(const char *otherwise);
