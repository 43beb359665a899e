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
#include "resolver/history/switch_history.h"
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
	switch_news_add_moves(n, &move, 1);
	return n;
}

static char *text_of(struct switch_history *h, size_t count)
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

static void switches_are_kept_with_what_moved_and_the_fate_of_hooks(void)
{
	char folder[] = "/tmp/deputy-history.XXXXXX";
	struct conf conf = { 0 };
	struct store *store = NULL;
	struct switch_history *h;
	char *text;

	if (mkdtemp(folder) == NULL || store_open(folder, &store))
		CU_FAIL_FATAL("no store");
	h = switch_history_new(store, NULL, NULL);
	for (uint64_t seq = 1; seq <= 3; seq++) {
		struct switch_news *n = switch_news_with(seq);

		switch_history_add(h, &conf, n);
		switch_news_free(n);
	}
	switch_history_hook_done(h, 3, 1, 3, "exit 1");
	switch_history_hook_done(h, 99, 0, 1,
				 ""); /* of a switch that is kept no more */
	text = text_of(h, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"seq\":3"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"seq\":2"));
	CU_ASSERT_PTR_NULL(strstr(text, "\"seq\":1"));
	CU_ASSERT_TRUE(strstr(text, "\"seq\":3") < strstr(text, "\"seq\":2"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "pbx.example.net./berlin berlin->hq"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "status 1 after 3 tries: exit 1"));
	free(text);
	switch_history_free(h);
	store_close(store);
	text = alloc_format("rm -r %s", folder);
	CU_ASSERT_EQUAL(system(text), 0);
	free(text);
}

static void without_a_store_nothing_is_kept_and_nothing_breaks(void)
{
	struct conf conf = { 0 };
	struct switch_history *h = switch_history_new(NULL, NULL, NULL);
	struct switch_news *n = switch_news_with(1);
	char *text;

	switch_history_add(h, &conf, n);
	switch_history_hook_done(h, 1, 0, 1, "");
	text = text_of(h, 5);
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
		{ "without a store nothing is kept and nothing breaks",
		  without_a_store_nothing_is_kept_and_nothing_breaks },
		CU_TEST_INFO_NULL,
	};

	log_open("test", LOG_LEVEL_ERROR);
	return suite_run("resolver/history", tests);
}
