#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
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
	unsigned retired, dropped, rebuilds, renewals, moves, total;
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

static void renewed(void *arg)
{
	struct heard *h = arg;

	h->renewals++;
}

static void moved(void *arg, const struct live_move *moves, size_t count, size_t total)
{
	struct heard *h = arg;

	h->moves += (unsigned)count;
	h->total += (unsigned)total;
	(void)snprintf(h->last, sizeof(h->last), "%s/%s %s->%s", moves[0].live,
		       moves[0].site, moves[0].from, moves[0].to);
}

static struct publisher *publisher_of(struct stage *s, struct heard *h)
{
	const struct publisher_calls calls = { .retire = retire,
					       .drop = drop,
					       .rebuild = rebuild,
					       .renewed = renewed,
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

static void of_many_moves_the_first_are_told_and_all_are_counted(void)
{
	struct buffer text = { 0 };
	struct heard h = { 0 };
	struct publisher *p;
	struct stage *s;
	char *many;

	buffer_put(&text, conf, (size_t)(strstr(conf, "live:") - conf));
	buffer_put_text(&text, "live:\n");
	for (unsigned i = 0; i <= LIVE_MOVES_MAX; i++)
		buffer_printf(&text, "  - { name: n%03u.example.net, home: berlin }\n",
			      i);
	many = buffer_take_text(&text);
	s = stage_new(many);
	p = publisher_of(s, &h);
	publisher_board(p, board_of(s, "01"));
	CU_ASSERT_EQUAL(h.moves, LIVE_MOVES_MAX);
	CU_ASSERT_EQUAL(h.total, LIVE_MOVES_MAX + 1);
	CU_ASSERT_EQUAL(h.renewals, 1); /* then all answers are written down */
	CU_ASSERT_STRING_EQUAL(h.last, "n000.example.net./- berlin->hq");
	CU_ASSERT_STRING_EQUAL(answer(p, LIVE_MOVES_MAX), "hq");
	publisher_free(p);
	stage_free(s);
	free(many);
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

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a board moves answers and tells it once",
		  a_board_moves_answers_and_tells_it_once },
		{ "of many moves the first are told and all are counted",
		  of_many_moves_the_first_are_told_and_all_are_counted },
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
		CU_TEST_INFO_NULL,
	};

	return suite_run("resolver/publish", tests);
}
