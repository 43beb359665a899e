#include "net/loop.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/harness.h"

enum { LOG_MAX = 64 };

/* What ran, in order, with the virtual moment. */
static struct {
	int who[LOG_MAX];
	uint64_t at[LOG_MAX];
	int count;
	struct loop *loop;
} ran;

struct tick {
	struct timer timer;
	int who;
	struct tick *stops;     /* stops this one when it runs */
	uint64_t again_ms;      /* starts itself again */
	struct tick *frees_too; /* heap-made: freed by the one that stops it */
};

static void note(int who)
{
	if (ran.count < LOG_MAX) {
		ran.who[ran.count] = who;
		ran.at[ran.count] = loop_now(ran.loop);
	}
	ran.count++;
}

static void on_tick(void *arg)
{
	struct tick *t = arg;

	note(t->who);
	if (t->stops)
		timer_stop(&t->stops->timer);
	if (t->again_ms)
		timer_start(ran.loop, &t->timer, t->again_ms, on_tick, t);
	free(t->frees_too);
}

static void begin(struct loop *l)
{
	ran.count = 0;
	ran.loop = l;
}

static void virtual_timers_run_each_at_its_own_moment_in_order(void)
{
	struct loop *l = loop_new_virtual(1000);
	struct tick a = { .who = 1 };
	struct tick b = { .who = 2 };
	struct tick c = { .who = 3 };

	begin(l);
	timer_start(l, &a.timer, 30, on_tick, &a);
	timer_start(l, &b.timer, 10, on_tick, &b);
	timer_start(l, &c.timer, 30, on_tick, &c);
	loop_advance(l, 29);
	CU_ASSERT_EQUAL(ran.count, 1);
	CU_ASSERT_EQUAL(ran.who[0], 2);
	CU_ASSERT_EQUAL(ran.at[0], 1010);
	CU_ASSERT_EQUAL(loop_now(l), 1029);
	loop_advance(l, 1);
	CU_ASSERT_EQUAL(ran.count, 3);
	CU_ASSERT_EQUAL(ran.who[1], 1);
	CU_ASSERT_EQUAL(ran.who[2], 3);
	CU_ASSERT_EQUAL(ran.at[2], 1030);
	loop_free(l);
}

static void a_timer_may_stop_another_of_the_same_moment(void)
{
	struct loop *l = loop_new_virtual(0);
	struct tick *b = calloc(1, sizeof(*b));
	struct tick a = { .who = 1, .stops = b, .frees_too = b };

	begin(l);
	b->who = 2;
	timer_start(l, &a.timer, 5, on_tick, &a);
	timer_start(l, &b->timer, 5, on_tick, b);
	loop_advance(l, 10);
	CU_ASSERT_EQUAL(ran.count, 1);
	CU_ASSERT_FALSE(timer_is_started(&a.timer));
	loop_free(l);
}

static void a_timer_may_start_itself_again(void)
{
	struct loop *l = loop_new_virtual(0);
	struct tick a = { .who = 1, .again_ms = 10 };

	begin(l);
	timer_start(l, &a.timer, 10, on_tick, &a);
	loop_advance(l, 55);
	CU_ASSERT_EQUAL(ran.count, 5);
	CU_ASSERT_EQUAL(ran.at[4], 50);
	CU_ASSERT(timer_is_started(&a.timer));
	timer_stop(&a.timer);
	timer_stop(&a.timer);
	loop_advance(l, 50);
	CU_ASSERT_EQUAL(ran.count, 5);
	loop_free(l);
}

static void starting_a_started_timer_moves_it(void)
{
	struct loop *l = loop_new_virtual(0);
	struct tick a = { .who = 1 };

	begin(l);
	timer_start(l, &a.timer, 10, on_tick, &a);
	timer_start(l, &a.timer, 40, on_tick, &a);
	loop_advance(l, 39);
	CU_ASSERT_EQUAL(ran.count, 0);
	timer_start(l, &a.timer, 0, on_tick, &a);
	loop_advance(l, 0);
	CU_ASSERT_EQUAL(ran.count, 1);
	loop_free(l);
}

/* Starts another one, and itself before it, each time that it runs. */
struct pusher {
	struct timer timer;
	struct tick *pushed;
};

static void on_push(void *arg)
{
	struct pusher *p = arg;

	timer_start(ran.loop, &p->timer, 0, on_push, p);
	timer_start(ran.loop, &p->pushed->timer, 0, on_tick, p->pushed);
}

static void a_due_timer_runs_though_another_starts_it_again_in_each_turn(void)
{
	struct loop *real = loop_new();
	struct loop *virtual = loop_new_virtual(0);

	for (int i = 0; i < 2; i++) {
		struct loop *l = i ? virtual : real;
		struct tick a = { .who = 1 };
		struct pusher p = { .pushed = &a };

		begin(l);
		on_push(&p);
		for (int turn = 0; turn < 10; turn++)
			loop_turn(l, false);
		CU_ASSERT_EQUAL(ran.count, 5); /* in the turn after its start */
		timer_stop(&p.timer);
		timer_stop(&a.timer);
		loop_free(l);
	}
}

/* One ms after another: those that run are in order, and none was stopped. */
static void advance_slowly(struct loop *l, int span_ms)
{
	uint64_t last = 0;
	bool good = true;

	for (int step = 0; step < span_ms; step++) {
		int before = ran.count;

		loop_advance(l, 1);
		for (int i = before; i < ran.count && i < LOG_MAX; i++) {
			good = good && ran.at[i] >= last && ran.who[i] % 3 != 0;
			last = ran.at[i];
		}
	}
	CU_ASSERT(good);
}

/* 3,000 starts and moves, and every third timer stopped again. */
static void many_timers_run_in_order(void)
{
	enum { COUNT = 1000, SPAN_MS = 5000 };
	static struct tick ticks[COUNT];
	struct loop *l = loop_new_virtual(0);
	uint32_t seed = 12345;
	int stopped = 0;

	begin(l);
	for (int i = 0; i < 3 * COUNT; i++) {
		struct tick *t = &ticks[i % COUNT];

		seed = seed * 1103515245 + 12345;
		t->who = i % COUNT;
		timer_start(l, &t->timer, (seed >> 8) % SPAN_MS, on_tick, t);
	}
	for (int i = 0; i < COUNT; i += 3, stopped++)
		timer_stop(&ticks[i].timer);
	advance_slowly(l, SPAN_MS);
	CU_ASSERT_EQUAL(ran.count, COUNT - stopped);
	loop_free(l);
}

static void a_timer_without_delay_waits_for_the_next_turn(void)
{
	struct loop *l = loop_new();
	struct tick a = { .who = 1 };

	begin(l);
	timer_start(l, &a.timer, 0, on_tick, &a);
	loop_turn(l, true);
	CU_ASSERT_EQUAL(ran.count, 1);
	loop_free(l);
}

struct loop_seen {
	struct watch *watch;
	int fd;
	int ready;
	int count;
	bool stop;
	struct loop_seen *stops;
};

static void on_ready(void *arg, int ready)
{
	struct loop_seen *s = arg;
	char octet;

	s->ready |= ready;
	s->count++;
	if (ready & LOOP_READ)
		CU_ASSERT_EQUAL(read(s->fd, &octet, 1), 1);
	if (s->stop) {
		watch_stop(s->watch);
		s->watch = NULL;
	}
	if (s->stops) {
		watch_stop(s->stops->watch);
		s->stops->watch = NULL;
	}
}

static void a_watch_may_be_stopped_inside_its_call(void)
{
	struct loop *l = loop_new();
	int pair[2];
	struct loop_seen s = { .stop = true };

	CU_ASSERT_EQUAL_FATAL(pipe(pair), 0);
	s.fd = pair[0];
	s.watch = watch_start(l, pair[0], LOOP_READ, on_ready, &s);
	CU_ASSERT_EQUAL(write(pair[1], "ab", 2), 2);
	loop_turn(l, true);
	loop_turn(l, false);
	CU_ASSERT_EQUAL(s.count, 1);
	CU_ASSERT_EQUAL(s.ready, LOOP_READ);
	loop_free(l);
	close(pair[0]);
	close(pair[1]);
}

static void a_watch_stopped_by_another_of_the_same_turn_is_not_called(void)
{
	struct loop *l = loop_new();
	int one[2];
	int two[2];
	struct loop_seen a = { 0 };
	struct loop_seen b = { 0 };

	CU_ASSERT_EQUAL_FATAL(pipe(one), 0);
	CU_ASSERT_EQUAL_FATAL(pipe(two), 0);
	a.fd = one[0];
	b.fd = two[0];
	a.stops = &b;
	b.stops = &a;
	a.watch = watch_start(l, one[0], LOOP_READ, on_ready, &a);
	b.watch = watch_start(l, two[0], LOOP_READ, on_ready, &b);
	CU_ASSERT_EQUAL(write(one[1], "a", 1), 1);
	CU_ASSERT_EQUAL(write(two[1], "b", 1), 1);
	loop_turn(l, true);
	loop_turn(l, false);
	CU_ASSERT_EQUAL(a.count + b.count, 1);
	watch_stop(a.watch);
	watch_stop(b.watch);
	loop_free(l);
	close(one[0]);
	close(one[1]);
	close(two[0]);
	close(two[1]);
}

static void a_paused_watch_is_not_called(void)
{
	struct loop *l = loop_new();
	int pair[2];
	struct loop_seen s = { 0 };

	CU_ASSERT_EQUAL_FATAL(pipe(pair), 0);
	s.fd = pair[0];
	s.watch = watch_start(l, pair[0], LOOP_READ, on_ready, &s);
	CU_ASSERT_EQUAL(write(pair[1], "a", 1), 1);
	watch_want(s.watch, 0);
	loop_turn(l, false);
	CU_ASSERT_EQUAL(s.count, 0);
	watch_want(s.watch, LOOP_READ);
	loop_turn(l, true);
	CU_ASSERT_EQUAL(s.count, 1);
	watch_stop(s.watch);
	loop_free(l);
	close(pair[0]);
	close(pair[1]);
}

enum { POSTS = 10000, POSTERS = 3 };

struct poster {
	struct loop *loop;
	pthread_t thread;
	int next; /* posts arrived so far, each in its turn */
};

struct letter {
	struct poster *from;
	int number;
};

static struct letter letters[POSTERS][POSTS];
static int letters_in_order;
static int letters_arrived;

static void on_letter(void *arg)
{
	struct letter *p = arg;

	letters_in_order += p->number == p->from->next++;
	letters_arrived++;
	if (letters_arrived == POSTS * POSTERS)
		loop_stop(p->from->loop);
}

static void *post_all(void *arg)
{
	struct letter *row = arg;

	for (int i = 0; i < POSTS; i++)
		loop_post(row->from->loop, on_letter, &row[i]);
	return NULL;
}

static void posts_of_a_thread_arrive_in_its_order(void)
{
	struct loop *l = loop_new();
	struct poster posters[POSTERS] = { { 0 } };

	for (int p = 0; p < POSTERS; p++) {
		posters[p].loop = l;
		for (int i = 0; i < POSTS; i++)
			letters[p][i] = (struct letter){ &posters[p], i };
		pthread_create(&posters[p].thread, NULL, post_all, letters[p]);
	}
	loop_run(l);
	for (int p = 0; p < POSTERS; p++)
		pthread_join(posters[p].thread, NULL);
	CU_ASSERT_EQUAL(letters_arrived, POSTS * POSTERS);
	CU_ASSERT_EQUAL(letters_in_order, POSTS * POSTERS);
	loop_free(l);
}

static void on_call(void *arg)
{
	++*(int *)arg;
}

static void on_after(void *arg)
{
	*(int *)arg += 100;
}

static void idle_calls_come_before_the_wait_and_others_around_it(void)
{
	struct loop *l = loop_new();
	int idle = 0;
	int around = 0;

	loop_on_idle(l, on_call, &idle);
	loop_around_wait(l, on_call, on_after, &around);
	loop_post(l, on_call, &idle);
	loop_turn(l, true);
	CU_ASSERT_EQUAL(idle, 2);
	CU_ASSERT_EQUAL(around, 101);
	loop_free(l);
}

static void on_stop(void *arg)
{
	loop_stop(arg);
}

static void a_loop_stopped_before_its_wait_does_not_wait(void)
{
	struct loop *l = loop_new();

	loop_on_idle(l, on_stop, l);
	loop_run(l); /* nothing would ever wake it */
	loop_free(l);
}

static void posts_reach_a_virtual_loop(void)
{
	struct loop *l = loop_new_virtual(0);
	int posts = 0;

	loop_post(l, on_call, &posts);
	loop_advance(l, 1);
	CU_ASSERT_EQUAL(posts, 1);
	loop_post(l, on_call, &posts);
	loop_turn(l, false);
	CU_ASSERT_EQUAL(posts, 2);
	loop_post(l, on_call, &posts); /* never called: freed with the loop */
	loop_free(l);
	CU_ASSERT_EQUAL(posts, 2);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "virtual timers run each at its own moment, in order",
		  virtual_timers_run_each_at_its_own_moment_in_order },
		{ "a timer may stop another of the same moment",
		  a_timer_may_stop_another_of_the_same_moment },
		{ "a timer may start itself again", a_timer_may_start_itself_again },
		{ "starting a started timer moves it",
		  starting_a_started_timer_moves_it },
		{ "a due timer runs though another starts it again in each turn",
		  a_due_timer_runs_though_another_starts_it_again_in_each_turn },
		{ "many timers run in order", many_timers_run_in_order },
		{ "a timer without delay runs in the next turn",
		  a_timer_without_delay_waits_for_the_next_turn },
		{ "a watch may be stopped inside its call",
		  a_watch_may_be_stopped_inside_its_call },
		{ "a watch stopped by another of the same turn is not called",
		  a_watch_stopped_by_another_of_the_same_turn_is_not_called },
		{ "a paused watch is not called", a_paused_watch_is_not_called },
		{ "posts of a thread arrive in its order",
		  posts_of_a_thread_arrive_in_its_order },
		{ "idle calls come before the wait, others around it",
		  idle_calls_come_before_the_wait_and_others_around_it },
		{ "a loop stopped before its wait does not wait",
		  a_loop_stopped_before_its_wait_does_not_wait },
		{ "posts reach a virtual loop", posts_reach_a_virtual_loop },
		CU_TEST_INFO_NULL,
	};

	alarm(20); /* what never comes must not hang the runner */
	return suite_run("net/loop", tests);
}
