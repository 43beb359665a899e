#include "recursor/recursor.h"

#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "base/operator/metric.h"
#include "base/process/link.h"
#include "dns/reader.h"
#include "net/loop.h"
#include "recursor/engine_copy.h"
#include "recursor/spoof.h"

enum { BATCHES_A_TURN = 16, UNSENT_MAX = 64, STEP_MS = 1000 };

/* A message that the worker had no room for. */
struct batch_out {
	STAILQ_ENTRY(batch_out) entry;
	size_t len;
	uint8_t octets[];
};

STAILQ_HEAD(batches_out, batch_out);

/* One worker of deputy-dns. Lives as long as questions of its own are outstanding. */
struct worker_link {
	LIST_ENTRY(worker_link) entry;
	struct recursor *recursor;
	struct watch *watch;
	int fd; /* -1: the worker is gone */
	size_t outstanding;
	struct batches_out unsent;
	size_t unsent_count;
	struct writer out; /* answers of this turn */
	uint8_t octets[LINK_PAYLOAD_MAX];
};

LIST_HEAD(worker_links, worker_link);

/*
 * Engines of one configuration that still have questions, or the ones of now. The
 * second cache is asked for what the first one still has, and the other way round, so
 * that a name can be asked for again before it runs out.
 */
enum { FIRST, SECOND, ENGINES };

struct running {
	LIST_ENTRY(running) entry;
	struct engine *engines[ENGINES];
	struct engine_copy *options; /* as they were made */
};

LIST_HEAD(runnings, running);

struct recursor {
	struct loop *loop;
	struct running *now;
	struct runnings runnings; /* all, `now` too */
	struct running *prepared;
	struct engine_counts past; /* of engines that are no more */
	struct worker_links worker_links;
	uint64_t dropped_count;
	int64_t ahead_ms; /* of the wall clock, when it was last looked at */
	uint8_t space[LINK_PAYLOAD_MAX];
};

/* clang-format off */
static struct event malformed = {
	.name = "link-malformed", .level = LOG_LEVEL_ERROR, .per_minute = 6,
	.help = "a malformed request from deputy-dns was dropped",
};

static struct event clock_set = {
	.name = "clock-set", .level = LOG_LEVEL_NOTICE, .per_minute = 6,
	.help = "the clock was set: the cache, whose ages it gives, was emptied",
};
/* clang-format on */

static void unlink_worker_link(struct worker_link *s)
{
	struct batch_out *b;

	watch_stop(s->watch);
	s->watch = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	while ((b = STAILQ_FIRST(&s->unsent))) {
		STAILQ_REMOVE_HEAD(&s->unsent, entry);
		free(b);
	}
	s->unsent_count = 0;
}

static void worker_link_free(struct worker_link *s)
{
	unlink_worker_link(s);
	LIST_REMOVE(s, entry);
	free(s);
}

static int send_batch(struct worker_link *s, const uint8_t *octets, size_t len)
{
	return link_send(s->fd, &(struct link_message){ .type = RECURSION_ANSWERS,
							.payload = octets,
							.len = len });
}

/* Sends what waits. Returns whether nothing waits any more. */
static bool send_waiting(struct worker_link *s)
{
	struct batch_out *b;

	while ((b = STAILQ_FIRST(&s->unsent))) {
		if (send_batch(s, b->octets, b->len) == ERR_AGAIN)
			return false;
		STAILQ_REMOVE_HEAD(&s->unsent, entry);
		s->unsent_count--;
		free(b);
	}
	watch_want(s->watch, LOOP_READ);
	return true;
}

static void keep_waiting(struct worker_link *s, size_t len)
{
	struct batch_out *b;

	if (s->unsent_count ==
	    UNSENT_MAX) { /* it stands still, and has its own limit */
		s->recursor->dropped_count++;
		return;
	}
	b = alloc(sizeof(*b) + len);
	b->len = len;
	memcpy(b->octets, s->octets, len);
	STAILQ_INSERT_TAIL(&s->unsent, b, entry);
	s->unsent_count++;
	watch_want(s->watch, LOOP_READ | LOOP_WRITE);
}

/* Sends the answers gathered so far. */
static void flush(struct worker_link *s)
{
	size_t len = writer_len(&s->out);

	if (len == 0)
		return;
	s->out = writer_of(s->octets, sizeof(s->octets));
	if (s->fd < 0)
		return;
	if (!STAILQ_EMPTY(&s->unsent) || send_batch(s, s->octets, len) == ERR_AGAIN)
		keep_waiting(s, len);
}

static void running_free(struct running *n)
{
	if (n == NULL)
		return;
	for (int i = 0; i < ENGINES; i++)
		engine_free(n->engines[i]);
	engine_copy_free(n->options);
	free(n);
}

/* Returns 0 or ERR_INVALID, with a text in `why`. */
static int running_new(struct loop *l, const struct engine_options *options, char **why,
		       struct running **out)
{
	enum { SECOND_PART = 4 };
	struct engine_options first = *options;
	struct engine_options second = *options;
	struct running *n = alloc(sizeof(*n));
	int err;

	n->options = engine_copy_new(options);
	second.cache_mib = options->cache_mib / SECOND_PART;
	first.cache_mib = options->cache_mib - second.cache_mib;
	err = engine_new(l, &first, why, &n->engines[FIRST]);
	if (err == OK)
		err = engine_new(l, &second, why, &n->engines[SECOND]);
	if (err)
		running_free(n);
	else
		*out = n;
	return err;
}

static size_t outstanding_of(const struct running *n)
{
	return engine_outstanding(n->engines[FIRST]) +
	       engine_outstanding(n->engines[SECOND]);
}

static void add_counts(struct engine_counts *to, const struct engine_counts *from)
{
	to->questions += from->questions;
	to->bogus += from->bogus;
	to->kept_out += from->kept_out;
	to->failed += from->failed;
	to->late += from->late;
	to->refused += from->refused;
	to->short_of_budget += from->short_of_budget;
}

/* Of all engines since this process began. */
static struct engine_counts sum_counts(const struct recursor *r)
{
	struct engine_counts sum = r->past;

	for (const struct running *n = LIST_FIRST(&r->runnings); n;
	     n = LIST_NEXT(n, entry))
		for (int i = 0; i < ENGINES; i++)
			add_counts(&sum, engine_counts(n->engines[i]));
	return sum;
}

static void on_idle(void *arg)
{
	struct recursor *r = arg;
	struct worker_link *next;
	struct running *next_running;

	for (struct worker_link *s = LIST_FIRST(&r->worker_links); s; s = next) {
		next = LIST_NEXT(s, entry);
		flush(s);
		if (s->fd < 0 && s->outstanding == 0)
			worker_link_free(s);
	}
	for (struct running *n = LIST_FIRST(&r->runnings); n; n = next_running) {
		next_running = LIST_NEXT(n, entry);
		if (n == r->now || outstanding_of(n))
			continue;
		for (int i = 0; i < ENGINES; i++)
			add_counts(&r->past, engine_counts(n->engines[i]));
		LIST_REMOVE(n, entry);
		running_free(n);
	}
}

static void on_answer(void *arg, const struct recursion_answer *a)
{
	struct worker_link *s = arg;

	s->outstanding--;
	if (s->fd < 0)
		return;
	if (recursion_answer_write(&s->out, a) == OK)
		return;
	flush(s);
	(void)recursion_answer_write(&s->out, a);
}

static void use(struct recursor *r, struct running *n)
{
	LIST_INSERT_HEAD(&r->runnings, n, entry);
	r->now = n;
}

/* How far the wall clock is ahead of the one that is never set. */
static int64_t clock_ahead_ms(void)
{
	enum { MS = 1000, NS = 1000000 };
	struct timespec wall;
	struct timespec steady;

	(void)clock_gettime(CLOCK_REALTIME, &wall);
	(void)clock_gettime(CLOCK_MONOTONIC, &steady);
	return ((int64_t)wall.tv_sec - steady.tv_sec) * MS +
	       (wall.tv_nsec - steady.tv_nsec) / NS;
}

/*
 * libunbound keeps the moment by the wall clock at which a record ends. Set back, the
 * clock would have it last longer than its TTL; set forward, end too soon. So the cache
 * begins anew; signatures are judged by the new time, too.
 */
static void heed_clock(struct recursor *r)
{
	int64_t ahead_ms = clock_ahead_ms();
	int64_t by_ms = ahead_ms - r->ahead_ms;
	struct running *n;
	char *why = NULL;

	r->ahead_ms = ahead_ms;
	if (by_ms <= STEP_MS && by_ms >= -STEP_MS)
		return;
	if (running_new(r->loop, engine_copy_options(r->now->options), &why, &n) == OK)
		use(r, n);
	log_event(&clock_set, "by_s=%lld error=%s", (long long)(by_ms / 1000),
		  log_quote(why ? why : "-"));
	free(why);
}

/* Returns 0, or an error of what is no question. */
static int take_questions(struct worker_link *s, const struct link_message *m)
{
	struct reader r = reader_of(m->payload, m->len);

	if (m->type != RECURSION_QUESTIONS)
		return ERR_MALFORMED;
	heed_clock(s->recursor);
	while (reader_left(&r)) {
		struct recursion_question q;
		int err = recursion_question_read(&r, &q);

		if (err)
			return err;
		s->outstanding++;
		engine_ask(s->recursor->now->engines[q.second ? SECOND : FIRST], &q,
			   on_answer, s);
	}
	return OK;
}

static void on_link(void *arg, int ready)
{
	struct worker_link *s = arg;
	struct recursor *r = s->recursor;
	int err = OK;

	if (ready & LOOP_WRITE && !send_waiting(s))
		return; /* whoever takes no answers asks nothing more */
	for (int i = 0; i < BATCHES_A_TURN && err == OK; i++) {
		struct link_message m;

		err = link_receive(s->fd, r->space, &m);
		if (err)
			break;
		link_close_fds(&m);
		if (take_questions(s, &m))
			log_event(&malformed, "pid=%d", (int)getpid());
	}
	if (err == ERR_CLOSED || err == ERR_SYSTEM)
		unlink_worker_link(
			s); /* freed when it is idle and nothing is outstanding */
}

void recursor_link(struct recursor *r, int fd)
{
	struct worker_link *s = alloc(sizeof(*s));

	s->recursor = r;
	s->fd = fd;
	s->out = writer_of(s->octets, sizeof(s->octets));
	STAILQ_INIT(&s->unsent);
	s->watch = watch_start(r->loop, fd, LOOP_READ, on_link, s);
	LIST_INSERT_HEAD(&r->worker_links, s, entry);
}

int recursor_new(struct loop *l, const struct engine_options *options, char **why,
		 struct recursor **out)
{
	struct running *n;
	struct recursor *r;
	int err = running_new(l, options, why, &n);

	if (err)
		return err;
	r = alloc(sizeof(*r));
	r->loop = l;
	r->ahead_ms = clock_ahead_ms();
	LIST_INIT(&r->worker_links);
	LIST_INIT(&r->runnings);
	use(r, n);
	loop_on_idle(l, on_idle, r);
	*out = r;
	return OK;
}

void recursor_free(struct recursor *r)
{
	struct running *next;
	struct worker_link *next_worker_link;

	if (r == NULL)
		return;
	recursor_abort(r);
	for (struct running *n = LIST_FIRST(&r->runnings); n; n = next) {
		next = LIST_NEXT(n, entry);
		running_free(n);
	}
	for (struct worker_link *s = LIST_FIRST(&r->worker_links); s;
	     s = next_worker_link) {
		next_worker_link = LIST_NEXT(s, entry);
		worker_link_free(s);
	}
	free(r);
}

int recursor_prepare(struct recursor *r, const struct engine_options *options,
		     char **why)
{
	recursor_abort(r);
	return running_new(r->loop, options, why, &r->prepared);
}

void recursor_abort(struct recursor *r)
{
	running_free(r->prepared);
	r->prepared = NULL;
}

void recursor_commit(struct recursor *r)
{
	if (r->prepared)
		use(r, r->prepared);
	r->prepared = NULL;
}

/* Questions of all workers in progress. */
static size_t outstanding_count(const struct recursor *r)
{
	size_t count = 0;

	for (const struct worker_link *s = LIST_FIRST(&r->worker_links); s;
	     s = LIST_NEXT(s, entry))
		count += s->outstanding;
	return count;
}

static void show_status(struct request *req)
{
	const struct recursor *r = req->module;
	const struct engine_counts c = sum_counts(r);
	size_t workers = 0;

	for (const struct worker_link *s = LIST_FIRST(&r->worker_links); s;
	     s = LIST_NEXT(s, entry))
		workers += s->fd >= 0;
	json_int(&req->json, "pid", getpid());
	json_int(&req->json, "workers", (int64_t)workers);
	json_int(&req->json, "outstanding", (int64_t)outstanding_count(r));
	json_int(&req->json, "questions", (int64_t)c.questions);
	json_int(&req->json, "bogus", (int64_t)c.bogus);
	json_int(&req->json, "kept_out", (int64_t)c.kept_out);
	json_int(&req->json, "failed", (int64_t)c.failed);
	json_int(&req->json, "late", (int64_t)c.late);
	json_int(&req->json, "refused", (int64_t)c.refused);
	json_int(&req->json, "short_of_budget", (int64_t)c.short_of_budget);
	json_int(&req->json, "forged", (int64_t)spoof_count());
	json_int(&req->json, "answers_dropped", (int64_t)r->dropped_count);
}

/* clang-format off */
enum { ROW_QUESTIONS, ROW_BOGUS, ROW_KEPT_OUT, ROW_FAILED, ROW_LATE, ROW_REFUSED, ROW_SHORT, ROW_FORGED, ROW_DROPPED, ROW_OUTSTANDING };
static const struct metric metric_rows[] = {
	[ROW_QUESTIONS]   = { "deputy_recursor_questions_total", METRIC_COUNTER, "queries from deputy-dns", NULL, NULL },
	[ROW_BOGUS]       = { "deputy_recursor_bogus_total", METRIC_COUNTER, "answers that failed DNSSEC validation", NULL, NULL },
	[ROW_KEPT_OUT]    = { "deputy_recursor_kept_out_total", METRIC_COUNTER, "answers from which private addresses were removed", NULL, NULL },
	[ROW_FAILED]      = { "deputy_recursor_failed_total", METRIC_COUNTER, "queries that could not be answered", NULL, NULL },
	[ROW_LATE]        = { "deputy_recursor_late_total", METRIC_COUNTER, "queries that timed out", NULL, NULL },
	[ROW_REFUSED]     = { "deputy_recursor_refused_total", METRIC_COUNTER, "queries beyond the limit on outstanding ones", NULL, NULL },
	[ROW_SHORT]       = { "deputy_recursor_short_of_budget_total", METRIC_COUNTER, "queries that needed more packets than one query may send", NULL, NULL },
	[ROW_FORGED]      = { "deputy_recursor_forged_total", METRIC_COUNTER, "queries retried over TCP because of answers that did not match", NULL, NULL },
	[ROW_DROPPED]     = { "deputy_recursor_dropped_total", METRIC_COUNTER, "answers that could not be delivered", NULL, NULL },
	[ROW_OUTSTANDING] = { "deputy_recursor_outstanding", METRIC_GAUGE, "outstanding queries", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL },
};
/* clang-format on */

static void show_metrics(struct request *req)
{
	const struct recursor *r = req->module;
	const struct engine_counts c = sum_counts(r);
	struct metrics *m = metrics_new(metric_rows);
	struct metric_cells *cells = metrics_join(m);
	struct buffer out = { 0 };

	metric_set(cells, ROW_QUESTIONS, c.questions);
	metric_set(cells, ROW_BOGUS, c.bogus);
	metric_set(cells, ROW_KEPT_OUT, c.kept_out);
	metric_set(cells, ROW_FAILED, c.failed);
	metric_set(cells, ROW_LATE, c.late);
	metric_set(cells, ROW_REFUSED, c.refused);
	metric_set(cells, ROW_SHORT, c.short_of_budget);
	metric_set(cells, ROW_FORGED, spoof_count());
	metric_set(cells, ROW_DROPPED, r->dropped_count);
	metric_set(cells, ROW_OUTSTANDING, outstanding_count(r));
	metrics_format(m, &out);
	json_text_len(&req->json, "text", (const char *)out.octets, out.len);
	buffer_fini(&out);
	metrics_free(m);
}

/* clang-format off */
const struct command recursor_commands[] = {
	{ "status", "", MAY_READ, show_status, "state of deputy-recursor and its counters", NULL, NULL },
	{ "metrics", "", MAY_READ, show_metrics, "the counters of this process", NULL, NULL },
	{ .name = NULL },
};
/* clang-format on */
