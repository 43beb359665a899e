/*
 * The event loop of one thread: descriptors, timers, and calls posted by other threads.
 * Uses libev; the timers are our own, so that a test can control the clock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct loop;

/* Also makes the process ignore SIGPIPE: a closed stream is reported as an error. */
struct loop *loop_new(void);

/* A loop whose clock starts at `now_ms` and is moved only by loop_advance();
 * it has no descriptors. */
struct loop *loop_new_virtual(uint64_t now_ms);
void loop_free(struct loop *l);

/* Runs until loop_stop(). */
void loop_run(struct loop *l);

/* Runs one turn; waits for an event only if `wait`, and no idle call stops the loop. */
void loop_turn(struct loop *l, bool wait);
void loop_stop(struct loop *l);

/* Moves a virtual clock, running each timer at its own moment, in order. */
void loop_advance(struct loop *l, uint64_t by_ms);

/* Monotonic time in ms: at the start of the turn, or read again. For a virtual loop
 * both are the same. */
uint64_t loop_now(const struct loop *l);
uint64_t loop_now_fresh(struct loop *l);

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

struct watch;
typedef void watch_fn(void *arg, int ready); /* LOOP_READ | LOOP_WRITE */

/* Watches a descriptor, which the caller continues to own. */
struct watch *watch_start(struct loop *l, int fd, int wanted, watch_fn *fn, void *arg);
void watch_want(struct watch *w, int wanted); /* 0: pause */
void watch_stop(struct watch *w); /* also frees it; NULL does nothing; allowed inside
				     its own callback */

typedef void timer_fn(void *arg);

/* Embedded in its owner; all zero is a stopped timer. */
struct timer {
	uint64_t at;
	uint64_t order; /* order of starting: timers due at the same time run in this
			   order */
	timer_fn *fn;
	void *arg;
	struct loop *loop;
	uint32_t heap_index; /* from 1; 0: stopped */
};

/* One shot, at a time or after an interval; starting a started timer moves it, unless
 * it is due before and after: then it keeps its place. */
void timer_start_at(struct loop *l, struct timer *t, uint64_t at_ms, timer_fn *fn,
		    void *arg);
void timer_start(struct loop *l, struct timer *t, uint64_t after_ms, timer_fn *fn,
		 void *arg);
void timer_stop(struct timer *t);
static inline bool timer_is_started(const struct timer *t)
{
	return t->heap_index != 0;
}

/* Posts a call to the loop's thread from any other thread. Calls are made in order;
 * never blocks. */
typedef void post_fn(void *arg);
void loop_post(struct loop *l, post_fn *fn, void *arg);

/* Calls `fn` before each wait, for one quiescent state per turn and batches of writes.
 */
void loop_on_idle(struct loop *l, post_fn *fn, void *arg);

/* Calls around the wait itself, for liburcu's offline and online states. */
void loop_around_wait(struct loop *l, post_fn *before, post_fn *after, void *arg);
