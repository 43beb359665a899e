#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "health/layout.h"
#include "health/row.h"
#include "health/slots.h"
#include "tests/harness.h"
#include "tests/resolver/fixture.h"

static const char conf[] =
	"node: { name: n1, listen: [ 127.0.0.1@5300 ] }\n"
	"pbxs:\n"
	"  - { name: berlin, addresses: [ 192.0.2.10 ], endpoints: [ udp@5060 ], failover: "
	"[ hq ] }\n"
	"  - { name: hq, addresses: [ 198.51.100.5 ], endpoints: [ udp@5060 ] }\n"
	"live: [ { name: pbx.example.net, home: berlin }, { name: hq.example.net, home: hq } "
	"]\n";

/* What a publisher told. */
struct heard {
	unsigned retired, dropped, rebuilds, moves;
	char last[128];
};

static void retire(void *arg, struct live_answers *was)
{
	struct heard *h = arg;

	h->retired++;
	live_answers_free(was); /* nobody reads here */
}

static void drop(void *arg, struct live_answers *unused)
{
	struct heard *h = arg;

	h->dropped++;
	live_answers_free(unused);
}

static void rebuild(void *arg, struct world *world, struct board *board)
{
	struct heard *h = arg;

	(void)world;
	(void)board;
	h->rebuilds++;
}

static void moved(void *arg, const struct live_move *moves, size_t count)
{
	struct heard *h = arg;

	h->moves += (unsigned)count;
	(void)snprintf(h->last, sizeof(h->last), "%s/%s %s->%s", moves[0].live,
		       moves[0].site, moves[0].from, moves[0].to);
}

static struct publisher *publisher_of(struct stage *s, struct heard *h)
{
	const struct publisher_calls calls = { .retire = retire,
					       .drop = drop,
					       .rebuild = rebuild,
					       .moved = moved,
					       .arg = h };

	return publisher_new(&calls, live_answers_new(s->live, s->world, s->board));
}

/* A board of the stage's world with these pbxs alive. */
static struct board *board_of(const struct stage *s, const char *up)
{
	struct board *b = board_from_conf(s->world->conf, s->world->slots);

	for (size_t i = 0; i < b->row_count; i++) {
		b->rows[i]->state = up[i] == '1' ? PBX_UP : PBX_DOWN;
		b->rows[i]->targets[0].decided = true;
		b->rows[i]->targets[0].alive = up[i] == '1';
	}
	return b;
}

/* Answers with the variants that a board calls for. */
static struct live_answers *rebuilt(const struct stage *s, struct board *board)
{
	struct diags diags = { 0 };
	struct live_answers *fresh;
	struct live *live;

	CU_ASSERT_EQUAL_FATAL(live_new(s->world->settings, board, &diags, &live), OK);
	fresh = live_answers_new(live, s->world, board);
	live_unref(live);
	return fresh;
}

static const char *answer(const struct publisher *p, uint32_t live)
{
	return live_answers_row(publisher_now(p), live, 0)->answer;
}

static void a_board_moves_answers_and_tells_it_once(void)
{
	struct stage *s = stage_new(conf);
	struct heard h = { 0 };
	struct publisher *p = publisher_of(s, &h);

	CU_ASSERT_STRING_EQUAL(answer(p, 0), "berlin");
	publisher_board(p, board_of(s, "01"));
	CU_ASSERT_STRING_EQUAL(answer(p, 0), "hq");
	CU_ASSERT_EQUAL(h.moves, 1);
	CU_ASSERT_STRING_EQUAL(h.last, "pbx.example.net./- berlin->hq");
	publisher_board(p, board_of(s, "01"));
	CU_ASSERT_EQUAL(h.moves, 1);
	CU_ASSERT_EQUAL(h.retired, 2);
	CU_ASSERT_EQUAL(h.rebuilds, 0);
	publisher_free(p);
	stage_free(s);
}

static void rows_laid_out_anew_wait_for_their_variants(void)
{
	struct stage *s = stage_new(conf);
	struct heard h = { 0 };
	struct publisher *p = publisher_of(s, &h);
	struct board *other = board_of(s, "01");
	struct live_answers *fresh;

	other->rows[0]->layout ^= 1; /* as if berlin had another address */
	board_ref(other);
	publisher_board(p, other);
	CU_ASSERT_EQUAL(h.rebuilds, 1);
	CU_ASSERT_STRING_EQUAL(answer(p, 0), "berlin"); /* as before */
	CU_ASSERT_STRING_EQUAL(answer(p, 1), "hq");     /* knows no berlin */
	publisher_board(p, board_ref(other));
	CU_ASSERT_EQUAL(h.rebuilds, 1); /* it is under way */
	fresh = rebuilt(s, other);
	publisher_adopt(p, fresh);
	CU_ASSERT_STRING_EQUAL(answer(p, 0), "hq");
	CU_ASSERT_EQUAL(h.moves, 1);
	board_unref(other);
	publisher_free(p);
	stage_free(s);
}

static void variants_for_another_layout_are_built_anew(void)
{
	struct stage *s = stage_new(conf);
	struct heard h = { 0 };
	struct publisher *p = publisher_of(s, &h);
	struct board *other = board_of(s, "11");
	struct live_answers *fresh;
	struct live *variants;

	other->rows[0]->layout ^= 1;
	fresh = rebuilt(s, other);
	variants = live_ref(fresh->live);
	publisher_adopt(p, fresh);
	CU_ASSERT_EQUAL(h.rebuilds, 1);
	CU_ASSERT_PTR_NOT_EQUAL(publisher_now(p)->live, variants);
	publisher_board(p, board_ref(other)); /* they fit before that is done */
	CU_ASSERT_PTR_EQUAL(publisher_now(p)->live, variants);
	live_unref(variants);
	board_unref(other);
	publisher_free(p);
	stage_free(s);
}

static void variants_with_a_new_pbx_wait_for_its_row(void)
{
	static const char more[] =
		"node: { name: n1, listen: [ 127.0.0.1@5300 ] }\n"
		"pbxs:\n"
		"  - { name: berlin, addresses: [ 192.0.2.10 ], endpoints: [ udp@5060 ] }\n"
		"  - { name: hq, addresses: [ 198.51.100.5 ], endpoints: [ udp@5060 ] }\n"
		"  - { name: new, addresses: [ 192.0.2.77 ], endpoints: [ udp@5060 ] }\n"
		"live: [ { name: pbx.example.net, home: new } ]\n";
	struct stage *s = stage_new(conf);
	struct stage *later = stage_new(more);
	struct heard h = { 0 };
	struct publisher *p = publisher_of(s, &h);

	publisher_adopt(p, live_answers_over(later->answers, later->world));
	CU_ASSERT_EQUAL(h.rebuilds, 0);
	CU_ASSERT_STRING_EQUAL(answer(p, 0), "berlin");
	publisher_board(p, board_of(later, "111"));
	CU_ASSERT_STRING_EQUAL(answer(p, 0), "new");
	CU_ASSERT_EQUAL(h.moves, 0); /* a reload is no switch */
	publisher_free(p);
	stage_free(s);
	stage_free(later);
}

static void variants_of_an_older_world_are_dropped(void)
{
	struct stage *s = stage_new(conf);
	struct stage *later = stage_new(conf);
	struct heard h = { 0 };
	struct publisher *p;

	later->world->settings->serial = 2;
	p = publisher_of(later, &h);
	publisher_adopt(p, live_answers_over(s->answers, s->world));
	CU_ASSERT_EQUAL(h.dropped, 1);
	CU_ASSERT_PTR_EQUAL(publisher_now(p)->live, later->live);
	publisher_free(p);
	stage_free(s);
	stage_free(later);
}

/* The same settings, with zones read again. */
static struct world *reread(const struct world *was)
{
	struct diags faults = { 0 };
	struct world *w = world_reread(was, CONF_NONE, &faults);

	CU_ASSERT_EQUAL(faults.error_count, 0);
	return w;
}

static void other_zones_leave_variants_and_rows_as_they_are(void)
{
	struct stage *s = stage_new(conf);
	struct heard h = { 0 };
	struct publisher *p = publisher_of(s, &h);
	const struct live_block *rows;
	struct world *first = reread(s->world);
	struct world *second = reread(first);

	publisher_board(p, board_of(s, "01"));
	rows = publisher_now(p)->blocks[0];
	publisher_zones(p, second);
	CU_ASSERT_PTR_EQUAL(publisher_now(p)->world, second);
	CU_ASSERT_PTR_EQUAL(publisher_now(p)->live, s->live);
	CU_ASSERT_PTR_EQUAL(publisher_now(p)->blocks[0], rows);
	CU_ASSERT_STRING_EQUAL(answer(p, 0), "hq");
	CU_ASSERT_EQUAL(h.moves, 1); /* of the board */
	CU_ASSERT_EQUAL(h.retired, 2);
	publisher_zones(p, first); /* overtaken */
	CU_ASSERT_PTR_EQUAL(publisher_now(p)->world, second);
	CU_ASSERT_EQUAL(h.retired, 2);
	publisher_board(p, board_of(s, "11"));
	CU_ASSERT_PTR_EQUAL(publisher_now(p)->world, second);
	CU_ASSERT_STRING_EQUAL(answer(p, 0), "berlin");
	publisher_free(p);
	world_unref(first);
	world_unref(second);
	stage_free(s);
}

static void variants_built_meanwhile_get_the_newest_zones(void)
{
	struct stage *s = stage_new(conf);
	struct heard h = { 0 };
	struct publisher *p = publisher_of(s, &h);
	struct board *other = board_of(s, "01");
	struct world *w = reread(s->world);
	struct live_answers *fresh;

	other->rows[0]->layout ^= 1;
	fresh = rebuilt(s, other); /* over the zones before */
	publisher_board(p, board_ref(other));
	publisher_zones(p, w);
	CU_ASSERT_EQUAL(publisher_now(p)->misfit_count, 1);
	publisher_adopt(p, fresh);
	CU_ASSERT_PTR_EQUAL(publisher_now(p)->world, w);
	CU_ASSERT_PTR_NOT_EQUAL(publisher_now(p)->live, s->live);
	CU_ASSERT_STRING_EQUAL(answer(p, 0), "hq");
	board_unref(other);
	publisher_free(p);
	world_unref(w);
	stage_free(s);
}

static void answers_that_wait_get_the_zones_of_their_settings(void)
{
	struct stage *s = stage_new(conf);
	struct stage *later = stage_new(conf);
	struct heard h = { 0 };
	struct publisher *p = publisher_of(s, &h);
	struct board *known = board_of(s, "11");
	struct world *old = reread(s->world);
	struct world *next = reread(later->world);

	later->world->settings->serial = 2;
	known->rows[0]->layout ^= 1; /* for which nothing is built yet */
	publisher_board(p, known);
	publisher_adopt(p, live_answers_over(later->answers, later->world));
	publisher_zones(p, next);
	CU_ASSERT_PTR_EQUAL(publisher_now(p)->world, s->world);
	publisher_zones(p, old);
	CU_ASSERT_PTR_EQUAL(publisher_now(p)->world, old);
	publisher_board(p, board_of(s, "11"));
	CU_ASSERT_PTR_EQUAL(publisher_now(p)->world, next);
	publisher_free(p);
	world_unref(old);
	world_unref(next);
	stage_free(s);
	stage_free(later);
}

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
	struct layout l;

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

/* So the prober has nothing to choose anew when a configuration is loaded. */
static void a_reload_makes_the_answers_of_what_is_known_aside(void)
{
	enum { PBX = 7 };
	char *text = fleet_conf();
	struct stage *s = stage_new(text);
	struct stage *later = stage_new(text);
	struct heard h = { 0 };
	struct publisher *p = publisher_of(s, &h);
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
		{ "a board moves answers and tells it once",
		  a_board_moves_answers_and_tells_it_once },
		{ "rows laid out anew wait for their variants",
		  rows_laid_out_anew_wait_for_their_variants },
		{ "variants for another layout are built anew",
		  variants_for_another_layout_are_built_anew },
		{ "variants with a new pbx wait for its row",
		  variants_with_a_new_pbx_wait_for_its_row },
		{ "variants of an older world are dropped",
		  variants_of_an_older_world_are_dropped },
		{ "other zones leave variants and rows as they are",
		  other_zones_leave_variants_and_rows_as_they_are },
		{ "variants built meanwhile get the newest zones",
		  variants_built_meanwhile_get_the_newest_zones },
		{ "answers that wait get the zones of their settings",
		  answers_that_wait_get_the_zones_of_their_settings },
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

	return suite_run("resolver/publish", tests);
}
