/*
 * The thread that builds worlds and variants aside and frees what nobody reads any
 * more, one job at a time.
 */
#pragma once

#include "base/operator/diag.h"
#include "resolver/live/live.h"
#include "resolver/live/publish.h"
#include "resolver/live/world.h"

struct builder;
struct loop;

/* What came of a job. The callee owns `live` and `diags`. */
struct built {
	int err;           /* 0 or ERR_INVALID */
	struct live *live; /* with its world; NULL on error */
	struct diags diags;
	struct diags zones; /* what is wrong with zone files: no error */
};

typedef void built_fn(void *arg, struct built *b);

struct builder *builder_start(void);

/* Ends what is under way and the thread. NULL does nothing. */
void builder_stop(struct builder *b);

struct builder_job {
	/* The configuration as text; copied. */
	const char *path;
	const void *conf;
	size_t conf_len;
	struct world *was; /* lent; NULL at start */
	enum world_reading reading;
	struct loop *loop; /* `done` is called there */
	built_fn *done;
	void *arg;
};

/* Builds a world and its variants. */
void builder_build(struct builder *b, const struct builder_job *job);

/* The same at once, on the calling thread, at start: job->was, loop and done unused. */
void builder_build_now(const struct builder_job *job, struct built *out);

/* Builds the variants of a world anew for a board; both are lent. */
void builder_rebuild(struct builder *b, struct live *live, struct board *board,
		     struct loop *loop, built_fn *done, void *arg);

/* Frees when no worker can read them any more. */
void builder_retire(struct builder *b, struct live_answers *was);
void builder_drop(struct builder *b, struct live *unused);
void builder_release(struct builder *b, struct world *was);
