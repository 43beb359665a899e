/*
 * The listening sockets: bound by the keeper, kept open whatever happens to children,
 * and changed in two steps by a reload.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/operator/diag.h"
#include "base/process/child.h"

struct conf;

struct socket_row {
	int fd;
	uint32_t id;
	enum child_socket_kind kind;
	uint16_t worker;
	struct addr addr;
	bool wildcard;
	bool fresh; /* bound for what is being prepared */
	bool gone;  /* not wanted by what is being prepared */
};

struct sockets {
	struct socket_row *rows;
	size_t count;
	uint32_t last_id;
	uint16_t workers[CHILD_SOCKET_KINDS]; /* sockets an address has of each kind */
};

/* "udp": what a socket of this use speaks. */
const char *sockets_transport(enum child_socket_kind kind);

/* How many workers a configuration wants; where it is fixed already it stays so. */
void sockets_workers(struct sockets *s, const struct conf *c);

/*
 * Binds what `c` wants and is not held yet, and marks what it no longer wants. Nothing
 * is changed when it fails; each address that cannot be had is a diagnosis.
 *
 * Returns 0 or ERR_INVALID.
 */
int sockets_prepare(struct sockets *s, const struct conf *c, struct diags *diags);
void sockets_commit(struct sockets *s); /* closes what is gone */
void sockets_abort(struct sockets *s);  /* closes what is fresh */

/* Takes over an open socket, as another keeper left it. */
void sockets_adopt(struct sockets *s, const struct socket_row *row);

/* Moves all of them out, as a child has them; the caller's to close and to free(). */
struct child_socket *sockets_take(struct sockets *s, size_t *count);

void sockets_fini(struct sockets *s);
