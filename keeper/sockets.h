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

/* Returns the transport of sockets of this kind: "udp". */
const char *sockets_transport(enum child_socket_kind kind);

/* Sets the numbers of workers of a configuration, unless they are already set. */
void sockets_workers(struct sockets *s, const struct conf *c);

/* Whether they are as many as a configuration wants. */
bool sockets_has_workers(const struct sockets *s, enum child_socket_kind kind,
			 const struct conf *c);

/*
 * Binds the sockets that `c` wants and that are not bound yet, and marks those that it
 * no longer wants. On failure nothing is changed, and there is a diagnosis for each
 * address that cannot be bound.
 *
 * Returns 0 or ERR_INVALID.
 */
int sockets_prepare(struct sockets *s, const struct conf *c, struct diags *diags);
void sockets_commit(struct sockets *s); /* closes what is gone */
void sockets_abort(struct sockets *s);  /* closes what is fresh */

/* Takes over an open socket of a former keeper. */
void sockets_adopt(struct sockets *s, const struct socket_row *row);

/* Moves all sockets out, in the form for a child; the caller closes them and frees the
 * array with free(). */
struct child_socket *sockets_take(struct sockets *s, size_t *count);

void sockets_fini(struct sockets *s);
