/*
 * The thread that builds in the background and frees what nobody reads any more, one
 * job at a time. There are three kinds of jobs: a whole configuration, zones only,
 * variants only.
 */
#pragma once

#include "base/operator/diag.h"
#include "resolver/live/live.h"
#include "resolver/live/publish.h"
#include "resolver/live/world.h"

struct builder;
struct loop;

/* The result of a job; owned by the callee. */
struct built {
	int err;                      /* 0 or ERR_INVALID */
	struct world *world;          /* NULL on error, and of variants */
	struct live_answers *answers; /* NULL on error, and of zones */
	struct diags diags;
	struct diags zones; /* errors in zone files, which do not fail the job */
};

typedef void built_fn(void *arg, struct built *b);

struct builder *builder_start(void);

/* Ends the current job and the thread. NULL does nothing. */
void builder_stop(struct builder *b);

/* What to call when a job is done, and on which loop. */
struct builder_done {
	struct loop *loop;
	built_fn *fn;
	void *arg;
};

struct builder_job {
	/* The configuration as text; copied. */
	const char *path;
	const void *conf;
	size_t conf_len;
	struct world *was;   /* lent; NULL at start */
	struct board *known; /* lent: answers are made for it, as far as it goes; or
				NULL */
	enum world_reading reading;
	struct builder_done done;
};

/* Builds a world, its variants, and their answers before anything is known. */
void builder_build(struct builder *b, const struct builder_job *job);

/* The same at once, on the calling thread, at the start; job->was and job->done are not
 * used. */
void builder_build_now(const struct builder_job *job, struct built *out);

/* Reads one zone of a world's conf again, or all of them (CONF_NONE); nothing else. */
void builder_reread(struct builder *b, struct world *was, uint32_t zone,
		    const struct builder_done *done);

/* Builds the variants of a world again for a board; both are borrowed. */
void builder_rebuild(struct builder *b, struct world *world, struct board *board,
		     const struct builder_done *done);

/*
 * Free what is not used any more: builder_drop() at once, because no worker has ever
 * read it; the others when no worker can be reading it. With `b` NULL (all threads have
 * ended) all of them free at once.
 */
void builder_retire(struct builder *b, struct live_answers *was);
void builder_drop(struct builder *b, struct live_answers *unused);
void builder_release(struct builder *b, struct world *was);
void builder_let_go(struct builder *b, struct world *world, struct live *live);
