/* The TLS session of one stream, for stream.c, so that only tls*.c uses OpenSSL. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "net/tls.h"

struct tls_session;

/* server_name: for a client, or NULL. Returns NULL if OpenSSL has no memory. */
struct tls_session *tls_session_new(struct tls *t, int fd, const char *server_name);
void tls_session_free(struct tls_session *s);

/*
 * Each returns 0, ERR_AGAIN, ERR_REFUSED (RST), ERR_TLS (tls_error()) or ERR_SYSTEM; a
 * read of 0 octets without an error means that the remote side has ended.
 */
int tls_session_shake(struct tls_session *s);
int tls_session_read(struct tls_session *s, uint8_t *octets, size_t cap, size_t *len);
int tls_session_write(struct tls_session *s, const uint8_t *octets, size_t len,
		      size_t *sent);

/* Sends close_notify, if that can be done without waiting. */
void tls_session_finish(struct tls_session *s);

/* Whether the last ERR_AGAIN waits for room to write. */
bool tls_session_wants_write(const struct tls_session *s);
bool tls_session_certificate(struct tls_session *s, struct tls_certificate *out);
bool tls_session_is_for(const struct tls_session *s, const char *name);
bool tls_session_name(struct tls_session *s, unsigned n, struct tls_name *out);

/* One of the handshakes that a server does at a time. */
struct tls_turn {
	TAILQ_ENTRY(tls_turn) entry;
	void (*come)(void *arg); /* the turn has come */
	void *arg;
	enum { TURN_NONE, TURN_WAITS, TURN_HELD } state;
};

/* Returns whether the handshake may begin now; otherwise `come` is called later. */
bool tls_turn_take(struct tls *t, struct tls_turn *turn, void (*come)(void *),
		   void *arg);

/* Gives up the turn, or the wait for it. */
void tls_turn_give(struct tls *t, struct tls_turn *turn);
