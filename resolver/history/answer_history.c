#include "resolver/history/answer_history.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/disk/store.h"
#include "base/err.h"
#include "base/fnv.h"
#include "base/process/link.h"
#include "conf/conf.h"

enum {
	KEY_LEN = 48,
	ROWS_MAX = 20000,
	ROW_LEN = 64 << 10,
	ALL_LEN = 64 << 20,
	WALK_ROWS = 256, /* read by one call */
	WALK_LEN = 128 << 10
};

static const char prefix[] = "answer/";

struct answer_history {
	struct store *store;
	uint64_t turn;     /* orders rows of one millisecond */
	uint64_t sum;      /* of the last snapshot, while nothing moved; 0: none */
	size_t count, len; /* what is kept, about */
	size_t all_len;    /* of that, the newest snapshot */
};

void answer_history_free(struct answer_history *p)
{
	free(p);
}

/* Reads what a row is and which part of it. */
static bool read_kind(const void *value, size_t len, enum answer_history_kind *kind,
		      uint16_t *part)
{
	struct text t = text_of(value, len);
	uint16_t is = link_u16(&t);

	*part = link_u16(&t);
	*kind = is < ANSWER_HISTORY_KINDS ? (enum answer_history_kind)is
					  : ANSWER_HISTORY_MOVE;
	return t.err == OK && is < ANSWER_HISTORY_KINDS;
}

static void count_row(void *arg, const char *key, const void *value, size_t len)
{
	struct answer_history *p = arg;
	enum answer_history_kind kind;
	uint16_t part;

	(void)key;
	p->count++;
	p->len += len;
	if (!read_kind(value, len, &kind, &part) || kind == ANSWER_HISTORY_MOVE)
		return;
	p->all_len = part ? p->all_len + len : len;
}

struct answer_history *answer_history_new(struct store *s)
{
	struct answer_history *p = alloc(sizeof(*p));

	p->store = s;
	if (s)
		(void)store_each(s, prefix, count_row, p);
	return p;
}

/* The oldest tenth of the rows, which are to be deleted. */
struct leaving {
	char (*keys)[KEY_LEN];
	size_t count, cap, most, len;
	bool full;
};

/* If a snapshot loses its first part, its other parts are deleted too. */
static void leave_row(void *arg, const char *key, const void *value, size_t len)
{
	struct leaving *l = arg;
	enum answer_history_kind kind;
	uint16_t part;

	if (l->count >= l->most)
		l->full |= !read_kind(value, len, &kind, &part) ||
			   kind == ANSWER_HISTORY_MOVE || part == 0;
	if (l->full)
		return;
	if (l->count == l->cap) {
		l->cap = l->cap ? 2 * l->cap : l->most;
		l->keys = alloc_resize(l->keys, l->cap, KEY_LEN);
	}
	(void)snprintf(l->keys[l->count++], KEY_LEN, "%s", key);
	l->len += len;
}

/* The newest snapshot stays whole, however large it is. */
static bool is_too_much(const struct answer_history *p)
{
	size_t most_len = 2 * p->all_len > ALL_LEN ? 2 * p->all_len : ALL_LEN;

	return p->count > ROWS_MAX || p->len > most_len;
}

static void make_room(struct answer_history *p)
{
	while (is_too_much(p)) {
		struct leaving l = { .most = p->count / 10 + 1 };

		(void)store_each(p->store, prefix, leave_row, &l);
		for (size_t i = 0; i < l.count; i++)
			(void)store_delete(p->store, l.keys[i]);
		p->count -= l.count < p->count ? l.count : p->count;
		p->len -= l.len < p->len ? l.len : p->len;
		free(l.keys);
		if (l.count == 0)
			return; /* the store cannot be read */
	}
}

/* What the disk does not take is missing; false: so it is. */
static bool put(struct answer_history *p, int64_t wall_ms, struct buffer *row)
{
	char key[KEY_LEN];
	bool kept;

	(void)snprintf(key, sizeof(key), "%s%015" PRId64 ".%06" PRIu64, prefix, wall_ms,
		       p->turn++ % 1000000);
	kept = store_put_spare(p->store, key, row->octets, row->len) == OK;
	if (kept) {
		p->count++;
		p->len += row->len;
	}
	row->len = 0;
	return kept;
}

static void put_text(struct buffer *row, const char *text)
{
	buffer_put_u32(row, (uint32_t)strlen(text));
	buffer_put_text(row, text);
}

static void put_answer(struct buffer *row, const char *live, const char *site,
		       const char *answer, const char *reason)
{
	put_text(row, live);
	put_text(row, site);
	put_text(row, answer);
	put_text(row, reason);
}

/* part: of a snapshot that needs more than one row, from 0. */
static void begin(struct buffer *row, enum answer_history_kind kind, uint16_t part)
{
	buffer_put_u16(row, (uint16_t)kind);
	buffer_put_u16(row, part);
}

static void end(struct answer_history *p)
{
	make_room(p);
	(void)store_write(p->store);
}

void answer_history_add_moves(struct answer_history *p, int64_t wall_ms,
			      const struct live_move *moves, size_t count)
{
	struct buffer row = { 0 };

	if (p->store == NULL || count == 0)
		return;
	begin(&row, ANSWER_HISTORY_MOVE, 0);
	for (size_t i = 0; i < count; i++)
		put_answer(&row, moves[i].live, moves[i].site, moves[i].to,
			   moves[i].reason);
	(void)put(p, wall_ms, &row);
	end(p);
	p->sum = 0;
	buffer_fini(&row);
}

static uint64_t fold(uint64_t sum, const char *text)
{
	return fnv_fold(sum, text, strlen(text) + 1);
}

static const char *site_of(const struct live_answers *a, size_t class)
{
	const struct conf *c = a->world->conf;

	return class < c->site_count ? c->sites[class].name : "-";
}

static uint64_t sum_of(const struct live_answers *a)
{
	const struct conf *c = a->world->conf;
	uint64_t sum = FNV_BEGIN;

	for (uint32_t i = 0; i < c->live_count; i++)
		for (uint32_t class = 0; class < a->class_count; class ++) {
			sum = fold(sum, c->lives[i].name.text);
			sum = fold(sum, site_of(a, class));
			sum = fold(sum, live_answers_row(a, i, class)->answer);
		}
	return sum;
}

void answer_history_add_all(struct answer_history *p, int64_t wall_ms,
			    enum answer_history_kind kind, const struct live_answers *a)
{
	const struct conf *c = a->world->conf;
	uint64_t sum = sum_of(a);
	struct buffer row = { 0 };
	uint16_t part = 0;
	bool kept = true;

	if (p->store == NULL || (kind != ANSWER_HISTORY_START && sum == p->sum))
		return;
	p->all_len = 0;
	begin(&row, kind, part++);
	for (uint32_t i = 0; i < c->live_count; i++)
		for (uint32_t class = 0; class < a->class_count; class ++) {
			const struct live_answer *one = live_answers_row(a, i, class);
			char reason[TRACE_EDE_MAX + 1];

			if (row.len >= ROW_LEN) {
				p->all_len += row.len;
				kept &= put(p, wall_ms, &row);
				begin(&row, kind, part++);
			}
			(void)live_answers_reason(a, one, reason);
			put_answer(&row, c->lives[i].name.text, site_of(a, class),
				   one->answer, reason);
		}
	p->all_len += row.len;
	kept &= put(p, wall_ms, &row);
	end(p);
	p->sum = kept ? sum : 0; /* again next time */
	buffer_fini(&row);
}

/* A walk from the oldest row, for one name and site. */
struct answer_history_walk {
	struct answer_history *past;
	char key[STORE_KEY_MAX + 1]; /* of the last row that was read */
	const char *live, *site;
	int64_t at_ms;
	struct answer_history_answer out;
	bool missed;  /* the snapshot in progress has not had it yet */
	bool decided; /* what came after the moment is known */
};

static char *copy(const struct text *t)
{
	return alloc_format("%.*s", (int)text_len(t), t->at);
}

/* The row's answer for the walk's name and site. Returns whether it has one. */
static bool find_in(const struct answer_history_walk *w, struct text row, char **answer,
		    char **reason)
{
	while (text_len(&row) && row.err == OK) {
		struct text live = link_text(&row);
		struct text site = link_text(&row);
		struct text to = link_text(&row);
		struct text why = link_text(&row);

		if (row.err || !text_is(&live, w->live) || !text_is(&site, w->site))
			continue;
		*answer = copy(&to);
		*reason = copy(&why);
		return true;
	}
	return false;
}

static void forget(struct answer_history_answer *a)
{
	free(a->answer);
	free(a->reason);
	a->answer = a->reason = NULL;
	a->since_ms = 0;
}

/* A name that is not in a snapshot is no longer a live name. */
static void settle(struct answer_history_walk *w)
{
	if (w->missed)
		forget(&w->out);
	w->missed = false;
}

static void take_before(struct answer_history_walk *w, int64_t ms,
			enum answer_history_kind kind, uint16_t part, struct text row)
{
	struct answer_history_answer *o = &w->out;
	char *answer, *reason;

	if (part == 0) {
		settle(w);
		w->missed = kind != ANSWER_HISTORY_MOVE;
	}
	if (!find_in(w, row, &answer, &reason))
		return;
	w->missed = false;
	if (kind == ANSWER_HISTORY_RELOAD && o->answer &&
	    strcmp(answer, o->answer) == 0) {
		free(answer);
		free(reason);
		return;
	}
	forget(o);
	o->answer = answer;
	o->reason = reason;
	o->since_ms = ms;
	o->kind = kind;
}

/* A start is recorded even if it changed nothing: the node may not have been running
 * before. */
static void take_after(struct answer_history_walk *w, int64_t ms,
		       enum answer_history_kind kind, uint16_t part, struct text row)
{
	struct answer_history_answer *o = &w->out;
	char *answer, *reason;

	settle(w);
	if (o->until_ms && (part == 0 || ms != o->until_ms)) {
		w->decided = true; /* the snapshot before had no such name */
		return;
	}
	if (!find_in(w, row, &answer, &reason)) {
		if (kind != ANSWER_HISTORY_MOVE && part == 0) {
			o->until_ms = ms;
			o->until_kind = kind;
		}
		return;
	}
	free(reason);
	if (kind == ANSWER_HISTORY_RELOAD && o->answer &&
	    strcmp(answer, o->answer) == 0) {
		o->until_ms = 0;
		free(answer);
		return;
	}
	o->until_ms = ms;
	o->until_kind = kind;
	o->until_answer = answer;
	w->decided = true;
}

static void walk_row(struct answer_history_walk *w, const void *value, size_t len)
{
	struct text t = text_from(w->key + sizeof(prefix) - 1);
	struct text row = text_of(value, len);
	int64_t ms = (int64_t)text_u64(&t, INT64_MAX);
	uint16_t kind = link_u16(&row);
	uint16_t part = link_u16(&row);

	if (t.err || row.err || kind >= ANSWER_HISTORY_KINDS)
		return;
	if (w->out.first_ms == 0)
		w->out.first_ms = ms;
	if (ms <= w->at_ms)
		take_before(w, ms, (enum answer_history_kind)kind, part, row);
	else
		take_after(w, ms, (enum answer_history_kind)kind, part, row);
}

struct answer_history_walk *answer_history_walk_new(struct answer_history *p,
						    const char *live, const char *site,
						    int64_t at_ms)
{
	struct answer_history_walk *w = alloc(sizeof(*w));

	w->past = p;
	w->live = live;
	w->site = site;
	w->at_ms = at_ms;
	return w;
}

void answer_history_walk_free(struct answer_history_walk *w)
{
	if (w == NULL)
		return;
	answer_history_answer_fini(&w->out);
	free(w);
}

bool answer_history_walk_on(struct answer_history_walk *w)
{
	size_t read_len = 0;

	for (int i = 0; i < WALK_ROWS && read_len < WALK_LEN && !w->decided; i++) {
		const void *row;
		size_t len;

		if (w->past->store == NULL ||
		    store_next(w->past->store, prefix, STORE_UP, w->key, &row, &len))
			return false;
		walk_row(w, row, len);
		read_len += len;
	}
	return !w->decided;
}

void answer_history_walk_take(struct answer_history_walk *w,
			      struct answer_history_answer *out)
{
	settle(w);
	*out = w->out;
	w->out = (struct answer_history_answer){ 0 };
}

void answer_history_answer_fini(struct answer_history_answer *a)
{
	free(a->answer);
	free(a->reason);
	free(a->until_answer);
}
