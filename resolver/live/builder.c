#include "resolver/live/builder.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/rcu.h"
#include "conf/conf.h"
#include "net/loop.h"

struct builder {
	pthread_t thread;
	struct loop *loop;
};

/* A job on its way to the builder, and what came of it on its way back. */
struct build_job {
	struct builder_job plan;
	char *path; /* copies: the plan's */
	void *conf;
	struct live *live;   /* to be built anew */
	struct board *board; /* for this one */
	struct built built;
};

struct waste {
	struct live_answers *answers;
	struct live *live;
	struct world *world;
};

static void *run(void *arg)
{
	struct builder *b = arg;

	loop_run(b->loop);
	return NULL;
}

struct builder *builder_start(void)
{
	struct builder *b = alloc(sizeof(*b));
	int err;

	b->loop = loop_new();
	err = pthread_create(&b->thread, NULL, run, b);
	assert(err == 0);
	return b;
}

static void end_thread(void *arg)
{
	struct builder *b = arg;

	loop_stop(b->loop);
}

void builder_stop(struct builder *b)
{
	if (b == NULL)
		return;
	loop_post(b->loop, end_thread, b);
	(void)pthread_join(b->thread, NULL);
	loop_free(b->loop);
	free(b);
}

void builder_build_now(const struct builder_job *job, struct built *out)
{
	struct world *world = NULL;
	struct conf *conf;
	struct board *board;

	*out = (struct built){ 0 };
	out->err = conf_parse_parcel(job->path, job->conf, job->conf_len, &out->diags,
				     &conf);
	if (out->err)
		return;
	out->err = world_new(conf, job->was, job->reading, &out->diags, &out->zones,
			     &world);
	if (out->err)
		return;
	board = board_from_conf(world->conf, world->slots);
	out->err = live_new(world, board, &out->diags, &out->live);
	board_unref(board);
	world_unref(world);
}

static void hand_back(void *arg)
{
	struct build_job *j = arg;

	j->plan.done(j->plan.arg, &j->built);
	free(j);
}

static void build(void *arg)
{
	struct build_job *j = arg;

	builder_build_now(&j->plan, &j->built);
	free_wiped(j->conf, j->plan.conf_len);
	free(j->path);
	world_unref(j->plan.was);
	loop_post(j->plan.loop, hand_back, j);
}

void builder_build(struct builder *b, const struct builder_job *job)
{
	struct build_job *j = alloc(sizeof(*j));

	j->plan = *job;
	j->path = alloc_text(job->path);
	j->conf = alloc_copy(job->conf, job->conf_len);
	j->plan.path = j->path;
	j->plan.conf = j->conf;
	if (job->was)
		world_ref(job->was);
	loop_post(b->loop, build, j);
}

static void rebuild(void *arg)
{
	struct build_job *j = arg;

	j->built.err = live_new(live_world(j->live), j->board, &j->built.diags,
				&j->built.live);
	live_unref(j->live);
	board_unref(j->board);
	loop_post(j->plan.loop, hand_back, j);
}

void builder_rebuild(struct builder *b, struct live *live, struct board *board,
		     struct loop *loop, built_fn *done, void *arg)
{
	struct build_job *j = alloc(sizeof(*j));

	j->plan.loop = loop;
	j->plan.done = done;
	j->plan.arg = arg;
	j->live = live_ref(live);
	j->board = board_ref(board);
	loop_post(b->loop, rebuild, j);
}

static void waste_away(void *arg)
{
	struct waste *w = arg;

	if (w->answers)
		rcu_wait();
	live_answers_free(w->answers);
	live_unref(w->live);
	world_unref(w->world);
	free(w);
}

static void waste(struct builder *b, struct waste what)
{
	loop_post(b->loop, waste_away, alloc_copy(&what, sizeof(what)));
}

void builder_retire(struct builder *b, struct live_answers *was)
{
	waste(b, (struct waste){ .answers = was });
}

void builder_drop(struct builder *b, struct live *unused)
{
	waste(b, (struct waste){ .live = unused });
}

void builder_release(struct builder *b, struct world *was)
{
	waste(b, (struct waste){ .world = was });
}
