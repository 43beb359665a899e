#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/disk/store.h"
#include "base/err.h"
#include "base/operator/json.h"
#include "base/operator/log.h"
#include "base/process/child.h"
#include "base/process/link.h"
#include "conf/conf.h"
#include "net/loop.h"
#include "resolver/history/switch_history.h"
#include "tests/base/folder.h"
#include "tests/harness.h"

static const struct live_move move = {
	.live = "pbx.example.net.",
	.site = "berlin",
	.from = "berlin",
	.to = "hq",
	.reason = "because",
};

static struct switch_news *switch_news_with(uint64_t seq)
{
	struct switch_record record = { .seq = seq, .generation = 7, .pbx = "berlin" };
	struct switch_news *n = alloc(sizeof(*n));

	n->generation = 7;
	switch_news_add_records(n, &record, 1);
	switch_news_add_moves(n, &move, 1, 1);
	return n;
}

static char *shown(struct switch_history *h, size_t count)
{
	struct buffer out = { 0 };
	struct json j = json_to(&out);
	struct switch_history_walk w = { 0 };

	json_object(&j, NULL);
	json_array(&j, "switches");
	for (size_t i = 0; i < count && switch_history_json(h, &w, 1, &j); i++)
		;
	json_end(&j);
	json_end(&j);
	return buffer_take_text(&out);
}

static struct store *store;

static void begin(void)
{
	folder_make();
	CU_ASSERT_EQUAL_FATAL(store_open(folder, &store), OK);
}

static void end(struct switch_history *h)
{
	switch_history_free(h);
	store_close(store);
	folder_remove();
}

static void add(struct switch_history *h, struct switch_news *n)
{
	struct conf conf = { 0 };

	switch_history_add(h, &conf, n);
	switch_news_free(n);
}

static void switches_are_kept_with_what_moved_and_the_fate_of_hooks(void)
{
	struct switch_history *h;
	char *text;

	begin();
	h = switch_history_new(store, NULL, NULL);
	for (uint64_t seq = 1; seq <= 3; seq++)
		add(h, switch_news_with(seq));
	switch_history_hook_done(h, 3, 1, 3, "exit 1");
	switch_history_hook_done(h, 99, 0, 1,
				 ""); /* of a switch that is kept no more */
	text = shown(h, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"seq\":3"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"seq\":2"));
	CU_ASSERT_PTR_NULL(strstr(text, "\"seq\":1"));
	CU_ASSERT_TRUE(strstr(text, "\"seq\":3") < strstr(text, "\"seq\":2"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "pbx.example.net./berlin berlin->hq"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "status 1 after 3 tries: exit 1"));
	free(text);
	end(h);
}

/* Those between them are missing: a full disk did not take them. */
static void old_switches_go_also_behind_a_gap(void)
{
	struct switch_history *h;
	char *text;

	begin();
	h = switch_history_new(store, NULL, NULL);
	for (uint64_t seq = 1; seq <= 3; seq++)
		add(h, switch_news_with(seq));
	add(h, switch_news_with(SWITCH_HISTORY_MAX + 2));
	text = shown(h, 5);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"seq\":10002"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"seq\":3"));
	CU_ASSERT_PTR_NULL(strstr(text, "\"seq\":2,"));
	CU_ASSERT_PTR_NULL(strstr(text, "\"seq\":1,"));
	free(text);
	end(h);
}

/* As the keeper would read it; the JSON is the caller's. */
static char *hook_asked(int link, uint32_t *sequence)
{
	static uint8_t space[LINK_PAYLOAD_MAX];
	struct link_message m;
	struct text t, json;

	CU_ASSERT_EQUAL_FATAL(link_receive(link, space, &m), OK);
	CU_ASSERT_EQUAL(m.type, CHILD_HOOK);
	t = text_of(m.payload, m.len);
	(void)link_u32(&t); /* the row, and its digest */
	(void)link_u32(&t);
	(void)link_u32(&t);
	json = link_text(&t);
	*sequence = m.sequence;
	return alloc_format("%.*s", (int)text_len(&json), json.at);
}

/* A history whose hooks arrive at `link`. */
struct told {
	struct loop *loop;
	struct child *child;
	struct switch_history *history;
	int link;
	struct conf_hook hook;
	struct conf conf;
	char *argv[2];
};

static void told_begin(struct told *t)
{
	static char program[] = "/bin/true", node[] = "n1";
	int ends[2];

	begin();
	CU_ASSERT_EQUAL_FATAL(link_pair(ends), OK);
	*t = (struct told){ .link = ends[1], .argv = { program } };
	t->loop = loop_new();
	t->child = child_new(ends[0]);
	t->hook.argv = t->argv;
	t->conf = (struct conf){ .hooks = &t->hook, .hook_count = 1 };
	t->conf.node.name = node;
	t->history = switch_history_new(store, t->loop, t->child);
}

static void told_end(struct told *t)
{
	end(t->history);
	child_close(t->child);
	close(t->link);
	loop_free(t->loop);
}

static void a_move_without_a_switch_is_of_none(void)
{
	struct switch_news *n = alloc(sizeof(*n));
	struct told t;
	uint32_t sequence;
	char *json;

	told_begin(&t);
	for (uint64_t seq = 1; seq <= 3; seq++)
		add(t.history, switch_news_with(seq));
	n->generation = 3; /* as a switch is numbered that is kept */
	switch_news_add_moves(n, &move, 1, 1);
	switch_history_add(t.history, &t.conf, n);
	switch_news_free(n);
	json = hook_asked(t.link, &sequence);
	CU_ASSERT_EQUAL(sequence, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"sequence\":0,"));
	CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"answers_total\":1,\"switches\":[],"));
	free(json);
	switch_history_hook_done(t.history, sequence, 1, 3, "exit 1");
	json = shown(t.history, 10);
	CU_ASSERT_PTR_NULL(strstr(json, "exit 1"));
	free(json);
	told_end(&t);
}

enum { FALLS = 3000, MORE = 5000 };

/* So many falls at once; a move of each of the first ones, and one of no pbx. */
static struct switch_news *many_falls(uint64_t first)
{
	struct switch_record record = { .cause = "options/udp timeout x10" };
	struct switch_news *n = alloc(sizeof(*n));
	char names[LIVE_MOVES_MAX][32];
	struct live_move moves[LIVE_MOVES_MAX];

	for (unsigned i = 0; i < FALLS; i++) {
		record.seq = first + i;
		(void)snprintf(record.pbx, sizeof(record.pbx), "p%u", i);
		switch_news_add_records(n, &record, 1);
	}
	for (unsigned i = 0; i < LIVE_MOVES_MAX; i++) {
		moves[i] = move;
		moves[i].to = "all-down";
		(void)snprintf(names[i], sizeof(names[i]), "p%u", i);
		moves[i].from = i ? names[i] : "nobody";
	}
	switch_news_add_moves(n, moves, LIVE_MOVES_MAX, MORE);
	return n;
}

static size_t count_of(const char *text, const char *what)
{
	size_t count = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		count++;
	}
	return count;
}

static void a_hook_is_told_the_first_of_many_and_how_many(void)
{
	struct switch_news *n = many_falls(1);
	struct told t;
	uint32_t sequence;
	char *json;

	told_begin(&t);
	switch_history_add(t.history, &t.conf, n);
	switch_news_free(n);
	json = hook_asked(t.link, &sequence);
	CU_ASSERT_EQUAL(sequence, FALLS);
	CU_ASSERT(strlen(json) <= CHILD_HOOK_JSON_MAX);
	CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"switches_total\":3000,"));
	CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"answers_total\":5000,"));
	CU_ASSERT(count_of(json, "\"cause\":") >= 20);
	CU_ASSERT_EQUAL(count_of(json, "\"live\":"), LIVE_MOVES_MAX);
	CU_ASSERT_EQUAL(count_of(json, "{"), count_of(json, "}"));
	CU_ASSERT_STRING_EQUAL(json + strlen(json) - 4, "\"}]}");
	free(json);
	CU_ASSERT_EQUAL(switch_history_moved_count(t.history), MORE);
	told_end(&t);
}

/* Reasons of the greatest length, each octet of which JSON writes as six. */
static void the_json_of_a_hook_fits_whatever_its_texts_are(void)
{
	struct switch_news *n = alloc(sizeof(*n));
	struct switch_record record = { .seq = 1 };
	struct live_move moves[LIVE_MOVES_MAX];
	char reason[TRACE_EDE_MAX + 1] = { 0 };
	struct told t;
	uint32_t sequence;
	char *json;

	memset(reason, 1, TRACE_EDE_MAX);
	memset(record.cause, 1, sizeof(record.cause) - 1);
	memset(record.author, 1, sizeof(record.author) - 1);
	for (unsigned i = 0; i < 100; i++)
		switch_news_add_records(n, &record, 1);
	for (unsigned i = 0; i < LIVE_MOVES_MAX; i++)
		moves[i] = (struct live_move){ reason, reason, reason, reason, reason };
	switch_news_add_moves(n, moves, LIVE_MOVES_MAX, LIVE_MOVES_MAX);
	told_begin(&t);
	switch_history_add(t.history, &t.conf, n);
	switch_news_free(n);
	json = hook_asked(t.link, &sequence);
	CU_ASSERT(strlen(json) <= CHILD_HOOK_JSON_MAX);
	CU_ASSERT(count_of(json, "\"cause\":") >= 8);
	CU_ASSERT(count_of(json, "\"live\":") >= 4);
	CU_ASSERT_EQUAL(count_of(json, "{"), count_of(json, "}"));
	CU_ASSERT_STRING_EQUAL(json + strlen(json) - 4, "\"}]}");
	free(json);
	told_end(&t);
}

static void a_switch_is_shown_with_the_answers_of_its_pbx(void)
{
	static const char own[] =
		"\"answers\":\"pbx.example.net./berlin p7->all-down\",";
	struct switch_history *h;
	char *text, *row;

	begin();
	h = switch_history_new(store, NULL, NULL);
	add(h, many_falls(1));
	text = shown(h, FALLS);
	CU_ASSERT_EQUAL(count_of(text, "\"seq\":"), FALLS);
	CU_ASSERT_EQUAL(count_of(text, "->all-down"), LIVE_MOVES_MAX);
	row = strstr(text, "\"seq\":8,"); /* of p7 */
	CU_ASSERT_PTR_NOT_NULL_FATAL(row);
	row = strstr(row, "\"answers\":");
	CU_ASSERT(row && strncmp(row, own, sizeof(own) - 1) == 0);
	/* The last one has what is of no pbx, and those that were not told. */
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "nobody->all-down, 4936 more\""));
	CU_ASSERT(strstr(text, "nobody->") < strstr(text, "\"seq\":2999,"));
	free(text);
	end(h);
}

static void note_seq(void *arg, const struct switch_record *r)
{
	uint64_t *seqs = arg;

	if (seqs[0] == 0)
		seqs[1] = r->seq;
	seqs[0]++;
	seqs[2] = r->seq;
}

static void the_oldest_switches_go_when_there_are_too_many(void)
{
	struct switch_history_walk walk = { 0 };
	uint64_t seqs[3] = { 0 };
	struct switch_history *h;

	begin();
	h = switch_history_new(store, NULL, NULL);
	for (uint64_t first = 1; first <= SWITCH_HISTORY_MAX + 1; first += FALLS)
		add(h, many_falls(first));
	while (switch_history_each(h, &walk, FALLS, note_seq, seqs))
		;
	CU_ASSERT_EQUAL(seqs[0], SWITCH_HISTORY_MAX);
	CU_ASSERT_EQUAL(seqs[1], seqs[2] - SWITCH_HISTORY_MAX + 1);
	CU_ASSERT_EQUAL(seqs[2], UINT64_C(4) * FALLS);
	end(h);
}

static void moves_of_one_call_stand_behind_those_of_another(void)
{
	struct live_move back = move;
	struct switch_news *n = switch_news_with(1);

	back.from = "hq";
	back.to = "berlin";
	switch_news_add_moves(n, &back, 1, 1);
	switch_news_add_moves(n, &move, 1, 1);
	CU_ASSERT_EQUAL_FATAL(n->move_count, 3);
	CU_ASSERT_STRING_EQUAL(n->moves[0].to, "hq");
	CU_ASSERT_STRING_EQUAL(n->moves[1].to, "berlin");
	CU_ASSERT_STRING_EQUAL(n->moves[2].to, "hq");
	switch_news_free(n);
}

static void without_a_store_nothing_is_kept_and_nothing_breaks(void)
{
	struct conf conf = { 0 };
	struct switch_history *h = switch_history_new(NULL, NULL, NULL);
	struct switch_news *n = switch_news_with(1);
	char *text;

	switch_history_add(h, &conf, n);
	switch_history_hook_done(h, 1, 0, 1, "");
	text = shown(h, 5);
	CU_ASSERT_STRING_EQUAL(text, "{\"switches\":[]}");
	free(text);
	switch_news_free(n);
	switch_history_free(h);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "switches are kept with what moved and the fate of hooks",
		  switches_are_kept_with_what_moved_and_the_fate_of_hooks },
		{ "moves of one call stand behind those of another",
		  moves_of_one_call_stand_behind_those_of_another },
		{ "a move without a switch is of none",
		  a_move_without_a_switch_is_of_none },
		{ "a hook is told the first of many and how many",
		  a_hook_is_told_the_first_of_many_and_how_many },
		{ "the json of a hook fits whatever its texts are",
		  the_json_of_a_hook_fits_whatever_its_texts_are },
		{ "a switch is shown with the answers of its pbx",
		  a_switch_is_shown_with_the_answers_of_its_pbx },
		{ "the oldest switches go when there are too many",
		  the_oldest_switches_go_when_there_are_too_many },
		{ "without a store nothing is kept and nothing breaks",
		  without_a_store_nothing_is_kept_and_nothing_breaks },
		{ "old switches go also behind a gap",
		  old_switches_go_also_behind_a_gap },
		CU_TEST_INFO_NULL,
	};

	log_open("test", LOG_LEVEL_ERROR);
	return suite_run("resolver/history", tests);
}
