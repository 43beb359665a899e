#include "resolver/answer/outbox.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "dns/frame.h"
#include "net/loop.h"
#include "net/stream.h"

enum {
	OUT_LEN = OUTBOX_BATCH_LEN + FRAME_HEAD_LEN + FRAME_MESSAGE_MAX,
	UNTAKEN_MAX = 2 * (FRAME_HEAD_LEN + FRAME_MESSAGE_MAX),
	SOURCES_MAX = 64,
	SPARED_LEN = 4096, /* who holds less than that is not to blame */
	HELD_MAX = 64 * 1024
};

_Static_assert(OUTBOX_MARK_LEN + OUT_LEN <= OUTBOX_UNSENT_MAX,
	       "a batch may go out whenever less than the mark waits");

struct outboxes {
	struct loop *loop;
	struct outbox_calls calls;
	size_t unsent_max;
	LIST_HEAD(outbox_list, outbox) list;
	TAILQ_HEAD(turns, outbox) turns;
	struct timer turn;
	size_t source_count;
	size_t out_len;
	uint8_t out[OUT_LEN]; /* of one connection, framed */
};

/* Shared by all workers; accessed atomically. */
static uint64_t unsent_len;

uint64_t outboxes_unsent_len(void)
{
	return __atomic_load_n(&unsent_len, __ATOMIC_RELAXED);
}

/* Questions that wait for their turn count too, and what may become some. */
static void count_unsent(struct outbox *o)
{
	size_t len = stream_queued_len(o->stream) + o->held_len + o->untaken_len;

	(void)__atomic_add_fetch(&unsent_len, (uint64_t)len - o->unsent_len,
				 __ATOMIC_RELAXED);
	o->unsent_len = len;
}

/* Who holds most; NULL: nobody of this worker holds much. */
static struct outbox *largest(struct outboxes *all)
{
	struct outbox *o = LIST_FIRST(&all->list);
	struct outbox *most = o;

	while (o) {
		count_unsent(o);
		if (o->unsent_len > most->unsent_len)
			most = o;
		o = LIST_NEXT(o, entry);
	}
	return most && most->unsent_len >= SPARED_LEN ? most : NULL;
}

static bool is_crowded(const struct outboxes *all)
{
	return outboxes_unsent_len() > all->unsent_max;
}

/* In each turn of the loop, because another worker may have filled it. */
static void relieve(void *arg)
{
	struct outboxes *all = arg;
	struct outbox *o;

	while (is_crowded(all) && (o = largest(all)) && is_crowded(all))
		all->calls.crowded(o->connection);
}

struct outboxes *outboxes_new(struct loop *l, const struct outbox_calls *calls,
			      size_t unsent_max)
{
	struct outboxes *all = alloc(sizeof(*all));

	all->loop = l;
	all->calls = *calls;
	all->unsent_max = unsent_max;
	LIST_INIT(&all->list);
	TAILQ_INIT(&all->turns);
	loop_on_idle(l, relieve, all);
	return all;
}

void outboxes_free(struct outboxes *all)
{
	if (all == NULL)
		return;
	timer_stop(&all->turn);
	free(all);
}

size_t outboxes_source_count(const struct outboxes *all)
{
	return all->source_count;
}

void outbox_init(struct outbox *o, struct outboxes *all, struct stream *s,
		 void *connection)
{
	*o = (struct outbox){ .all = all, .stream = s, .connection = connection };
	STAILQ_INIT(&o->sources);
	LIST_INSERT_HEAD(&all->list, o, entry);
	stream_limits(s, UNTAKEN_MAX, OUTBOX_UNSENT_MAX);
}

static struct message_source *take_first(struct outbox *o)
{
	struct message_source *s = STAILQ_FIRST(&o->sources);

	if (s) {
		STAILQ_REMOVE_HEAD(&o->sources, entry);
		o->source_count--;
		o->held_len -= s->held_len;
		o->all->source_count--;
	}
	return s;
}

static void drop_sources(struct outbox *o)
{
	struct message_source *s;

	while ((s = take_first(o)))
		s->kind->free(s);
}

static void set_turn(struct outbox *o, bool has_turn)
{
	if (o->has_turn && !has_turn)
		TAILQ_REMOVE(&o->all->turns, o, in_turn);
	else if (!o->has_turn && has_turn)
		TAILQ_INSERT_TAIL(&o->all->turns, o, in_turn);
	o->has_turn = has_turn;
}

void outbox_fini(struct outbox *o)
{
	drop_sources(o);
	set_turn(o, false);
	(void)__atomic_sub_fetch(&unsent_len, o->unsent_len, __ATOMIC_RELAXED);
	LIST_REMOVE(o, entry);
}

void outbox_add(struct outbox *o, struct message_source *s)
{
	STAILQ_INSERT_TAIL(&o->sources, s, entry);
	o->source_count++;
	o->held_len += s->held_len;
	o->all->source_count++;
}

bool outbox_is_full(const struct outbox *o)
{
	return o->source_count >= SOURCES_MAX || o->held_len >= HELD_MAX;
}

bool outbox_is_empty(const struct outbox *o)
{
	return o->source_count == 0;
}

/* Continues each connection that had more than one turn; one that is not done then is
 * appended again. */
static void take_turns(void *arg)
{
	struct outboxes *all = arg;
	struct outbox *last = TAILQ_LAST(&all->turns, turns);
	struct outbox *o;
	bool more = last != NULL;

	while (more && (o = TAILQ_FIRST(&all->turns))) {
		more = o != last;
		set_turn(o, false);
		all->calls.more(o->connection);
	}
}

static void wait_turn(struct outbox *o)
{
	set_turn(o, true);
	timer_start(o->all->loop, &o->all->turn, 0, take_turns, o->all);
}

void outbox_untaken(struct outbox *o, size_t len)
{
	o->untaken_len = len;
	count_unsent(o);
}

static void flush(struct outbox *o)
{
	struct outboxes *all = o->all;

	if (all->out_len && stream_write(o->stream, all->out, all->out_len))
		drop_sources(o); /* the stream reports that it has ended */
	all->out_len = 0;
	count_unsent(o);
}

/* Appends the next message of a source, which comes behind all others if it has more.
 * Returns the length of the message. */
static size_t make_one(struct outbox *o, struct message_source *s)
{
	struct outboxes *all = o->all;
	uint8_t *at = all->out + all->out_len;
	bool last = true;
	size_t len = s->kind->next(s, at + FRAME_HEAD_LEN, FRAME_MESSAGE_MAX, &last);

	if (last || len == 0)
		s->kind->free(s);
	else
		outbox_add(o, s);
	if (len)
		len = frame_write_head(at, len);
	all->out_len += len;
	return len;
}

bool outbox_make(struct outbox *o, struct message_source *s)
{
	struct outboxes *all = o->all;

	if (o->source_count || is_crowded(all) ||
	    stream_queued_len(o->stream) >= OUTBOX_MARK_LEN)
		return false;
	(void)make_one(o, s);
	if (all->out_len >= OUTBOX_BATCH_LEN)
		flush(o);
	return true;
}

void outbox_pump(struct outbox *o)
{
	struct outboxes *all = o->all;
	bool crowded = is_crowded(all);
	size_t mark_len = crowded ? 1 : OUTBOX_MARK_LEN;
	size_t turn_len = crowded ? 1 : OUTBOX_TURN_LEN; /* a message */
	size_t made_len = 0;

	set_turn(o, false);
	while (o->source_count && stream_queued_len(o->stream) < mark_len) {
		if (made_len >= turn_len) {
			wait_turn(o);
			break;
		}
		made_len += make_one(o, take_first(o));
		if (all->out_len >= OUTBOX_BATCH_LEN || o->source_count == 0)
			flush(o);
	}
	flush(o);
}
