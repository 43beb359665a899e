#include "resolver/live/publish.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rcu.h"
#include "conf/conf.h"

struct publisher {
	struct publisher_calls calls;
	struct live_answers *now;  /* read by all workers */
	struct board *board;       /* the newest */
	struct live_answers *next; /* wait for a board they fit, or NULL */
	bool rebuilding;
};

/* The moves of one board, and the texts that exist nowhere else. */
struct moves {
	size_t count;
	struct live_move rows[LIVE_MOVES_MAX];
	char reasons[LIVE_MOVES_MAX][TRACE_EDE_MAX + 1];
};

/* Returns whether the row moved; one for which there is no room is only counted. */
static bool add_move(struct moves *m, const struct live_answers *was,
		     const struct live_answers *now, size_t row)
{
	const struct conf *conf = now->world->conf;
	const struct live_answer *a = live_answers_at(was, row);
	const struct live_answer *b = live_answers_at(now, row);
	size_t site = row % now->class_count;

	if (a->answer == b->answer || strcmp(a->answer, b->answer) == 0)
		return false;
	if (m->count == LIVE_MOVES_MAX)
		return true;
	(void)live_answers_reason(now, b, m->reasons[m->count]);
	m->rows[m->count] = (struct live_move){
		.live = conf->lives[row / now->class_count].name.text,
		.site = site < conf->site_count ? conf->sites[site].name : "-",
		.from = a->answer,
		.to = b->answer,
		.reason = m->reasons[m->count],
	};
	m->count++;
	return true;
}

/* Reports the answers that have moved to another pbx. */
static void report_moves(const struct publisher *p, const struct live_answers *was,
			 const struct live_answers *now)
{
	struct moves moves;
	size_t total = 0;

	moves.count = 0;
	for (size_t i = 0; i < now->block_count; i++) {
		uint64_t bits = was->live == now->live ? now->fresh[i] : UINT64_MAX;

		for (; bits; bits &= bits - 1) {
			size_t row = i * LIVE_BLOCK_ROWS +
				     (size_t)__builtin_ctzll(bits);

			if (row < now->row_count)
				total += add_move(&moves, was, now, row);
		}
	}
	if (total > moves.count && p->calls.renewed)
		p->calls.renewed(p->calls.arg);
	if (moves.count)
		p->calls.moved(p->calls.arg, moves.rows, moves.count, total);
}

/* Queries in progress keep the answers with which they began; the builder frees them.
 */
static void publish(struct publisher *p, struct live_answers *fresh)
{
	struct live_answers *was = RCU_SWAP(p->now, fresh);

	/* A reload does not count as a move. */
	if (was->world->settings == fresh->world->settings)
		report_moves(p, was, fresh);
	else if (p->calls.renewed)
		p->calls.renewed(p->calls.arg);
	p->calls.retire(p->calls.arg, was);
}

static void ask_rebuild(struct publisher *p, const struct live_answers *a)
{
	if (p->rebuilding || !live_is_known(a->live, p->board))
		return; /* a board that knows all its pbxs is on its way */
	p->rebuilding = true;
	p->calls.rebuild(p->calls.arg, a->world, p->board);
}

/* Replaces the answers that wait. */
static void wait_with(struct publisher *p, struct live_answers *next)
{
	if (p->next)
		p->calls.drop(p->calls.arg, p->next);
	p->next = next;
}

static bool try_next(struct publisher *p)
{
	struct live_answers *fresh;

	if (!live_fits(p->next->live, p->board))
		return false;
	fresh = live_answers_next(p->next, p->board);
	wait_with(p, NULL);
	publish(p, fresh);
	return true;
}

struct publisher *publisher_new(const struct publisher_calls *calls,
				struct live_answers *first)
{
	struct publisher *p = alloc(sizeof(*p));

	p->calls = *calls;
	p->board = board_ref(first->board);
	p->now = first;
	return p;
}

void publisher_free(struct publisher *p)
{
	if (p == NULL)
		return;
	live_answers_free(p->now);
	live_answers_free(p->next);
	board_unref(p->board);
	free(p);
}

const struct live_answers *publisher_now(const struct publisher *p)
{
	return RCU_READ(p->now);
}

void publisher_board(struct publisher *p, struct board *fresh)
{
	struct live_answers *answers;

	board_unref(p->board);
	p->board = fresh;
	if (p->next) {
		if (!try_next(p))
			ask_rebuild(p, p->next);
		return;
	}
	answers = live_answers_next(p->now, fresh);
	if (answers->misfit_count)
		ask_rebuild(p, answers);
	publish(p, answers);
}

void publisher_adopt(struct publisher *p, struct live_answers *fresh)
{
	const struct live_answers *newest = p->next ? p->next : p->now;
	const struct settings *settings = fresh->world->settings;

	p->rebuilding = false;
	if (settings->serial < newest->world->settings->serial) {
		p->calls.drop(p->calls.arg, fresh);
		return;
	}
	/* Zones may have changed while variants were built. */
	if (settings == newest->world->settings && fresh->world != newest->world) {
		struct live_answers *over = live_answers_over(fresh, newest->world);

		p->calls.drop(p->calls.arg, fresh);
		fresh = over;
	}
	wait_with(p, fresh);
	if (!try_next(p))
		ask_rebuild(p, fresh);
}

/* Whether a world is a later one with the same settings as that of the answers. */
static bool is_next(const struct live_answers *a, const struct world *world)
{
	return a && a->world->settings == world->settings &&
	       a->world->serial < world->serial;
}

void publisher_zones(struct publisher *p, struct world *world)
{
	if (is_next(p->next, world))
		wait_with(p, live_answers_over(p->next, world));
	if (is_next(p->now, world))
		publish(p, live_answers_over(p->now, world));
}

void publisher_gave_up(struct publisher *p)
{
	p->rebuilding = false;
}
