/*
 * The recursing process: questions of deputy-dns's workers come over links, one each,
 * and are answered over the same.
 */
#pragma once

#include <stddef.h>

#include "base/operator/command.h"
#include "recursor/engine.h"

struct loop;
struct recursor;

/* Rows of the control socket; their module is the struct recursor. */
extern const struct command recursor_commands[];

/* why: gets a text on error. Returns 0 or ERR_INVALID. */
int recursor_new(struct loop *l, const struct engine_options *options, char **why,
		 struct recursor **out);
void recursor_free(struct recursor *r);

/* Another worker; the descriptor is the recursor's from now on. */
void recursor_link(struct recursor *r, int fd);

/*
 * Builds another engine aside; one at a time, a second takes the place of the first.
 * Errors as of recursor_new().
 */
int recursor_prepare(struct recursor *r, const struct engine_options *options,
		     char **why);
void recursor_abort(struct recursor *r);
void recursor_commit(struct recursor *r); /* new questions go to the prepared one */
