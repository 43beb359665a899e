/* The struct tls, for tls.c and tls_session.c. */
#pragma once

#include <openssl/ssl.h>

#include "net/tls.h"
#include "net/tls_session.h"

enum { ALPN_MAX = 128 };

TAILQ_HEAD(turns, tls_turn);

struct tls {
	unsigned refs;
	SSL_CTX *ctx;
	SSL_CTX **others; /* each only holds one more certificate */
	uint32_t other_count;
	bool is_server;
	unsigned char alpn[ALPN_MAX]; /* as on the wire */
	unsigned alpn_len;
	uint32_t handshake_max;
	uint32_t handshake_count;
	struct turns waiting;
};

/* Keeps OpenSSL's text for its latest error, or `otherwise` if it has none. Returns
 * ERR_TLS. */
int tls_fail(const char *otherwise);
