/*
 * The thread that builds aside and frees what nobody reads any more, one job at a time.
 * Three kinds of jobs: a configuration with all it brings, zones alone, variants alone.
 */
#pragma once

#include "base/operator/diag.h"
#include "resolver/live/live.h"
#include "resolver/live/publish.h"
#include "resolver/live/world.h"

struct builder;
struct loop;

/* What came of a job; the callee's. */
struct built {
	int err;                      /* 0 or ERR_INVALID */
	struct world *world;          /* NULL on error, and of variants */
	struct live_answers *answers; /* NULL on error, and of zones */
	struct diags diags;
	struct diags zones; /* what is wrong with zone files: no error */
};

typedef void built_fn(void *arg, struct built *b);

struct builder *builder_start(void);

/* Ends what is under way and the thread. NULL does nothing. */
void builder_stop(struct builder *b);

/* Who is called where, and with what. */
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

/* The same at once, on the calling thread, at start: job->was, loop and done unused. */
void builder_build_now(const struct builder_job *job, struct built *out);

/* Reads a zone of a world's conf anew, or all of them (CONF_NONE); nothing else. */
void builder_reread(struct builder *b, struct world *was, uint32_t zone,
		    const struct builder_done *done);

/* Builds the variants of a world anew for a board; both are lent. */
void builder_rebuild(struct builder *b, struct world *world, struct board *board,
		     const struct builder_done *done);

/* Frees when no worker can read them any more; or at once what none ever read. Without
 * a builder, when all threads have ended, all of it at once. */
void builder_retire(struct builder *b, struct live_answers *was);
void builder_drop(struct builder *b, struct live_answers *unused);
void builder_release(struct builder *b, struct world *was);
void builder_let_go(struct builder *b, struct world *world, struct live *live);
