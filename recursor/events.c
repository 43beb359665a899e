#include "recursor/events.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unbound-event.h>

#include "base/alloc.h"
#include "net/loop.h"
#include "recursor/budget.h"

typedef void event_fn(int fd, short bits, void *arg);

struct base {
	struct ub_event_base outer; /* what libunbound sees; first */
	struct loop *loop;
};

struct happening {
	struct ub_event outer; /* first */
	struct loop *loop;
	struct watch *watch; /* NULL: not watched */
	struct timer timer;
	uint64_t timeout_ms;
	event_fn *fn;
	void *arg;
	struct budget *budget; /* of the question in whose course it was added */
	int fd;
	short bits;
};

static struct happening *of(struct ub_event *u)
{
	return (struct happening *)(void *)u;
}

static void pause_it(struct happening *h)
{
	watch_stop(h->watch);
	h->watch = NULL;
	timer_stop(&h->timer);
}

/* What follows from an event is charged to its budget. The call may free the event: it
 * is not used afterwards. */
static void call(struct happening *h, short bits)
{
	struct budget *was = budget_charge(h->budget);

	h->fn(h->fd, bits, h->arg);
	budget_return(was);
}

static void note_budget(struct happening *h)
{
	struct budget *was = h->budget;

	h->budget = budget_ref(budget_of_event());
	budget_unref(was);
}

static void on_time(void *arg)
{
	struct happening *h = arg;

	pause_it(h);
	call(h, UB_EV_TIMEOUT);
}

static void on_ready(void *arg, int ready)
{
	struct happening *h = arg;
	short bits = 0;

	if (ready & LOOP_READ)
		bits |= UB_EV_READ;
	if (ready & LOOP_WRITE)
		bits |= UB_EV_WRITE;
	if (!(h->bits & UB_EV_PERSIST))
		pause_it(h);
	else if (timer_is_started(&h->timer))
		timer_start(h->loop, &h->timer, h->timeout_ms, on_time, h);
	call(h, bits);
}

static void set_timer(struct happening *h, const struct timeval *after)
{
	h->timeout_ms = (uint64_t)after->tv_sec * 1000 +
			((uint64_t)after->tv_usec + 999) / 1000;
	timer_start(h->loop, &h->timer, h->timeout_ms, on_time, h);
}

static void event_add_bits(struct ub_event *u, short bits)
{
	of(u)->bits = (short)(of(u)->bits | bits);
}

static void event_del_bits(struct ub_event *u, short bits)
{
	of(u)->bits = (short)(of(u)->bits & ~bits);
}

static void event_set_fd(struct ub_event *u, int fd)
{
	of(u)->fd = fd;
}

static int event_del(struct ub_event *u)
{
	pause_it(of(u));
	return 0;
}

static void event_free(struct ub_event *u)
{
	pause_it(of(u));
	budget_unref(of(u)->budget);
	free(u);
}

static int event_add(struct ub_event *u, struct timeval *timeout)
{
	struct happening *h = of(u);
	int wanted = ((h->bits & UB_EV_READ) ? LOOP_READ : 0) |
		     ((h->bits & UB_EV_WRITE) ? LOOP_WRITE : 0);

	pause_it(h);
	note_budget(h);
	if (h->fd >= 0 && wanted)
		h->watch = watch_start(h->loop, h->fd, wanted, on_ready, h);
	if (timeout && h->bits & UB_EV_TIMEOUT)
		set_timer(h, timeout);
	return 0;
}

static int event_add_timer(struct ub_event *u, struct ub_event_base *b, event_fn *fn,
			   void *arg, struct timeval *after)
{
	struct happening *h = of(u);

	(void)b;
	h->fn = fn;
	h->arg = arg;
	note_budget(h);
	set_timer(h, after);
	return 0;
}

static int event_del_timer(struct ub_event *u)
{
	timer_stop(&of(u)->timer);
	return 0;
}

static int event_add_signal(struct ub_event *u, struct timeval *after)
{
	(void)u;
	(void)after;
	return -1; /* a library gets no signals */
}

static int event_del_signal(struct ub_event *u)
{
	(void)u;
	return -1;
}

static void event_unregister(struct ub_event *u)
{
	(void)u;
}

static void event_would_block(struct ub_event *u, int bit)
{
	(void)u;
	(void)bit;
}

static struct ub_event_vmt event_calls = {
	.add_bits = event_add_bits,
	.del_bits = event_del_bits,
	.set_fd = event_set_fd,
	.free = event_free,
	.add = event_add,
	.del = event_del,
	.add_timer = event_add_timer,
	.del_timer = event_del_timer,
	.add_signal = event_add_signal,
	.del_signal = event_del_signal,
	.winsock_unregister_wsaevent = event_unregister,
	.winsock_tcp_wouldblock = event_would_block,
};

static struct ub_event *base_event(struct ub_event_base *b, int fd, short bits,
				   event_fn *fn, void *arg)
{
	struct happening *h = alloc(sizeof(*h));

	h->outer.magic = UB_EVENT_MAGIC;
	h->outer.vmt = &event_calls;
	h->loop = ((struct base *)(void *)b)->loop;
	h->fd = fd;
	h->bits = bits;
	h->fn = fn;
	h->arg = arg;
	return &h->outer;
}

static void base_free(struct ub_event_base *b)
{
	(void)b; /* its owner's */
}

static int base_dispatch(struct ub_event_base *b)
{
	(void)b;
	return -1; /* the loop runs by itself */
}

static int base_exit(struct ub_event_base *b, struct timeval *after)
{
	(void)b;
	(void)after;
	return -1;
}

static struct ub_event *base_signal(struct ub_event_base *b, int fd, event_fn *fn,
				    void *arg)
{
	(void)b;
	(void)fd;
	(void)fn;
	(void)arg;
	return NULL;
}

static struct ub_event *base_register(struct ub_event_base *b, void *event,
				      event_fn *fn, void *arg)
{
	(void)b;
	(void)event;
	(void)fn;
	(void)arg;
	return NULL;
}

static struct ub_event_base_vmt base_calls = {
	.free = base_free,
	.dispatch = base_dispatch,
	.loopexit = base_exit,
	.new_event = base_event,
	.new_signal = base_signal,
	.winsock_register_wsaevent = base_register,
};

struct ub_event_base *events_new(struct loop *l)
{
	struct base *b = alloc(sizeof(*b));

	b->outer.magic = UB_EVENT_MAGIC;
	b->outer.vmt = &base_calls;
	b->loop = l;
	return &b->outer;
}

void events_free(struct ub_event_base *b)
{
	free(b);
}
