#include "resolver/history/answer_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk/store.h"
#include "conf/conf.h"
#include "tests/base/folder.h"
#include "tests/harness.h"

static struct store *store;
static struct answer_history *past;

static void open_answer_history(void)
{
	folder_make();
	CU_ASSERT_EQUAL_FATAL(store_open(folder, &store), 0);
	past = answer_history_new(store);
}

static void close_answer_history(void)
{
	answer_history_free(past);
	store_close(store);
	folder_remove();
}

static void move(int64_t at_ms, const char *live, const char *to)
{
	const struct live_move m = {
		.live = live, .site = "berlin", .from = "?", .to = to, .reason = to
	};

	answer_history_add_moves(past, at_ms, &m, 1);
}

/* Two live names for one site, on the heap. */
static struct live_answers *answers(const char *first, const char *second)
{
	static struct conf_live lives[2];
	static struct conf_site sites[1];
	static struct conf conf = { .lives = lives, .sites = sites, .site_count = 1 };
	static struct world world = { .conf = &conf };
	static struct live_block block;
	struct live_answers *a = calloc(1, sizeof(*a) + sizeof(struct live_block *));

	if (a == NULL)
		abort();
	if (sites[0].name == NULL) {
		lives[0].name.text = alloc_text("a.");
		lives[1].name.text = alloc_text("b.");
		sites[0].name = alloc_text("berlin");
	}
	conf.live_count = second ? 2 : 1;
	a->world = &world;
	a->class_count = 2;
	a->blocks[0] = &block;
	for (size_t i = 0; i < 4; i++)
		block.rows[i].answer = i < 2 ? first : second;
	return a;
}

static void all(int64_t at_ms, enum answer_history_kind kind, const char *first,
		const char *second)
{
	struct live_answers *a = answers(first, second);

	answer_history_add_all(past, at_ms, kind, a);
	free(a);
}

static void find(const char *live, const char *site, int64_t at_ms,
		 struct answer_history_answer *out)
{
	struct answer_history_walk *w = answer_history_walk_new(past, live, site,
								at_ms);

	while (answer_history_walk_on(w))
		;
	answer_history_walk_take(w, out);
	answer_history_walk_free(w);
}

static void expect(int64_t at_ms, const char *live, const char *answer,
		   int64_t since_ms, int64_t until_ms)
{
	struct answer_history_answer a;

	find(live, "berlin", at_ms, &a);
	CU_ASSERT_EQUAL(a.since_ms, since_ms);
	CU_ASSERT_EQUAL(a.until_ms, until_ms);
	if (answer && a.answer) {
		CU_ASSERT_STRING_EQUAL(a.answer, answer);
	} else {
		CU_ASSERT_PTR_EQUAL(a.answer, answer);
	}
	answer_history_answer_fini(&a);
}

static void an_answer_holds_from_its_move_to_the_next(void)
{
	open_answer_history();
	expect(1000, "a.", NULL, 0, 0);
	all(1000, ANSWER_HISTORY_START, "main", "main");
	move(2000, "a.", "standby");
	move(2500, "b.", "standby");
	move(3000, "a.", "main");
	expect(999, "a.", NULL, 0, 1000);
	expect(1000, "a.", "main", 1000, 2000);
	expect(1999, "a.", "main", 1000, 2000);
	expect(2000, "a.", "standby", 2000, 3000);
	expect(2600, "b.", "standby", 2500, 0);
	expect(9999, "a.", "main", 3000, 0);
	expect(9999, "c.", NULL, 0, 0);
	close_answer_history();
}

static void a_start_is_told_even_where_it_changes_nothing(void)
{
	open_answer_history();
	all(1000, ANSWER_HISTORY_START, "main", "main");
	all(2000, ANSWER_HISTORY_START, "main", "main");
	expect(1500, "a.", "main", 1000, 2000);
	expect(2000, "a.", "main", 2000, 0);
	close_answer_history();
}

static void a_reload_is_told_where_it_changes_something(void)
{
	open_answer_history();
	all(1000, ANSWER_HISTORY_START, "main", "main");
	all(2000, ANSWER_HISTORY_RELOAD, "main", "spare");
	all(3000, ANSWER_HISTORY_RELOAD, "main", "spare"); /* nothing new */
	all(4000, ANSWER_HISTORY_RELOAD, "main", NULL);
	all(5000, ANSWER_HISTORY_RELOAD, "main", "back");
	expect(1500, "a.", "main", 1000, 0);
	expect(1500, "b.", "main", 1000, 2000);
	expect(2500, "a.", "main", 1000, 0);
	expect(2500, "b.", "spare", 2000, 4000);
	expect(4500, "b.", NULL, 0, 5000);
	expect(5000, "b.", "back", 5000, 0);
	close_answer_history();
}

static void what_is_kept_outlives_the_process(void)
{
	open_answer_history();
	all(1000, ANSWER_HISTORY_START, "main", "main");
	move(2000, "a.", "standby");
	answer_history_free(past);
	store_close(store);
	CU_ASSERT_EQUAL_FATAL(store_open(folder, &store), 0);
	past = answer_history_new(store);
	expect(2500, "a.", "standby", 2000, 0);
	close_answer_history();
}

static void the_oldest_leave_when_there_are_too_many(void)
{
	struct answer_history_answer a;

	open_answer_history();
	for (int64_t i = 1; i <= 20001; i++)
		move(i * 1000, "a.", "main");
	find("a.", "berlin", 20001000, &a);
	CU_ASSERT_EQUAL(a.first_ms, 2002000);
	answer_history_answer_fini(&a);
	close_answer_history();
}

enum { LIVES = 2400, CLASSES = 64 };

static void add_len(void *arg, const char *key, const void *value, size_t len)
{
	size_t *sum = arg;

	(void)key;
	(void)value;
	*sum += len;
}

static size_t kept_len(void)
{
	size_t sum = 0;

	(void)store_each(store, "answer/", add_len, &sum);
	return sum;
}

/* As many answers as take 40 MB in a snapshot. */
static struct live_answers *many_answers(struct world *world, const char *answer)
{
	size_t rows = (size_t)LIVES * CLASSES;
	size_t blocks = (rows + LIVE_BLOCK_ROWS - 1) / LIVE_BLOCK_ROWS;
	struct live_answers *a =
		calloc(1, sizeof(*a) + blocks * sizeof(struct live_block *));
	struct live_block *all_blocks = calloc(blocks, sizeof(*all_blocks));

	if (a == NULL || all_blocks == NULL)
		abort();
	a->world = world;
	a->class_count = CLASSES;
	for (size_t i = 0; i < blocks; i++)
		a->blocks[i] = &all_blocks[i];
	for (size_t i = 0; i < rows; i++) {
		struct live_answer *row =
			&all_blocks[i / LIVE_BLOCK_ROWS].rows[i % LIVE_BLOCK_ROWS];

		row->answer = answer;
		row->reason_len = TRACE_REASON_MAX;
		memset(row->reason, 'x', TRACE_REASON_MAX);
	}
	return a;
}

static void name_all(struct conf *conf)
{
	char name[160] = { 0 };

	memset(name, 'n', sizeof(name) - 1);
	for (size_t i = 0; i < LIVES; i++)
		conf->lives[i].name.text = alloc_format("%zu%s.", i, name);
	for (size_t i = 0; i + 1 < CLASSES; i++)
		conf->sites[i].name = alloc_format("s%zu", i);
}

static void unname_all(const struct conf *conf)
{
	for (size_t i = 0; i < LIVES; i++)
		free(conf->lives[i].name.text);
	for (size_t i = 0; i + 1 < CLASSES; i++)
		free(conf->sites[i].name);
}

static void snapshot(struct world *world, int64_t at_ms, const char *answer)
{
	struct live_answers *a = many_answers(world, answer);

	answer_history_add_all(past, at_ms, ANSWER_HISTORY_RELOAD, a);
	free(a->blocks[0]);
	free(a);
	CU_ASSERT_EQUAL(store_fold(store), 0);
}

static void a_snapshot_of_any_size_is_kept_whole_and_twice_at_most(void)
{
	static struct conf_live lives[LIVES];
	static struct conf_site sites[CLASSES - 1];
	struct conf conf = { .lives = lives,
			     .live_count = LIVES,
			     .sites = sites,
			     .site_count = CLASSES - 1 };
	struct world world = { .conf = &conf };
	size_t once;

	name_all(&conf);
	open_answer_history();
	snapshot(&world, 1000, "main");
	once = kept_len();
	CU_ASSERT(once > 36 << 20);
	snapshot(&world, 2000, "back");
	answer_history_free(past); /* a restart knows as much */
	past = answer_history_new(store);
	snapshot(&world, 3000, "main");
	snapshot(&world, 4000, "back");
	CU_ASSERT(kept_len() <= 2 * once);
	CU_ASSERT(kept_len() >= once);
	for (size_t i = 0; i < LIVES; i += LIVES - 1) {
		struct answer_history_answer a;

		find(lives[i].name.text, "s0", 9000, &a);
		CU_ASSERT_EQUAL(a.since_ms, 4000);
		CU_ASSERT(a.answer && strcmp(a.answer, "back") == 0);
		answer_history_answer_fini(&a);
	}
	close_answer_history();
	unname_all(&conf);
}

static void without_a_store_there_is_no_past(void)
{
	past = answer_history_new(NULL);
	move(1000, "a.", "main");
	all(1000, ANSWER_HISTORY_START, "main", "main");
	expect(2000, "a.", NULL, 0, 0);
	answer_history_free(past);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "an answer holds from its move to the next",
		  an_answer_holds_from_its_move_to_the_next },
		{ "a start is told even where it changes nothing",
		  a_start_is_told_even_where_it_changes_nothing },
		{ "a reload is told where it changes something",
		  a_reload_is_told_where_it_changes_something },
		{ "what is kept outlives the process",
		  what_is_kept_outlives_the_process },
		{ "the oldest leave when there are too many",
		  the_oldest_leave_when_there_are_too_many },
		{ "a snapshot of any size is kept whole, and twice at most",
		  a_snapshot_of_any_size_is_kept_whole_and_twice_at_most },
		{ "without a store there is no past",
		  without_a_store_there_is_no_past },
		CU_TEST_INFO_NULL,
	};

	return suite_run("resolver/past", tests);
}
