/*
 * The kinds of children that a keeper has. All that it knows of one is a row: another
 * child is a row of child_kinds and a main() by cmd/child_frame.h.
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
 * Pairs with the children of another kind, made anew whenever one of either kind has
 * started. It stands in the row of one of the two.
 */
struct child_tie {
	const char *to;        /* the other kind's name */
	uint32_t worker_links; /* one pair for each worker of these uses; 0: one pair */

	/* A child that does not know the names of links takes each for this one. */
	bool unnamed;
};

struct child_kind {
	const char *name;    /* its control socket is NAME.sock, its option --NAME */
	const char *program; /* its name in the log, in metrics and in handovers */
	bool (*wanted)(const struct conf *c); /* NULL: whatever is configured */
	uint32_t sockets;                     /* CHILD_USE(): the ones it is given */

	/* The node is ready when it is, and no reload without it; any other child reads
	 * a configuration that it could not prepare when it starts again. */
	bool essential;

	bool may_ask_hooks; /* to have programs run */
	uint32_t drain_ms;  /* what it has begun may take so long; then it is killed */
	struct child_tie ties[CHILD_TIES_MAX];
};

/* Those of the product, in the order of their start; ended by one without a name. */
extern const struct child_kind child_kinds[];

size_t child_kinds_count(const struct child_kind *kinds);

/* By the name of its program. NULL: none of these. */
const struct child_kind *child_kind_find(const struct child_kind *kinds,
					 const char *program);

/* How two kinds are linked. NULL: not. */
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
