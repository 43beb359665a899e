#include "resolver/live/builder.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/process/thread.h"
#include "base/rcu.h"
#include "conf/conf.h"
#include "net/loop.h"

struct builder {
	pthread_t thread;
	struct loop *loop;
};

/* A job on its way to the builder, and its result on the way back. */
struct build_job {
	struct builder_done done;
	struct builder_job plan;
	char *path; /* copies: the plan's */
	void *conf;
	struct world *world; /* that it begins with */
	struct board *board; /* for which variants are built */
	uint32_t zone;
	struct built built;
};

/* Things to free: no worker has ever read them, or none reads them any more. */
struct waste {
	struct live_answers *answers;
	bool read; /* they may be read until a grace period has passed */
	struct world *world;
	struct live *live;
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

	b->loop = loop_new();
	thread_start(&b->thread, run, b);
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

/* Builds the variants of a world for a board, and the answers for that board. */
static int build_answers(struct world *world, struct board *board, struct built *out)
{
	struct live *live;
	int err = live_new(world->settings, board, &out->diags, &live);

	if (err)
		return err;
	out->answers = live_answers_new(live, world, board);
	live_unref(live);
	return OK;
}

void builder_build_now(const struct builder_job *job, struct built *out)
{
	struct conf *conf;
	struct board *board;

	*out = (struct built){ 0 };
	out->err = conf_parse_parcel(job->path, job->conf, job->conf_len, &out->diags,
				     &conf);
	if (out->err)
		return;
	out->err = world_new(conf, job->was, job->reading, &out->diags, &out->zones,
			     &out->world);
	if (out->err)
		return;
	board = job->known ? board_with_known(out->world->conf, out->world->slots,
					      job->known)
			   : board_from_conf(out->world->conf, out->world->slots);
	out->err = build_answers(out->world, board, out);
	board_unref(board);
	if (out->err) {
		world_unref(out->world);
		out->world = NULL;
	}
}

static void hand_back(void *arg)
{
	struct build_job *j = arg;

	j->done.fn(j->done.arg, &j->built);
	free(j);
}

static void end(struct build_job *j)
{
	free_wiped(j->conf, j->plan.conf_len);
	free(j->path);
	board_unref(j->board);
	world_unref(j->world);
	loop_post(j->done.loop, hand_back, j);
}

static void build(void *arg)
{
	struct build_job *j = arg;

	builder_build_now(&j->plan, &j->built);
	end(j);
}

static struct build_job *job_new(struct world *world, const struct builder_done *done)
{
	struct build_job *j = alloc(sizeof(*j));

	j->done = *done;
	if (world)
		j->world = world_ref(world);
	return j;
}

void builder_build(struct builder *b, const struct builder_job *job)
{
	struct build_job *j = job_new(job->was, &job->done);

	j->plan = *job;
	j->path = alloc_text(job->path);
	j->conf = alloc_copy(job->conf, job->conf_len);
	j->plan.path = j->path;
	j->plan.conf = j->conf;
	if (job->known)
		j->board = board_ref(job->known);
	loop_post(b->loop, build, j);
}

static void reread(void *arg)
{
	struct build_job *j = arg;

	j->built.world = world_reread(j->world, j->zone, &j->built.zones);
	end(j);
}

void builder_reread(struct builder *b, struct world *was, uint32_t zone,
		    const struct builder_done *done)
{
	struct build_job *j = job_new(was, done);

	j->zone = zone;
	loop_post(b->loop, reread, j);
}

static void rebuild(void *arg)
{
	struct build_job *j = arg;

	j->built.err = build_answers(j->world, j->board, &j->built);
	end(j);
}

void builder_rebuild(struct builder *b, struct world *world, struct board *board,
		     const struct builder_done *done)
{
	struct build_job *j = job_new(world, done);

	j->board = board_ref(board);
	loop_post(b->loop, rebuild, j);
}

static void waste_away(void *arg)
{
	struct waste *w = arg;

	if (w->read)
		rcu_wait();
	live_answers_free(w->answers);
	live_unref(w->live);
	world_unref(w->world);
	free(w);
}

/* Without a builder, at the end, no thread reads any more. */
static void waste(struct builder *b, struct waste what)
{
	struct waste *w = alloc_copy(&what, sizeof(what));

	w->read = what.read && b;
	if (b)
		loop_post(b->loop, waste_away, w);
	else
		waste_away(w);
}

void builder_retire(struct builder *b, struct live_answers *was)
{
	waste(b, (struct waste){ .answers = was, .read = true });
}

void builder_drop(struct builder *b, struct live_answers *unused)
{
	waste(b, (struct waste){ .answers = unused });
}

void builder_release(struct builder *b, struct world *was)
{
	waste(b, (struct waste){ .world = was });
}

void builder_let_go(struct builder *b, struct world *world, struct live *live)
{
	waste(b, (struct waste){ .world = world, .live = live });
}
