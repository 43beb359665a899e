/*
 * A certificate is looked at again beside a kept connection, which only shows the one
 * of its beginning: by a full handshake of its own now and then.
 */
#pragma once

#include <stdint.h>

#include "base/addr.h"

struct loop;
struct recheck;
struct stream;
struct tls;

struct recheck_target {
	struct addr to;
	const char *server_name; /* NULL: none */
	uint32_t open_ms;        /* for the handshake */
	uint32_t interval_ms;
};

/*
 * The first handshake comes after `interval_ms`. A connection that fails tells nothing:
 * whether it lives is for probes to find out.
 *
 * context  gives what connections use now; NULL: nothing, then none is made
 * shown    gets each stream whose handshake ended; it is closed then
 */
struct recheck *recheck_new(struct loop *l, const struct recheck_target *to,
			    struct tls *(*context)(void *arg),
			    void (*shown)(void *arg, struct stream *s), void *arg);

/* Makes the next handshake after `after_ms`. */
void recheck_hasten(struct recheck *r, uint64_t after_ms);

/* NULL does nothing. Allowed inside `shown`. */
void recheck_free(struct recheck *r);
