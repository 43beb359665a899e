#include "resolver/history/news_json.h"

#include "base/buffer.h"
#include "base/operator/json.h"
#include "base/process/child.h"
#include "conf/conf.h"
#include "resolver/history/switch_history.h"

enum {
	ENDS_LEN = 16, /* of the brackets that must be closed after a row */
	SWITCHES_LEN = 12 * 1024,
	ANSWERS_LEN = CHILD_HOOK_JSON_MAX - ENDS_LEN,
};

typedef void row_fn(const struct switch_news *n, size_t i, struct json *j);

static void put_switch(const struct switch_news *n, size_t i, struct json *j)
{
	switch_json(&n->records[i], j);
}

static void put_answer(const struct switch_news *n, size_t i, struct json *j)
{
	const struct live_move *m = &n->moves[i];

	json_text(j, "live", m->live);
	json_text(j, "site", m->site);
	json_text(j, "from", m->from);
	json_text(j, "to", m->to);
	json_text(j, "reason", m->reason);
}

/* The first rows, as many as fit before `len` octets of the whole. */
static void put_rows(const struct switch_news *n, struct json *j, row_fn *put,
		     size_t count, size_t len)
{
	for (size_t i = 0; i < count && i < NEWS_ROWS_MAX; i++) {
		struct json before = *j;
		size_t was_len = j->out->len;

		json_object(j, NULL);
		put(n, i, j);
		json_end(j);
		if (j->out->len > len) {
			j->out->len = was_len;
			*j = before;
			return;
		}
	}
}

char *switch_news_json(const struct conf *c, const struct switch_news *n, uint64_t seq)
{
	struct buffer out = { 0 };
	struct json j = json_to(&out);

	json_object(&j, NULL);
	json_int(&j, "sequence", (int64_t)seq);
	json_text(&j, "node", c->node.name);
	json_int(&j, "at_ms", n->wall_ms);
	json_int(&j, "generation", (int64_t)n->generation);
	json_int(&j, "switches_total", (int64_t)n->record_count);
	json_int(&j, "answers_total", (int64_t)n->move_total);
	json_array(&j, "switches");
	put_rows(n, &j, put_switch, n->record_count, SWITCHES_LEN);
	json_end(&j);
	json_array(&j, "answers");
	put_rows(n, &j, put_answer, n->move_count, ANSWERS_LEN);
	json_end(&j);
	json_end(&j);
	return buffer_take_text(&out);
}
