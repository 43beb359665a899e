#include "tests/scenario/stand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

static void retire(void *arg, struct live_answers *was)
{
	(void)arg;
	live_answers_free(was);
}

static void drop(void *arg, struct live_answers *unused)
{
	(void)arg;
	live_answers_free(unused);
}

struct rebuild {
	struct stand *stand;
	struct world *world;
	struct board *board;
};

static void rebuild_now(void *arg)
{
	struct rebuild *r = arg;
	struct stand *s = r->stand;
	struct live *fresh = NULL;
	struct diags diags = { 0 };

	if (live_new(r->world->settings, r->board, &diags, &fresh) == OK)
		publisher_adopt(s->publisher,
				live_answers_new(fresh, r->world, r->board));
	else
		publisher_gave_up(s->publisher);
	diags_fini(&diags);
	live_unref(fresh);
	world_unref(r->world);
	board_unref(r->board);
	free(r);
	s->stage->worker.now = publisher_now(s->publisher);
}

static void rebuild(void *arg, struct world *world, struct board *board)
{
	struct stand *s = arg;
	struct rebuild *r = alloc(sizeof(*r));

	*r = (struct rebuild){ s, world_ref(world), board_ref(board) };
	loop_post(s->sim.loop, rebuild_now, r); /* in a node another thread does it */
}

static void moved(void *arg, const struct live_move *moves, size_t count, size_t total)
{
	struct stand *s = arg;

	(void)total;
	for (size_t i = 0; i < count; i++)
		buffer_printf(&s->moves, "%s/%s %s>%s\n", moves[i].live, moves[i].site,
			      moves[i].from, moves[i].to);
}

static void on_board(void *arg, struct board *fresh)
{
	struct stand *s = arg;

	publisher_board(s->publisher, board_ref(fresh));
	s->stage->worker.now = publisher_now(s->publisher);
}

static struct plan *plan_of(const struct world *w)
{
	return plan_new(w->conf, w->slots);
}

struct stand *stand_new(const char *conf)
{
	struct stand *s = alloc(sizeof(*s));
	const struct publisher_calls calls = { .retire = retire,
					       .drop = drop,
					       .rebuild = rebuild,
					       .moved = moved,
					       .arg = s };

	s->stage = stage_new(conf);
	s->publisher = publisher_new(&calls, s->stage->answers);
	s->stage->answers = NULL;
	sim_init(&s->sim, 42);
	s->sim.tell = on_board;
	s->sim.tell_arg = s;
	return s;
}

void stand_free(struct stand *s)
{
	if (s == NULL)
		return;
	sim_fini(&s->sim);
	publisher_free(s->publisher);
	stage_free(s->stage);
	buffer_fini(&s->moves);
	free(s);
}

void stand_reload(struct stand *s, const char *conf)
{
	const struct builder_job job = {
		.path = "/nowhere/deputy.conf",
		.conf = conf,
		.conf_len = strlen(conf),
		.was = s->stage->world,
	};
	struct built built;

	builder_build_now(&job, &built);
	if (built.err) {
		struct buffer text = { 0 };

		diags_format(&built.diags, &text);
		(void)printf("%.*s", (int)text.len, (const char *)text.octets);
		exit(2);
	}
	diags_fini(&built.diags);
	diags_fini(&built.zones);
	live_unref(s->stage->live);
	world_unref(s->stage->world);
	s->stage->live = live_ref(built.answers->live);
	s->stage->world = built.world;
	publisher_adopt(s->publisher, built.answers);
	sim_load_plan(&s->sim, plan_of(built.world));
	s->stage->worker.now = publisher_now(s->publisher);
}

void stand_restart(struct stand *s)
{
	sim_restart_plan(&s->sim, plan_of(s->stage->world));
}

uint32_t stand_pbx(const struct stand *s, const char *name)
{
	const struct board *b = s->sim.board;

	for (uint32_t i = 0; b && i < b->row_count; i++)
		if (b->rows[i] && strcmp(b->rows[i]->name, name) == 0)
			return i;
	return CONF_NONE;
}

void stand_history(struct stand *s, struct buffer *out)
{
	for (size_t i = 0; i < s->sim.change_count; i++) {
		const struct switch_record *r = &s->sim.changes[i];

		if (r->seq > s->told_seq)
			buffer_printf(out, "%s %s (%s) by %s\n",
				      switch_kind_name(r->kind), r->pbx, r->cause,
				      r->author);
	}
	if (s->sim.change_count)
		s->told_seq = s->sim.changes[s->sim.change_count - 1].seq;
}
