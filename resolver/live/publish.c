#include "resolver/live/publish.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rcu.h"
#include "conf/conf.h"

struct publisher {
	struct publisher_calls calls;
	struct live_answers *now; /* read by all workers */
	struct board *board;      /* the newest */
	struct live *next;        /* waits for a board it fits, or NULL */
	bool rebuilding;
};

static void fill_answer(struct live_answers *a, uint32_t live, uint32_t class)
{
	const struct chain *chain = live_chain(a->live, live, class);
	struct live_answer *row = &a->rows[live * a->class_count + class];
	struct choice choice;
	struct trace trace;

	chain_choose(chain, a->board, &choice, &trace);
	for (enum live_set set = 0; set < LIVE_SETS; set++)
		row->sets[set] = live_find(a->live, live, class, set, a->board,
					   &choice);
	row->answer = trace_answer(&trace);
	row->reason_len = (uint8_t)trace_ede(&trace, row->reason);
}

struct live_answers *live_answers_new(struct live *live, struct board *board,
				      const struct live_answers *was)
{
	struct world *world = live_world(live);
	size_t class_count = live_class_count(live);
	size_t row_count = world->conf->live_count * class_count;
	struct live_answers *a = alloc(sizeof(*a) +
				       row_count * sizeof(struct live_answer));

	a->live = live_ref(live);
	a->world = world;
	a->board = board_ref(board);
	a->class_count = class_count;
	a->complete = true;
	for (uint32_t i = 0; i < row_count; i++) {
		uint32_t name = i / (uint32_t)class_count;
		uint32_t class = i % (uint32_t)class_count;

		if (live_chain_fits(live, name, class, board)) {
			fill_answer(a, name, class);
		} else if (was && was->live == live) {
			a->rows[i] = was->rows[i];
			a->complete = false;
		} else {
			live_answers_free(a);
			return NULL;
		}
	}
	return a;
}

void live_answers_free(struct live_answers *a)
{
	if (a == NULL)
		return;
	board_unref(a->board);
	live_unref(a->live);
	free(a);
}

const struct ready *live_answers_find(const struct live_answers *a, uint32_t number,
				      uint32_t class, enum live_set set)
{
	const struct live_name *n;

	if (number >= a->world->names->count)
		return NULL;
	n = &a->world->names->rows[number];
	if (n->live == CONF_NONE)
		return NULL;
	if (n->pbx != CONF_NONE)
		return live_find_member(a->live, number, class, set);
	return live_answers_row(a, n->live, class)->sets[set];
}

/* Tells which answers are another pbx's now. Over a reload nothing is said to move. */
static void report_moves(const struct publisher *p, const struct live_answers *was,
			 const struct live_answers *now)
{
	struct live_move moves[LIVE_MOVES_MAX];
	size_t count = 0;
	size_t total = 0;
	const struct conf *conf = now->world->conf;
	size_t row_count = conf->live_count * now->class_count;

	for (size_t i = 0; i < row_count; i++) {
		const struct live_answer *a = &was->rows[i];
		const struct live_answer *b = &now->rows[i];
		size_t site = i % now->class_count;

		if (strcmp(a->answer, b->answer) == 0)
			continue;
		total++;
		if (count == LIVE_MOVES_MAX)
			continue;
		moves[count++] = (struct live_move){
			.live = conf->lives[i / now->class_count].name.text,
			.site = site < conf->site_count ? conf->sites[site].name : "-",
			.from = a->answer,
			.to = b->answer,
			.reason = b->reason,
		};
	}
	if (total > count && p->calls.renewed)
		p->calls.renewed(p->calls.arg);
	if (count)
		p->calls.moved(p->calls.arg, moves, count, total);
}

/* Queries under way keep the answers they began with; the builder frees them. */
static void publish(struct publisher *p, struct live_answers *fresh)
{
	struct live_answers *was = RCU_SWAP(p->now, fresh);

	if (was->world == fresh->world)
		report_moves(p, was, fresh);
	else if (p->calls.renewed)
		p->calls.renewed(p->calls.arg);
	p->calls.retire(p->calls.arg, was);
}

static void ask_rebuild(struct publisher *p, struct live *live)
{
	if (p->rebuilding || !live_is_known(live, p->board))
		return; /* a board that knows all its pbxs is on its way */
	p->rebuilding = true;
	p->calls.rebuild(p->calls.arg, live, p->board);
}

static bool try_next(struct publisher *p)
{
	struct live_answers *fresh = live_answers_new(p->next, p->board, NULL);

	if (fresh == NULL)
		return false;
	live_unref(p->next);
	p->next = NULL;
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
	live_unref(p->next);
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
	answers = live_answers_new(p->now->live, fresh, p->now);
	if (!answers->complete)
		ask_rebuild(p, answers->live);
	publish(p, answers);
}

void publisher_adopt(struct publisher *p, struct live *fresh)
{
	uint64_t newest = live_world(p->next ? p->next : p->now->live)->serial;

	p->rebuilding = false;
	if (live_world(fresh)->serial < newest) {
		p->calls.drop(p->calls.arg, fresh);
		return;
	}
	if (p->next)
		p->calls.drop(p->calls.arg, p->next);
	p->next = fresh;
	if (!try_next(p))
		ask_rebuild(p, fresh);
}

void publisher_gave_up(struct publisher *p)
{
	p->rebuilding = false;
}
