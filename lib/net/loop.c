#include "net/loop.h"

#include <assert.h>
#include <ev.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "net/scratch.h"
#include "net/timers.h"

struct watch {
	ev_io io;
	struct loop *loop;
	watch_fn *fn;
	void *arg;
};

/* A call posted by another thread. */
struct post {
	struct post *next;
	post_fn *fn;
	void *arg;
};

struct posted_call {
	post_fn *fn;
	void *arg;
};

struct loop {
	struct ev_loop *ev; /* NULL: the clock is virtual */
	uint64_t now_ms;
	struct timers timers;
	ev_timer alarm; /* wakes for the earliest of `timers` */
	ev_check woken;
	ev_async posted;
	struct post *posts; /* newest first; accessed atomically */
	struct posted_call *idles;
	size_t idle_count;
	post_fn *before_wait, *after_wait;
	void *wait_arg;
	uint8_t *scratch; /* NULL until asked for */
	bool stopped;
};

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The wait is over: the time stays the same during this turn. */
static void take_time(struct ev_loop *ev, ev_check *w, int events)
{
	struct loop *l = w->data;

	(void)ev;
	(void)events;
	l->now_ms = clock_ms();
}

static void run_posts(struct loop *l)
{
	struct post *newest = __atomic_exchange_n(&l->posts, NULL, __ATOMIC_ACQUIRE);
	struct post *oldest = NULL;

	while (newest) {
		struct post *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	while (oldest) {
		struct post p = *oldest;

		free(oldest);
		oldest = p.next;
		p.fn(p.arg);
	}
}

static void on_posted(struct ev_loop *ev, ev_async *w, int events)
{
	(void)ev;
	(void)events;
	run_posts(w->data);
}

/* Nothing to do: the turn runs what is due. */
static void on_alarm(struct ev_loop *ev, ev_timer *w, int events)
{
	(void)ev;
	(void)w;
	(void)events;
}

struct loop *loop_new(void)
{
	struct loop *l = alloc(sizeof(*l));

	signal(SIGPIPE, SIG_IGN);
	l->ev = ev_loop_new(EVFLAG_NOENV | EVBACKEND_EPOLL);
	assert(l->ev);
	l->now_ms = clock_ms();
	ev_set_userdata(l->ev, l);
	ev_timer_init(&l->alarm, on_alarm, 0, 0);
	ev_check_init(&l->woken, take_time);
	ev_set_priority(&l->woken, EV_MAXPRI);
	l->woken.data = l;
	ev_check_start(l->ev, &l->woken);
	ev_async_init(&l->posted, on_posted);
	l->posted.data = l;
	ev_async_start(l->ev, &l->posted);
	return l;
}

struct loop *loop_new_virtual(uint64_t now_ms)
{
	struct loop *l = alloc(sizeof(*l));

	l->now_ms = now_ms;
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	for (struct post *p = l->posts; p;) {
		struct post *next = p->next;

		free(p);
		p = next;
	}
	if (l->ev)
		ev_loop_destroy(l->ev);
	timers_fini(&l->timers);
	free(l->idles);
	free(l->scratch);
	free(l);
}

uint8_t *loop_scratch(struct loop *l)
{
	if (!l->scratch)
		l->scratch = alloc(SCRATCH_LEN);
	return l->scratch;
}

static void run_idles(struct loop *l)
{
	for (size_t i = 0; i < l->idle_count; i++)
		l->idles[i].fn(l->idles[i].arg);
}

/*
 * Runs the timers that are due, but none that were started meanwhile: a timer that
 * starts itself again without delay must not keep the descriptors waiting.
 */
static void run_timers(struct loop *l)
{
	uint64_t last = l->timers.order;

	for (;;) {
		struct timer *t = timers_first(&l->timers);

		if (!t || t->at > l->now_ms || t->order > last)
			return;
		timers_remove(&l->timers, t);
		t->fn(t->arg);
	}
}

static void set_alarm(struct loop *l)
{
	const struct timer *first = timers_first(&l->timers);
	uint64_t now = clock_ms();

	ev_timer_stop(l->ev, &l->alarm);
	if (!first)
		return;
	ev_timer_set(&l->alarm, first->at > now ? (double)(first->at - now) / 1e3 : 0,
		     0);
	ev_now_update(l->ev);
	ev_timer_start(l->ev, &l->alarm);
}

void loop_turn(struct loop *l, bool wait)
{
	bool was_stopped;

	if (!l->ev) {
		run_posts(l);
		run_timers(l);
		run_idles(l);
		return;
	}
	was_stopped = l->stopped;
	run_idles(l);
	wait = wait && l->stopped == was_stopped;
	if (wait)
		set_alarm(l);
	ev_run(l->ev, wait ? EVRUN_ONCE : EVRUN_NOWAIT);
	run_timers(l);
}

void loop_run(struct loop *l)
{
	l->stopped = false;
	while (!l->stopped)
		loop_turn(l, true);
}

void loop_stop(struct loop *l)
{
	l->stopped = true;
}

void loop_advance(struct loop *l, uint64_t by_ms)
{
	uint64_t until = l->now_ms + by_ms;

	assert(!l->ev);
	for (;;) {
		struct timer *t;

		run_posts(l);
		t = timers_first(&l->timers);
		if (t && t->at <= l->now_ms) {
			timers_remove(&l->timers, t);
			t->fn(t->arg);
			continue;
		}
		run_idles(l);
		t = timers_first(&l->timers);
		if (!t || t->at > until)
			break;
		if (t->at > l->now_ms)
			l->now_ms = t->at;
	}
	l->now_ms = until;
}

uint64_t loop_now(const struct loop *l)
{
	return l->now_ms;
}

uint64_t loop_now_fresh(struct loop *l)
{
	if (l->ev)
		l->now_ms = clock_ms();
	return l->now_ms;
}

static void on_ready(struct ev_loop *ev, ev_io *io, int events)
{
	struct watch *w = io->data;

	(void)ev;
	w->fn(w->arg, ((events & EV_READ) ? LOOP_READ : 0) |
			      ((events & EV_WRITE) ? LOOP_WRITE : 0));
}

struct watch *watch_start(struct loop *l, int fd, int wanted, watch_fn *fn, void *arg)
{
	struct watch *w = alloc(sizeof(*w));

	assert(l->ev);
	w->loop = l;
	w->fn = fn;
	w->arg = arg;
	ev_io_init(&w->io, on_ready, fd, 0);
	w->io.data = w;
	watch_want(w, wanted);
	return w;
}

void watch_want(struct watch *w, int wanted)
{
	int events = ((wanted & LOOP_READ) ? EV_READ : 0) |
		     ((wanted & LOOP_WRITE) ? EV_WRITE : 0);

	if (ev_is_active(&w->io) && (w->io.events & (EV_READ | EV_WRITE)) == events)
		return;
	ev_io_stop(w->loop->ev, &w->io);
	if (!events)
		return;
	ev_io_set(&w->io, w->io.fd, events);
	ev_io_start(w->loop->ev, &w->io);
}

void watch_stop(struct watch *w)
{
	if (!w)
		return;
	ev_io_stop(w->loop->ev, &w->io);
	free(w);
}

void timer_start_at(struct loop *l, struct timer *t, uint64_t at_ms, timer_fn *fn,
		    void *arg)
{
	bool stays = t->heap_index && t->at <= l->now_ms && at_ms <= l->now_ms;

	assert(!t->heap_index || t->loop == l);
	t->fn = fn;
	t->arg = arg;
	if (stays) /* due before and after: behind others it might never have its turn
		    */
		return;
	t->at = at_ms;
	t->loop = l;
	timers_put(&l->timers, t);
}

void timer_start(struct loop *l, struct timer *t, uint64_t after_ms, timer_fn *fn,
		 void *arg)
{
	timer_start_at(l, t, l->now_ms + after_ms, fn, arg);
}

void timer_stop(struct timer *t)
{
	if (t->heap_index)
		timers_remove(&t->loop->timers, t);
}

void loop_post(struct loop *l, post_fn *fn, void *arg)
{
	struct post *p = alloc(sizeof(*p));

	p->fn = fn;
	p->arg = arg;
	p->next = __atomic_load_n(&l->posts, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&l->posts, &p->next, p, true,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	if (l->ev)
		ev_async_send(l->ev, &l->posted);
}

void loop_on_idle(struct loop *l, post_fn *fn, void *arg)
{
	l->idles = alloc_resize(l->idles, l->idle_count + 1, sizeof(*l->idles));
	l->idles[l->idle_count++] = (struct posted_call){ fn, arg };
}

static void wait_begins(EV_P)
{
	struct loop *l = ev_userdata(EV_A);

	l->before_wait(l->wait_arg);
}

static void wait_ended(EV_P)
{
	struct loop *l = ev_userdata(EV_A);

	l->after_wait(l->wait_arg);
}

void loop_around_wait(struct loop *l, post_fn *before, post_fn *after, void *arg)
{
	assert(l->ev);
	l->before_wait = before;
	l->after_wait = after;
	l->wait_arg = arg;
	ev_set_loop_release_cb(l->ev, wait_begins, wait_ended);
}
