/* The TLS of one stream: what stream.c drives, so that OpenSSL stays behind tls.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "net/tls.h"

struct tls_session;

/* server_name  of a connecting side, or NULL. Returns NULL without memory for OpenSSL.
 */
struct tls_session *tls_session_new(struct tls *t, int fd, const char *server_name);
void tls_session_free(struct tls_session *s);

/*
 * Each returns 0, ERR_AGAIN, ERR_REFUSED (RST), ERR_TLS (tls_error()) or ERR_SYSTEM; a
 * read of nothing without an error is the peer's end.
 */
int tls_session_shake(struct tls_session *s);
int tls_session_read(struct tls_session *s, uint8_t *octets, size_t cap, size_t *len);
int tls_session_write(struct tls_session *s, const uint8_t *octets, size_t len,
		      size_t *sent);

/* Tells the peer that no more is sent, if that can be done without waiting. */
void tls_session_finish(struct tls_session *s);

/* Whether the last ERR_AGAIN waits for room to write. */
bool tls_session_wants_write(const struct tls_session *s);
bool tls_session_certificate(struct tls_session *s, struct tls_certificate *out);
bool tls_session_is_for(const struct tls_session *s, const char *name);
bool tls_session_name(struct tls_session *s, unsigned n, struct tls_name *out);

/* A place among the handshakes under way of one server. */
struct tls_turn {
	TAILQ_ENTRY(tls_turn) entry;
	void (*come)(void *arg); /* the turn has come */
	void *arg;
	enum { TURN_NONE, TURN_WAITS, TURN_HELD } state;
};

/* Returns whether the handshake may begin now; else `come` is called later. */
bool tls_turn_take(struct tls *t, struct tls_turn *turn, void (*come)(void *),
		   void *arg);

/* Gives the place, or the wait for it, up. */
void tls_turn_give(struct tls *t, struct tls_turn *turn);
