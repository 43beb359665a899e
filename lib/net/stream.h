/*
 * One connection as a stream of octets: TCP or TLS, connected or accepted. It lives
 * until its owner calls stream_close(), also after `closed` was called; stream_close()
 * is allowed inside every call.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct loop;
struct stream;
struct tls;

/* What happens to a stream; each but `received` and `closed` may be NULL. */
struct stream_calls {
	void (*opened)(void *arg); /* connected, TLS handshake done; never called
				      inside stream_connect() */

	/* Returns how many octets were taken; the rest is passed again, with more. */
	size_t (*received)(void *arg, const uint8_t *octets, size_t len);

	/* The queue is empty again: all of it was sent. */
	void (*drained)(void *arg);

	/* The remote side sends no more. Returns whether to stay open for writing;
	 * NULL: no, but the queue is still sent. */
	bool (*ended)(void *arg);

	/*
	 * The last call: ERR_CLOSED (FIN), ERR_REFUSED (RST, or no connection),
	 * ERR_TIMEOUT, ERR_TLS, ERR_LIMIT (more than `read_max` not taken), or
	 * ERR_SYSTEM (stream_errno()).
	 */
	void (*closed)(void *arg, int reason);
};

struct stream_target {
	struct addr to;
	struct addr from;         /* source to bind; family 0: any */
	struct tls *tls;          /* NULL: plain */
	const char *server_name;  /* for SNI and the check of the name; NULL: none. An
				     address is checked but not sent */
	uint32_t open_ms;         /* for connecting and the handshake; 0: no limit */
	uint32_t user_timeout_ms; /* sent octets may stay unacknowledged; 0: kernel's */
};

/* Returns 0 or ERR_SYSTEM; later errors are reported by `closed`. */
int stream_connect(struct loop *l, const struct stream_target *target,
		   const struct stream_calls *calls, void *arg, struct stream **out);

/*
 * Makes a stream of an accepted socket, which the stream then owns.
 *
 * tls  NULL: plain TCP, open at once; otherwise `opened` is called after the handshake
 */
struct stream *stream_accept(struct loop *l, int fd, const struct addr *peer,
			     struct tls *tls, const struct stream_calls *calls,
			     void *arg);

/* Sends or queues all octets. Returns 0, ERR_LIMIT (none was taken: more than
 * `write_max` would wait) or ERR_CLOSED. */
int stream_write(struct stream *s, const void *octets, size_t len);
size_t stream_queued_len(const struct stream *s);

/* Sends the queue, then FIN; reading continues. If the remote side has ended too, the
 * stream ends then. */
void stream_finish(struct stream *s);

/* Ends at once without any further call, and frees. NULL does nothing. */
void stream_close(struct stream *s);
void stream_abort(struct stream *s); /* the same with RST instead of FIN */

/* Stops reading, or continues it. */
void stream_pause(struct stream *s, bool paused);

/* Closes with ERR_TIMEOUT when nothing was received or sent for `idle_ms`; 0: never. */
void stream_idle(struct stream *s, uint32_t idle_ms);

/* Sets the limits; defaults: 64 KiB not taken, 1 MiB not sent. */
void stream_limits(struct stream *s, size_t read_max, size_t write_max);

bool stream_is_open(const struct stream *s);
const struct addr *stream_remote(const struct stream *s);
void stream_local(const struct stream *s, struct addr *out);

/* Return details of the reason of `closed`: the errno or 0, and a text (from OpenSSL
 * for ERR_TLS). */
int stream_errno(const struct stream *s);
const char *stream_error(const struct stream *s);
