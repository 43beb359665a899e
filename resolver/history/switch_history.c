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
#include "conf/conf.h"
#include "net/loop.h"
#include "resolver/history/news_json.h"

enum {
	KEY_LEN = 32,
	FATE_LEN = 96,
	HOOK_RETRY_MS = 100,
	HOOKS_WAITING_MAX = 1000,
	MOVES_MAX = 64,
	FORGOTTEN_MAX = 8 /* by one switch */
};

static const char prefix[] = "switch/";

/* A hook that the keeper could not take yet. */
struct hook_waiting {
	struct hook_waiting *next;
	uint32_t sequence;
	uint32_t row; /* of on-switch */
	uint64_t digest;
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
enum switch_history_event { EVENT_ANSWER, EVENT_MORE, EVENT_HOOK, EVENT_HOOK_LOST, EVENT_UNKEPT };
static struct event events[] = {
	[EVENT_ANSWER]    = { "answer-moved", LOG_LEVEL_WARNING, 600, "a live name is now answered with another pbx", 0, 0, 0 },
	[EVENT_MORE]      = { "answers-moved", LOG_LEVEL_WARNING, 60, "more answers moved at once than are told one by one", 0, 0, 0 },
	[EVENT_HOOK]      = { "hook-failed", LOG_LEVEL_ERROR, 60, "a hook for a switch failed; its output shows why", 0, 0, 0 },
	[EVENT_UNKEPT]    = { "switch-unkept", LOG_LEVEL_ERROR, 6, "the disk is full or cannot be written (see state-unwritable): this switch is not in the history", 0, 0, 0 },
	[EVENT_HOOK_LOST] = { "hook-lost", LOG_LEVEL_ERROR, 60, "a hook could not be passed to deputyd", 0, 0, 0 },
};
/* clang-format on */

static void hook_free(struct hook_waiting *w)
{
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

static bool concerns(const struct switch_record *r, const struct live_move *m)
{
	return strcmp(m->from, r->pbx) == 0 || strcmp(m->to, r->pbx) == 0;
}

/* Whether a move is recorded with a switch: with those of its pbxs, otherwise with the
 * last one. */
static bool stands_with(const struct switch_news *n, size_t record,
			const struct live_move *m)
{
	if (concerns(&n->records[record], m))
		return true;
	for (size_t i = 0; record + 1 == n->record_count && i < record; i++)
		if (concerns(&n->records[i], m))
			return false;
	return record + 1 == n->record_count;
}

static void put_moves(const struct switch_news *n, size_t record, struct buffer *out)
{
	size_t count_at = out->len;
	uint16_t count = 0;
	size_t left_out = 0;

	buffer_put_u16(out, 0);
	for (size_t i = 0; i < n->move_count; i++) {
		const struct live_move *m = &n->moves[i];

		if (!stands_with(n, record, m))
			continue;
		if (count == MOVES_MAX) {
			left_out++;
			continue;
		}
		count++;
		put_text(out, m->live);
		put_text(out, m->site);
		put_text(out, m->from);
		put_text(out, m->to);
	}
	if (record + 1 == n->record_count) /* moves that are only counted */
		left_out += n->move_total - n->move_count;
	out->octets[count_at] = (uint8_t)(count >> 8);
	out->octets[count_at + 1] = (uint8_t)count;
	buffer_put_u32(out, (uint32_t)left_out);
}

/* A record and the results of hooks, each preceded by its length, then the moves and
 * the number of further ones. */
static void encode(const struct switch_news *n, size_t record, struct buffer *out)
{
	struct buffer octets = { 0 };

	switch_encode(&n->records[record], &octets);
	buffer_put_u32(out, (uint32_t)octets.len);
	buffer_put(out, octets.octets, octets.len);
	buffer_fini(&octets);
	put_text(out, "");
	put_moves(n, record, out);
}

static void key_of(uint64_t seq, char out[KEY_LEN])
{
	(void)snprintf(out, KEY_LEN, "%s%020" PRIu64, prefix, seq);
}

/* Changes of pbxs were already logged by health. */
static void log_news(const struct switch_news *n)
{
	for (size_t i = 0; i < n->move_count; i++) {
		const struct live_move *m = &n->moves[i];

		log_event(&events[EVENT_ANSWER],
			  "live=%s site=%s from=%s to=%s reason=%s", m->live, m->site,
			  m->from, m->to, log_quote(m->reason));
	}
	if (n->move_total > n->move_count)
		log_event(&events[EVENT_MORE], "count=%zu gen=%" PRIu64,
			  n->move_total - n->move_count, n->generation);
}

static void hand_over(void *arg)
{
	struct switch_history *h = arg;

	while (h->first) {
		struct hook_waiting *w = h->first;
		int err = child_hook(h->child, w->sequence, w->row, w->digest, w->json);

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
		w->row = (uint32_t)i;
		w->digest = child_hook_digest(c->hooks[i].argv);
		w->json = switch_news_json(c, n, seq);
		*h->last = w;
		h->last = &w->next;
		h->waiting_count++;
	}
	if (h->first && !timer_is_started(&h->retry))
		hand_over(h);
}

/* More than one where those before it were not kept. */
static void forget_oldest(struct switch_history *h, uint64_t seq)
{
	char last[KEY_LEN];
	const void *row;
	size_t len;

	if (seq <= SWITCH_HISTORY_MAX)
		return;
	key_of(seq - SWITCH_HISTORY_MAX, last);
	for (int i = 0; i < FORGOTTEN_MAX; i++) {
		char key[STORE_KEY_MAX + 1] = "";

		if (store_next(h->store, prefix, STORE_UP, key, &row, &len) ||
		    strcmp(key, last) > 0)
			return;
		(void)store_delete(h->store, key);
	}
}

void switch_history_add(struct switch_history *h, const struct conf *conf,
			const struct switch_news *n)
{
	char key[KEY_LEN];
	uint64_t seq = 0; /* answers that move without a switch belong to none */

	log_news(n);
	h->moved_count += n->move_total;
	for (size_t i = 0; i < n->record_count; i++) {
		struct buffer out = { 0 };

		seq = n->records[i].seq;
		if (h->store == NULL)
			continue;
		key_of(seq, key);
		encode(n, i, &out);
		if (store_put_spare(h->store, key, out.octets, out.len))
			log_event(&events[EVENT_UNKEPT], "sequence=%" PRIu64, seq);
		else
			forget_oldest(h, seq);
		buffer_fini(&out);
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
	if (sequence == 0 || h->store == NULL ||
	    store_get(h->store, key, &value, &len) ||
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
	(void)store_put_spare(h->store, key, out.octets, out.len);
	(void)store_write(h->store);
	buffer_fini(&out);
}

static void row_json(const void *row, size_t len, struct json *j)
{
	struct switch_record r;
	struct text fate, moves;
	size_t count;
	uint32_t left_out;
	struct buffer answers = { 0 };

	if (decode(row, len, &r, &fate, &moves))
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
	left_out = text_len(&moves) ? link_u32(&moves) : 0;
	if (left_out)
		buffer_printf(&answers, "%s%u more", count ? ", " : "", left_out);
	json_text_len(j, "answers", (const char *)answers.octets, answers.len);
	json_text_len(j, "hooks", fate.at, text_len(&fate));
	json_end(j);
	buffer_fini(&answers);
}

bool switch_history_json(struct switch_history *h, struct switch_history_walk *w,
			 size_t count, struct json *j)
{
	const void *row;
	size_t len;

	for (size_t i = 0; i < count; i++) {
		if (h->store == NULL ||
		    store_next(h->store, prefix, STORE_DOWN, w->key, &row, &len))
			return false;
		row_json(row, len, j);
	}
	return true;
}

bool switch_history_each(struct switch_history *h, struct switch_history_walk *w,
			 size_t count, switch_history_fn *fn, void *arg)
{
	for (size_t i = 0; i < count; i++) {
		struct switch_record r;
		struct text fate, moves;
		const void *row;
		size_t len;

		if (h->store == NULL ||
		    store_next(h->store, prefix, STORE_UP, w->key, &row, &len))
			return false;
		if (decode(row, len, &r, &fate, &moves) == OK)
			fn(arg, &r);
	}
	return true;
}
