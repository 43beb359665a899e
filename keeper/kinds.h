/*
 * The kinds of children that a keeper has. All that it knows of one is a row, so
 * a new child is a row of child_kinds and a main() with cmd/child_frame.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/operator/diag.h"
#include "base/process/child.h"

struct conf;

enum { CHILD_TIES_MAX = 4 };

/* A bit for each use of a listening socket. */
#define CHILD_USE(socket_kind) (1U << (socket_kind))

/*
 * Socket pairs with the children of another kind, created again whenever a child of
 * either kind has started. Declared in the row of one of the two kinds.
 */
struct child_tie {
	const char *to;        /* the other kind's name */
	uint32_t worker_links; /* one pair for each worker of these uses; 0: one pair */

	/* For a child that does not understand names of links: each is this one. */
	bool unnamed;
};

struct child_kind {
	const char *name;    /* its control socket is NAME.sock, its option --NAME */
	const char *program; /* its name in the log, in metrics and in handovers */
	bool (*wanted)(const struct conf *c); /* NULL: whatever is configured */
	uint32_t sockets;                     /* CHILD_USE(): the ones it is given */

	/* The node is not ready, and no reload succeeds, without it. Any other child
	 * gets a configuration that it could not prepare when it starts again. */
	bool essential;

	bool may_ask_hooks; /* it may request that hooks be run */
	uint32_t drain_ms;  /* until it is killed while draining */
	struct child_tie ties[CHILD_TIES_MAX];
};

/* The kinds of the product, in the order of their start; ended by a row without a name.
 */
extern const struct child_kind child_kinds[];

size_t child_kinds_count(const struct child_kind *kinds);

/* Finds a kind by the name of its program; NULL: there is none. */
const struct child_kind *child_kind_find(const struct child_kind *kinds,
					 const char *program);

/* Returns how two kinds are linked; NULL: they are not. */
const struct child_tie *child_tie_find(const struct child_kind *a,
				       const struct child_kind *b);

/*
 * Whether a keeper with these kinds can take over from one that runs these programs.
 *
 * programs  their names with a blank between them
 *
 * Returns 0 or ERR_INVALID; each one that is unknown is a diagnosis.
 */
int child_kinds_check(const struct child_kind *kinds, const char *programs,
		      struct diags *diags);
