#include "resolver/history/switch_history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/disk/store.h"
#include "base/err.h"
#include "base/operator/json.h"
#include "base/operator/log.h"
#include "base/process/child.h"
#include "base/process/link.h"
#include "net/loop.h"

enum { KEY_LEN = 32, FATE_LEN = 96, HOOK_RETRY_MS = 100, HOOKS_WAITING_MAX = 1000 };

/* A hook that the keeper could not accept yet. */
struct hook_waiting {
	struct hook_waiting *next;
	uint32_t sequence;
	struct conf_hook hook; /* argv: our copy */
	char *json;
};

struct switch_history {
	struct store *store;
	struct loop *loop;
	struct child *child;
	struct hook_waiting *first, **last;
	size_t waiting_count;
	uint64_t moved_count;
	struct timer retry;
};

/* clang-format off */
enum switch_history_event { EVENT_ANSWER, EVENT_HOOK, EVENT_HOOK_LOST };
static struct event events[] = {
	[EVENT_ANSWER]    = { "answer-moved", LOG_LEVEL_WARNING, 600, "a live name is now answered with another pbx", 0, 0, 0 },
	[EVENT_HOOK]      = { "hook-failed", LOG_LEVEL_ERROR, 60, "a hook for a switch failed; its output shows why", 0, 0, 0 },
	[EVENT_HOOK_LOST] = { "hook-lost", LOG_LEVEL_ERROR, 60, "a hook could not be passed to deputyd", 0, 0, 0 },
};
/* clang-format on */

void switch_news_free(struct switch_news *n)
{
	if (n == NULL)
		return;
	for (size_t i = 0; i < n->move_count; i++)
		free(n->texts[i]);
	free(n->texts);
	free(n->records);
	free(n->moves);
	free(n);
}

/* Copies the five texts of a move; returns the memory they share. */
static char *copy_move(const struct live_move *m, struct live_move *out)
{
	const char *texts[] = { m->live, m->site, m->from, m->to, m->reason };
	const char **copies[] = { &out->live, &out->site, &out->from, &out->to,
				  &out->reason };
	size_t len = 0;
	char *all, *at;

	for (size_t i = 0; i < 5; i++)
		len += strlen(texts[i]) + 1;
	all = at = alloc(len);
	for (size_t i = 0; i < 5; i++) {
		*copies[i] = at;
		at = stpcpy(at, texts[i]) + 1;
	}
	return all;
}

void switch_news_add_moves(struct switch_news *n, const struct live_move *moves,
			   size_t count)
{
	n->moves = alloc_resize(n->moves, n->move_count + count, sizeof(*moves));
	n->texts = alloc_resize(n->texts, n->move_count + count, sizeof(*n->texts));
	for (size_t i = 0; i < count; i++) {
		n->texts[n->move_count] = copy_move(&moves[i],
						    &n->moves[n->move_count]);
		n->move_count++;
	}
}

void switch_news_add_records(struct switch_news *n, const struct switch_record *records,
			     size_t count)
{
	n->records = alloc_resize(n->records, n->record_count + count,
				  sizeof(*records));
	for (size_t i = 0; i < count; i++)
		n->records[n->record_count++] = records[i];
}

static void hook_free(struct hook_waiting *w)
{
	for (char **a = w->hook.argv; a && *a; a++)
		free(*a);
	free(w->hook.argv);
	free(w->json);
	free(w);
}

struct switch_history *switch_history_new(struct store *s, struct loop *loop,
					  struct child *child)
{
	struct switch_history *h = alloc(sizeof(*h));

	h->store = s;
	h->loop = loop;
	h->child = child;
	h->last = &h->first;
	return h;
}

void switch_history_free(struct switch_history *h)
{
	if (h == NULL)
		return;
	timer_stop(&h->retry);
	while (h->first) {
		struct hook_waiting *w = h->first;

		h->first = w->next;
		hook_free(w);
	}
	free(h);
}

static void put_text(struct buffer *b, const char *text)
{
	buffer_put_u32(b, (uint32_t)strlen(text));
	buffer_put_text(b, text);
}

/* A record, the moves and the results of hooks, each preceded by its length. */
static void encode(const struct switch_record *r, const struct switch_news *n,
		   struct buffer *out)
{
	struct buffer record = { 0 };

	switch_encode(r, &record);
	buffer_put_u32(out, (uint32_t)record.len);
	buffer_put(out, record.octets, record.len);
	buffer_fini(&record);
	put_text(out, "");
	buffer_put_u16(out, (uint16_t)n->move_count);
	for (size_t i = 0; i < n->move_count; i++) {
		put_text(out, n->moves[i].live);
		put_text(out, n->moves[i].site);
		put_text(out, n->moves[i].from);
		put_text(out, n->moves[i].to);
	}
}

static void key_of(uint64_t seq, char out[KEY_LEN])
{
	(void)snprintf(out, KEY_LEN, "switch/%020" PRIu64, seq);
}

/* Changes of pbxs have already been logged by health. */
static void log_news(const struct switch_news *n)
{
	for (size_t i = 0; i < n->move_count; i++) {
		const struct live_move *m = &n->moves[i];

		log_event(&events[EVENT_ANSWER],
			  "live=%s site=%s from=%s to=%s reason=%s", m->live, m->site,
			  m->from, m->to, log_quote(m->reason));
	}
}

static char *hook_json(const struct conf *c, const struct switch_news *n, uint64_t seq)
{
	struct buffer out = { 0 };
	struct json j = json_to(&out);

	json_object(&j, NULL);
	json_int(&j, "sequence", (int64_t)seq);
	json_text(&j, "node", c->node.name);
	json_int(&j, "at_ms", n->wall_ms);
	json_int(&j, "generation", (int64_t)n->generation);
	json_array(&j, "switches");
	for (size_t i = 0; i < n->record_count; i++) {
		json_object(&j, NULL);
		switch_json(&n->records[i], &j);
		json_end(&j);
	}
	json_end(&j);
	json_array(&j, "answers");
	for (size_t i = 0; i < n->move_count; i++) {
		const struct live_move *m = &n->moves[i];

		json_object(&j, NULL);
		json_text(&j, "live", m->live);
		json_text(&j, "site", m->site);
		json_text(&j, "from", m->from);
		json_text(&j, "to", m->to);
		json_text(&j, "reason", m->reason);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
	return buffer_take_text(&out);
}

static void hand_over(void *arg)
{
	struct switch_history *h = arg;

	while (h->first) {
		struct hook_waiting *w = h->first;
		int err = child_hook(h->child, w->sequence, w->hook.argv, w->json,
				     w->hook.timeout_ms, w->hook.tries);

		if (err == ERR_AGAIN) {
			timer_start(h->loop, &h->retry, HOOK_RETRY_MS, hand_over, h);
			return;
		}
		if (err) {
			log_event(&events[EVENT_HOOK_LOST], "sequence=%u error=%s",
				  w->sequence, log_quote(err_text(err)));
			switch_history_hook_done(h, w->sequence, -1, 0, err_text(err));
		}
		h->first = w->next;
		if (h->first == NULL)
			h->last = &h->first;
		h->waiting_count--;
		hook_free(w);
	}
}

static char **copy_argv(char *const *argv)
{
	size_t count = 0;
	char **copy;

	while (argv[count])
		count++;
	copy = alloc_array(count + 1, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = alloc_text(argv[i]);
	return copy;
}

static void run_hooks(struct switch_history *h, const struct conf *c,
		      const struct switch_news *n, uint64_t seq)
{
	for (size_t i = 0; h->child && i < c->hook_count; i++) {
		struct hook_waiting *w;

		if (h->waiting_count >= HOOKS_WAITING_MAX) {
			log_event(&events[EVENT_HOOK_LOST],
				  "sequence=%" PRIu64 " error=\"too many waiting\"",
				  seq);
			switch_history_hook_done(h, (uint32_t)seq, -1, 0,
						 "too many waiting");
			return;
		}
		w = alloc(sizeof(*w));
		w->sequence = (uint32_t)seq;
		w->hook = c->hooks[i];
		w->hook.argv = copy_argv(c->hooks[i].argv);
		w->json = hook_json(c, n, seq);
		*h->last = w;
		h->last = &w->next;
		h->waiting_count++;
	}
	if (h->first && !timer_is_started(&h->retry))
		hand_over(h);
}

void switch_history_add(struct switch_history *h, const struct conf *conf,
			const struct switch_news *n)
{
	char key[KEY_LEN];
	uint64_t seq = n->generation;

	log_news(n);
	h->moved_count += n->move_count;
	for (size_t i = 0; h->store && i < n->record_count; i++) {
		struct buffer out = { 0 };

		seq = n->records[i].seq;
		key_of(seq, key);
		encode(&n->records[i], n, &out);
		store_put(h->store, key, out.octets, out.len);
		buffer_fini(&out);
		if (seq > SWITCH_HISTORY_MAX) {
			key_of(seq - SWITCH_HISTORY_MAX, key);
			store_delete(h->store, key);
		}
	}
	if (h->store && n->record_count)
		(void)store_write(h->store);
	if (n->move_count)
		run_hooks(h, conf, n, seq);
}

uint64_t switch_history_moved_count(const struct switch_history *h)
{
	return h->moved_count;
}

/* The three parts of a stored switch. */
static int decode(const void *value, size_t len, struct switch_record *r,
		  struct text *fate, struct text *moves)
{
	struct text t = text_of(value, len);
	struct text record = link_text(&t);

	*fate = link_text(&t);
	*moves = t;
	if (t.err)
		return t.err;
	return switch_decode(record.at, text_len(&record), r);
}

void switch_history_hook_done(struct switch_history *h, uint32_t sequence, int status,
			      uint32_t tries, const char *why)
{
	char key[KEY_LEN];
	char fate[FATE_LEN];
	const void *value;
	size_t len;
	struct switch_record r;
	struct text was, moves;
	struct buffer out = { 0 };
	struct text whole;

	if (status)
		log_event(&events[EVENT_HOOK], "sequence=%u status=%d tries=%u why=%s",
			  sequence, status, tries, log_quote(why));
	key_of(sequence, key);
	if (h->store == NULL || store_get(h->store, key, &value, &len) ||
	    decode(value, len, &r, &was, &moves))
		return;
	(void)snprintf(fate, sizeof(fate), "%.*s%sstatus %d after %u tries%s%s",
		       (int)text_len(&was), was.at, text_len(&was) ? "; " : "", status,
		       tries, *why ? ": " : "", why);
	whole = text_of(value, len);
	whole = link_text(&whole);
	buffer_put_u32(&out, (uint32_t)text_len(&whole));
	buffer_put(&out, whole.at, text_len(&whole));
	put_text(&out, fate);
	buffer_put(&out, moves.at, text_len(&moves));
	store_put(h->store, key, out.octets, out.len);
	(void)store_write(h->store);
	buffer_fini(&out);
}

/* The newest rows of the store, in a ring while they are walked from the oldest. */
struct switch_ring {
	struct buffer *rows;
	size_t cap, count;
};

static void keep_row(void *arg, const char *key, const void *value, size_t len)
{
	struct switch_ring *r = arg;
	struct buffer *b = &r->rows[r->count++ % r->cap];

	(void)key;
	b->len = 0;
	buffer_put(b, value, len);
}

static void row_json(const struct buffer *row, struct json *j)
{
	struct switch_record r;
	struct text fate, moves;
	size_t count;
	struct buffer answers = { 0 };

	if (decode(row->octets, row->len, &r, &fate, &moves))
		return;
	json_object(j, NULL);
	switch_json(&r, j);
	count = link_u16(&moves);
	for (size_t i = 0; i < count; i++) {
		struct text live = link_text(&moves);
		struct text site = link_text(&moves);
		struct text from = link_text(&moves);
		struct text to = link_text(&moves);

		if (moves.err)
			break;
		buffer_printf(&answers, "%s%.*s/%.*s %.*s->%.*s", i ? ", " : "",
			      (int)text_len(&live), live.at, (int)text_len(&site),
			      site.at, (int)text_len(&from), from.at,
			      (int)text_len(&to), to.at);
	}
	json_text_len(j, "answers", (const char *)answers.octets, answers.len);
	json_text_len(j, "hooks", fate.at, text_len(&fate));
	json_end(j);
	buffer_fini(&answers);
}

void switch_history_json(struct switch_history *h, size_t count, struct json *j)
{
	struct switch_ring r = { .cap = count ? count : 1 };

	r.rows = alloc_array(r.cap, sizeof(*r.rows));
	if (h->store)
		(void)store_each(h->store, "switch/", keep_row, &r);
	json_array(j, "switches");
	for (size_t i = 0; i < r.count && i < r.cap; i++)
		row_json(&r.rows[(r.count - 1 - i) % r.cap], j);
	json_end(j);
	for (size_t i = 0; i < r.cap; i++)
		buffer_fini(&r.rows[i]);
	free(r.rows);
}

struct each {
	switch_history_fn *fn;
	void *arg;
};

static void each_row(void *arg, const char *key, const void *value, size_t len)
{
	const struct each *e = arg;
	struct switch_record r;
	struct text fate, moves;

	(void)key;
	if (decode(value, len, &r, &fate, &moves) == OK)
		e->fn(e->arg, &r);
}

void switch_history_each(struct switch_history *h, switch_history_fn *fn, void *arg)
{
	struct each e = { fn, arg };

	if (h->store)
		(void)store_each(h->store, "switch/", each_row, &e);
}
