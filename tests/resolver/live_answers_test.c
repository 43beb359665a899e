#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "health/layout.h"
#include "health/row.h"
#include "health/slots.h"
#include "tests/harness.h"
#include "tests/resolver/fixture.h"

enum { SITES = 40, NAMES = 5, ROUNDS = 300, DAY_MS = 86400000 };

/* Many sites with a pbx each, two that stand in: more rows than one block has. */
static char *fleet_conf(void)
{
	struct buffer b = { 0 };

	buffer_put_text(
		&b,
		"node: { name: n1, listen: [ 127.0.0.1@5300 ] }\npbxs:\n"
		"  - { name: hq, addresses: [ 198.51.100.5 ], endpoints: [ udp@5060 ], "
		"failover: [ spare ] }\n"
		"  - { name: spare, addresses: [ 198.51.100.6 ], endpoints: [ "
		"udp@5060, tcp@443 ] }\n");
	for (int i = 0; i < SITES; i++)
		buffer_printf(
			&b,
			"  - { name: p%d, addresses: [ 10.0.%d.10 ], endpoints: [ "
			"udp@5060, tcp@443 ], failover: [ hq ] }\n",
			i, i);
	buffer_put_text(&b, "sites:\n");
	for (int i = 0; i < SITES; i++)
		buffer_printf(
			&b, "  - { name: s%d, networks: [ 10.0.%d.0/24 ], pbx: p%d }\n",
			i, i, i);
	buffer_put_text(&b, "live:\n");
	for (int i = 0; i < NAMES; i++)
		buffer_printf(&b,
			      "  - { name: n%d.example.net, answer: site, default: hq, "
			      "all-down: %s }\n",
			      i, i == 1 ? "servfail" : "last-known");
	return buffer_take_text(&b);
}

/* A row whose targets are shaken; perhaps laid out as no variant knows it. */
static struct board_row *shaken(const struct stage *s, uint32_t pbx, uint64_t gen,
				unsigned *seed)
{
	const struct conf_pbx *p = &s->world->conf->pbxs[pbx];
	struct board_row *row;
	struct pbx_layout l;

	layout_init(&l, p, NULL, NULL);
	row = row_new(p->name, &l);
	layout_fini(&l);
	row->generation = gen;
	row->since_ms = 1000 + (int64_t)gen;
	row->switched = rand_r(seed) % 2;
	row->layout ^= rand_r(seed) % 8 == 0;
	for (size_t i = 0; i < row->target_count; i++) {
		struct board_target *t = &row->targets[i];

		t->alive = rand_r(seed) % 3 > 0;
		t->decided = true;
		t->doubted = t->alive && rand_r(seed) % 4 == 0;
		t->held = t->alive && rand_r(seed) % 8 == 0;
		t->fell = (uint64_t)rand_r(seed);
		t->since_ms = row->since_ms;
		(void)snprintf(t->cause, CAUSE_LEN, "test %u", rand_r(seed) % 100);
		if (t->alive)
			row->state = PBX_UP;
	}
	return row;
}

/* The next board: a few rows are others, all the rest are shared. */
static struct board *shaken_board(const struct stage *s, const struct board *was,
				  unsigned *seed)
{
	struct board *b = board_new(was->generation + 1, was->wall_ms, was->row_count);

	for (size_t i = 0; i < was->row_count; i++)
		b->rows[i] = row_ref(was->rows[i]);
	for (int i = rand_r(seed) % 4; i > 0; i--) {
		uint32_t pbx = (uint32_t)rand_r(seed) % (SITES + 2);
		uint32_t slot = slots_at(s->world->slots, pbx);

		row_unref(b->rows[slot]);
		b->rows[slot] = shaken(s, pbx, b->generation, seed);
	}
	return b;
}

static bool same_row(const struct live_answers *a, const struct live_answers *b,
		     size_t row)
{
	const struct live_answer *x = live_answers_at(a, row);
	const struct live_answer *y = live_answers_at(b, row);
	char x_text[TRACE_EDE_MAX + 1], y_text[TRACE_EDE_MAX + 1];

	return memcmp(x->sets, y->sets, sizeof(x->sets)) == 0 &&
	       strcmp(x->answer, y->answer) == 0 &&
	       live_answers_reason(a, x, x_text) == live_answers_reason(b, y, y_text) &&
	       strcmp(x_text, y_text) == 0;
}

/* The same pbxs, all laid out as the variants know them. */
static struct board *fitting(const struct board *was, const struct board *built)
{
	struct board *b = board_new(was->generation, was->wall_ms, was->row_count);

	for (size_t i = 0; i < was->row_count; i++)
		b->rows[i] = row_ref(was->rows[i]->layout == built->rows[i]->layout
					     ? was->rows[i]
					     : built->rows[i]);
	return b;
}

static void compare_rows(const struct stage *s, const struct live_answers *now,
			 unsigned *compared)
{
	struct board *whole = fitting(now->board, s->board);
	struct live_answers *anew = live_answers_new(s->live, s->world, whole);

	CU_ASSERT_PTR_NOT_NULL_FATAL(anew);
	for (uint32_t i = 0; anew && i < now->row_count; i++) {
		uint32_t live = i / (uint32_t)now->class_count;
		uint32_t class = i % (uint32_t)now->class_count;

		if (!live_chain_fits(s->live, live, class, now->board))
			continue;
		CU_ASSERT_TRUE(same_row(now, anew, i));
		++*compared;
	}
	live_answers_free(anew);
	board_unref(whole);
}

static void answers_made_step_by_step_are_those_made_at_once(void)
{
	char *text = fleet_conf();
	struct stage *s = stage_new(text);
	struct live_answers *now = live_answers_new(s->live, s->world, s->board);
	unsigned seed = 7, compared = 0, misfits = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct live_answers *was = now;
		struct board *b = shaken_board(s, was->board, &seed);

		now = live_answers_next(was, b);
		board_unref(b);
		live_answers_free(was);
		misfits += now->misfit_count != 0;
		CU_ASSERT_EQUAL(now->misfit_count == 0, live_fits(s->live, now->board));
		compare_rows(s, now, &compared);
	}
	CU_ASSERT(compared > ROUNDS && misfits > 0 && misfits < ROUNDS);
	live_answers_free(now);
	stage_free(s);
	free(text);
}

/* The next board: the same, but for one dead pbx (CONF_NONE: none). */
static struct board *next_board(const struct stage *s, const struct board *was,
				uint32_t pbx, int64_t wall_ms)
{
	struct board *b = board_new(was->generation + 1, wall_ms, was->row_count);
	unsigned seed = 1;

	for (uint32_t i = 0; i < was->row_count; i++) {
		if (i != pbx) {
			b->rows[i] = row_ref(was->rows[i]);
			continue;
		}
		b->rows[i] = shaken(s, pbx, b->generation, &seed);
		b->rows[i]->layout = was->rows[i]->layout;
		b->rows[i]->state = PBX_DOWN;
		for (size_t k = 0; k < b->rows[i]->target_count; k++)
			b->rows[i]->targets[k].alive = false;
	}
	return b;
}

static void a_fall_makes_the_rows_of_one_pbx_alone(void)
{
	enum { PBX = 7, SITE = PBX - 2 };
	char *text = fleet_conf();
	struct stage *s = stage_new(text);
	struct live_answers *was = live_answers_new(s->live, s->world, s->board);
	struct board *b = next_board(s, s->board, PBX, 0);
	struct live_answers *now = live_answers_next(was, b);
	size_t marked = 0;

	for (size_t i = 0; i < now->block_count; i++)
		marked += (size_t)__builtin_popcountll(now->fresh[i]);
	CU_ASSERT_EQUAL(marked, NAMES); /* of its site, and of no other */
	CU_ASSERT_STRING_EQUAL(live_answers_row(now, 0, SITE)->answer, "hq");
	CU_ASSERT_STRING_EQUAL(live_answers_row(was, 0, SITE)->answer, "p5");
	CU_ASSERT_EQUAL_FATAL(now->block_count, 4);
	CU_ASSERT_PTR_EQUAL(now->blocks[3], was->blocks[3]);
	CU_ASSERT_PTR_NOT_EQUAL(now->blocks[2], was->blocks[2]);
	live_answers_free(was);
	CU_ASSERT_STRING_EQUAL(live_answers_row(now, 4, SITES)->answer, "hq");
	live_answers_free(now);
	board_unref(b);
	stage_free(s);
	free(text);
}

static void forget(void *arg, struct live_answers *was)
{
	(void)arg;
	live_answers_free(was); /* nobody reads here */
}

static void not_told(void *arg, const struct live_move *moves, size_t count,
		     size_t total)
{
	(void)arg;
	(void)moves;
	(void)count;
	(void)total;
}

/* So the prober has nothing to choose anew when a configuration is loaded. */
static void a_reload_makes_the_answers_of_what_is_known_aside(void)
{
	enum { PBX = 7 };
	char *text = fleet_conf();
	struct stage *s = stage_new(text);
	struct stage *later = stage_new(text);
	const struct publisher_calls calls = { .retire = forget,
					       .drop = forget,
					       .moved = not_told };
	struct publisher *p =
		publisher_new(&calls, live_answers_new(s->live, s->world, s->board));
	struct board *b = next_board(s, s->board, PBX, 5);
	struct board *merged;
	const struct live_answers *now;
	struct live *live;
	struct diags diags = { 0 };

	publisher_board(p, board_ref(b));
	b->rows[3]->layout ^= 1; /* at least one was given other addresses since */
	merged = board_with_known(later->world->conf, later->world->slots, b);
	b->rows[3]->layout ^= 1;
	CU_ASSERT_EQUAL(merged->generation, b->generation);
	CU_ASSERT_PTR_EQUAL(merged->rows[PBX], b->rows[PBX]);
	CU_ASSERT_PTR_NOT_EQUAL(merged->rows[3], b->rows[3]);
	CU_ASSERT_EQUAL_FATAL(live_new(later->world->settings, merged, &diags, &live),
			      OK);
	later->world->settings->serial = 2;
	publisher_adopt(p, live_answers_new(live, later->world, merged));
	now = publisher_now(p);
	CU_ASSERT_PTR_EQUAL(now->live, live);
	CU_ASSERT_STRING_EQUAL(live_answers_row(now, 0, PBX - 2)->answer, "hq");
	for (size_t i = 0; i < now->row_count; i++)
		CU_ASSERT_EQUAL(now->fresh[i / LIVE_BLOCK_ROWS] >> i % LIVE_BLOCK_ROWS &
					1,
				i % now->class_count == 3 - 2);
	live_unref(live);
	board_unref(merged);
	board_unref(b);
	publisher_free(p);
	stage_free(s);
	stage_free(later);
	free(text);
}

static void texts_of_what_never_changes_get_their_date_in_turn(void)
{
	char *text = fleet_conf();
	struct stage *s = stage_new(text);
	struct board *b = next_board(s, s->board, 3, DAY_MS);
	struct live_answers *now = live_answers_new(s->live, s->world, b);
	struct live_answers *anew;
	unsigned compared = 0;

	for (size_t i = 0; i <= now->block_count; i++) {
		struct live_answers *was = now;
		struct board *later = next_board(s, b, CONF_NONE, (int64_t)9 * DAY_MS);

		board_unref(b);
		b = later;
		now = live_answers_next(was, b);
		live_answers_free(was);
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(live_answers_row(now, 0, 1)->reason, "1970-01-"));
	anew = live_answers_new(s->live, s->world, b);
	for (size_t i = 0; i < now->row_count; i++, compared++)
		CU_ASSERT_TRUE(same_row(now, anew, i));
	CU_ASSERT_EQUAL(compared, NAMES * (SITES + 1));
	live_answers_free(anew);
	live_answers_free(now);
	board_unref(b);
	stage_free(s);
	free(text);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "answers made step by step are those made at once",
		  answers_made_step_by_step_are_those_made_at_once },
		{ "a fall makes the rows of one pbx alone",
		  a_fall_makes_the_rows_of_one_pbx_alone },
		{ "a reload makes the answers of what is known aside",
		  a_reload_makes_the_answers_of_what_is_known_aside },
		{ "texts of what never changes get their date in turn",
		  texts_of_what_never_changes_get_their_date_in_turn },
		CU_TEST_INFO_NULL,
	};

	return suite_run("resolver/live_answers", tests);
}
