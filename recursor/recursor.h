/*
 * The recursor process: queries from the workers of deputy-dns arrive over links, one
 * per worker, and are answered over the same link.
 */
#pragma once

#include <stddef.h>

#include "base/operator/command.h"
#include "recursor/engine.h"

struct loop;
struct recursor;

/* Rows of the control socket; their module is the struct recursor. */
extern const struct command recursor_commands[];

/* why: receives a message on error. Returns 0 or ERR_INVALID. */
int recursor_new(struct loop *l, const struct engine_options *options, char **why,
		 struct recursor **out);
void recursor_free(struct recursor *r);

/* Adds a worker; the recursor then owns the descriptor. */
void recursor_link(struct recursor *r, int fd);

/*
 * Prepares another engine; a second one replaces the first. Returns like
 * recursor_new().
 */
int recursor_prepare(struct recursor *r, const struct engine_options *options,
		     char **why);
void recursor_abort(struct recursor *r);
void recursor_commit(struct recursor *r); /* new questions go to the prepared one */
