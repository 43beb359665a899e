#include "keeper/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "base/process/link.h"
#include "keeper/sockets.h"
#include "keeper/spawn.h"

enum {
	START_MS = 300000, /* a million records may have to be read */
	STOP_MS = 5000,
	STEADY_MS = 60000, /* a life that long forgives earlier failures */
	BACKOFF_MS = 100,
	BACKOFF_MAX_MS = 10000
};

struct outgoing {
	uint32_t type;
	uint32_t sequence;
	uint8_t *payload;
	size_t len;
	int fd;
};

enum {
	EVENT_STARTED,
	EVENT_READY,
	EVENT_ENDED,
	EVENT_LATE,
	EVENT_HUNG,
	EVENT_NOT_STARTED
};

/* clang-format off */
static struct event events[] = {
	[EVENT_STARTED] = { .name = "child-started", .level = LOG_LEVEL_INFO,
		.help = "a child process was started" },
	[EVENT_READY] = { .name = "child-ready", .level = LOG_LEVEL_NOTICE,
		.help = "a child process is ready" },
	[EVENT_ENDED] = { .name = "child-ended", .level = LOG_LEVEL_ERROR,
		.help = "a child process ended unexpectedly; it is restarted, and its sockets stay open" },
	[EVENT_LATE] = { .name = "child-late", .level = LOG_LEVEL_ERROR,
		.help = "a child process took too long to start or stop and is killed" },
	[EVENT_HUNG] = { .name = "child-hung", .level = LOG_LEVEL_ERROR,
		.help = "a child process or one of its threads hangs; it is killed and restarted" },
	[EVENT_NOT_STARTED] = { .name = "child-not-started", .level = LOG_LEVEL_ERROR, .per_minute = 60,
		.help = "cannot create a process: out of processes, memory or descriptors" },
};
/* clang-format on */

const char *process_state_name(enum process_state s)
{
	static const char *const names[PROCESS_STATES] = {
		[PROCESS_STOPPED] = "stopped",  [PROCESS_STARTING] = "starting",
		[PROCESS_RUNNING] = "running",  [PROCESS_DRAINING] = "draining",
		[PROCESS_BACKOFF] = "back-off",
	};

	return names[s];
}

uint32_t process_backoff_ms(uint32_t failure_count)
{
	uint32_t ms = BACKOFF_MS;

	if (failure_count <= 1)
		return 0; /* the first restart is at once */
	for (uint32_t i = 2; i < failure_count && ms < BACKOFF_MAX_MS; i++)
		ms *= 2;
	return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

static void on_time(void *arg)
{
	process_step(arg, PROCESS_TIME_PASSED);
}

static void queue_clear(struct process *p)
{
	for (size_t i = 0; i < p->queue_count; i++) {
		free(p->queue[i].payload);
		if (p->queue[i].fd >= 0)
			close(p->queue[i].fd);
	}
	free(p->queue);
	p->queue = NULL;
	p->queue_count = 0;
}

static void link_close(struct process *p)
{
	queue_clear(p);
	watch_stop(p->watch);
	p->watch = NULL;
	if (p->link >= 0)
		close(p->link);
	p->link = -1;
}

/* Returns 0, ERR_AGAIN or another error of link_send(). */
static int outgoing_send(struct process *p, const struct outgoing *o)
{
	struct link_message m = {
		.type = o->type,
		.sequence = o->sequence,
		.payload = o->payload,
		.len = o->len,
		.fds = { o->fd },
		.fd_count = o->fd >= 0,
	};

	return link_send(p->link, &m);
}

static void queue_flush(struct process *p)
{
	size_t sent = 0;

	while (sent < p->queue_count &&
	       outgoing_send(p, &p->queue[sent]) != ERR_AGAIN) {
		free(p->queue[sent].payload);
		if (p->queue[sent].fd >= 0)
			close(p->queue[sent].fd);
		sent++; /* to a dead child it is lost, and its end is told */
	}
	p->queue_count -= sent;
	memmove(p->queue, p->queue + sent, p->queue_count * sizeof(*p->queue));
	watch_want(p->watch, LOOP_READ | (p->queue_count ? LOOP_WRITE : 0));
}

void process_send(struct process *p, uint32_t type, uint32_t sequence,
		  const void *payload, size_t len, int fd)
{
	if (p->link < 0)
		return;
	p->queue = alloc_resize(p->queue, p->queue_count + 1, sizeof(*p->queue));
	p->queue[p->queue_count++] = (struct outgoing){
		.type = type,
		.sequence = sequence,
		.payload = alloc_copy(payload, len),
		.len = len,
		.fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0),
	};
	queue_flush(p);
}

void process_send_socket(struct process *p, const struct socket_row *row)
{
	struct buffer b = { 0 };

	buffer_put_u32(&b, row->id);
	buffer_put_u16(&b, (uint16_t)row->kind);
	buffer_put_u16(&b, row->worker);
	buffer_put_u16(&b, row->wildcard);
	process_send(p, CHILD_SOCKET, 0, b.octets, b.len, row->fd);
	buffer_fini(&b);
}

/* What stands still is told by the child's main thread; nothing: all of it turns. */
static void heard_alive(struct process *p, struct text t)
{
	struct text what = link_text(&t);
	size_t len = text_len(&what);

	if (len >= sizeof(p->watchdog.what))
		len = sizeof(p->watchdog.what) - 1;
	memcpy(p->watchdog.what, what.at, len);
	p->watchdog.what[len] = '\0';
	p->watchdog.asked_count = 0;
	p->watchdog.answered = len == 0;
	p->watchdog.expected = true;
}

static void take_threads(struct process *p, struct link_message *m)
{
	for (size_t i = 0; i < m->fd_count; i++)
		watchdog_threads_add(&p->threads, m->fds[i]);
	m->fd_count = 0;
}

static void heard(struct process *p, struct link_message *m)
{
	struct text t = text_of(m->payload, m->len);
	struct text why;
	char *copy;
	bool done;

	switch (m->type) {
	case CHILD_READY:
		p->speaks = text_len(&t) ? link_u16(&t) : 0;
		process_step(p, PROCESS_SAID_READY);
		break;
	case CHILD_PREPARED:
		done = link_u16(&t) != 0;
		why = link_text(&t);
		copy = alloc(text_len(&why) + 1);
		memcpy(copy, why.at, text_len(&why));
		p->calls->prepared(p->arg, p, m->sequence, done ? NULL : copy, t);
		free(copy);
		break;
	case CHILD_ALIVE:
		heard_alive(p, t);
		break;
	case CHILD_THREADS:
		take_threads(p, m);
		break;
	case CHILD_HOOK:
	case CHILD_HOOK_WORDS: /* is no request for a row, and refused as such */
		p->calls->hook(p->arg, p, m->sequence, t);
		break;
	default:
		break; /* of a child newer than this keeper */
	}
}

static void on_link(void *arg, int ready)
{
	static uint8_t space[LINK_PAYLOAD_MAX];
	struct process *p = arg;
	struct link_message m;
	int err = OK;

	if (ready & LOOP_WRITE)
		queue_flush(p);
	while (p->link >= 0 && err == OK) {
		err = link_receive(p->link, space, &m);
		if (err == OK) {
			heard(p, &m);
			link_close_fds(&m);
		}
	}
	if (p->link >= 0 && err == ERR_CLOSED)
		link_close(p); /* its end is told by SIGCHLD */
}

/* A second has passed: was the child heard in it? */
static void on_watchdog(void *arg)
{
	enum { LATE_MS = 500 };
	struct process *p = arg;
	struct watchdog *watchdog = &p->watchdog;
	uint64_t now = loop_now_fresh(p->loop);
	enum watchdog_sight sight = watchdog_look(watchdog, p->pid, &p->threads, now);

	if (!watchdog->answered && now > watchdog->due_at + LATE_MS)
		sight = WATCHDOG_HELD;
	if (watchdog_count(watchdog, sight)) {
		process_step(p, PROCESS_HUNG);
		return;
	}
	watchdog->answered = false;
	watchdog->due_at = now + WATCHDOG_PACE_MS;
	timer_start_at(p->loop, &p->watchdog_timer, watchdog->due_at, on_watchdog, p);
	if (watchdog->asked_count++ < WATCHDOG_ASKED_MAX)
		process_send(p, CHILD_PING, 0, NULL, 0, -1);
}

/* expected: it is known to answer */
static void watch_watchdog(struct process *p, bool expected)
{
	p->watchdog = (struct watchdog){ .expected = expected, .answered = true };
	p->watchdog.due_at = loop_now(p->loop) + WATCHDOG_PACE_MS;
	timer_start_at(p->loop, &p->watchdog_timer, p->watchdog.due_at, on_watchdog, p);
}

static void forget(struct process *p)
{
	timer_stop(&p->timer);
	timer_stop(&p->watchdog_timer);
	link_close(p);
	watchdog_threads_close(&p->threads);
	p->pid = 0;
}

static void start(struct process *p)
{
	char *argv[] = { p->kind->path, NULL };
	struct spawn what = {
		.argv = argv, .user = p->kind->user, .input = -1, .dies_with_us = true
	};
	int ends[2] = { -1, -1 };
	int reason;

	p->started_at = loop_now(p->loop);
	p->start_count++;
	if (link_pair(ends) == OK) {
		what.link = ends[1];
		if (spawn(&what, &p->pid))
			p->pid = 0;
		reason = errno;
		close(ends[1]);
	} else {
		reason = errno;
	}
	if (p->pid == 0) {
		log_event(&events[EVENT_NOT_STARTED],
			  "child=%s reason=%s again_in_ms=%u", p->kind->row->program,
			  log_quote(strerror(reason)),
			  BACKOFF_MS + process_backoff_ms(p->failure_count + 1));
		if (ends[0] >= 0)
			close(ends[0]);
		timer_start(p->loop, &p->timer, BACKOFF_MS, on_time, p);
		return;
	}
	log_event(&events[EVENT_STARTED], "child=%s pid=%d", p->kind->row->program,
		  (int)p->pid);
	p->link = ends[0];
	p->watch = watch_start(p->loop, p->link, LOOP_READ, on_link, p);
	timer_start(p->loop, &p->timer, START_MS, on_time, p);
	p->calls->starting(p->arg, p);
}

static void settle(struct process *p)
{
	timer_stop(&p->timer);
	watch_watchdog(p, true);
	log_event(&events[EVENT_READY], "child=%s pid=%d after_ms=%llu",
		  p->kind->row->program, (int)p->pid,
		  (unsigned long long)(loop_now_fresh(p->loop) - p->started_at));
}

static void wait_and_retry(struct process *p)
{
	uint64_t lived_ms = loop_now(p->loop) - p->started_at;
	int status = p->end_status;
	bool was_made = p->pid != 0; /* otherwise that was logged */

	forget(p);
	if (lived_ms >= STEADY_MS)
		p->failure_count = 0;
	p->failure_count++;
	if (was_made)
		log_event(&events[EVENT_ENDED],
			  "child=%s how=\"%s %d\" again_in_ms=%u failures=%u",
			  p->kind->row->program,
			  WIFSIGNALED(status) ? "signal" : "status",
			  WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
			  process_backoff_ms(p->failure_count), p->failure_count);
	timer_start(p->loop, &p->timer, process_backoff_ms(p->failure_count), on_time,
		    p);
}

static void kill_it(struct process *p)
{
	if (p->pid == 0) { /* it was never made */
		process_step(p, PROCESS_EXITED);
		return;
	}
	(void)kill(-p->pid, SIGKILL);
	log_event(&events[EVENT_LATE], "child=%s pid=%d state=%s",
		  p->kind->row->program, (int)p->pid, process_state_name(p->state));
}

static void kill_hung(struct process *p)
{
	if (p->pid)
		(void)kill(-p->pid, SIGKILL);
	p->hung_count++;
	log_event(&events[EVENT_HUNG], "child=%s pid=%d what=%s seconds=%u",
		  p->kind->row->program, (int)p->pid,
		  log_quote(p->watchdog.what[0] ? p->watchdog.what : "all"),
		  p->watchdog.silent_count + p->watchdog.starved_count);
}

static void ask_to_drain(struct process *p)
{
	timer_stop(&p->watchdog_timer);
	process_send(p, CHILD_DRAIN, 0, NULL, 0, -1);
	timer_start(p->loop, &p->timer, p->kind->row->drain_ms, on_time, p);
}

static void ask_to_stop(struct process *p)
{
	if (p->pid == 0) { /* it was never made */
		process_step(p, PROCESS_EXITED);
		return;
	}
	timer_stop(&p->watchdog_timer);
	process_send(p, CHILD_STOP, 0, NULL, 0, -1);
	timer_start(p->loop, &p->timer, STOP_MS, on_time, p);
}

/* An event that no row names changes nothing. */
/* clang-format off */
static const struct {
	enum process_state next;
	void (*act)(struct process *p);
} steps[PROCESS_STATES][PROCESS_EVENTS] = {
	[PROCESS_STOPPED][PROCESS_WANTED]       = { PROCESS_STARTING, start },

	[PROCESS_STARTING][PROCESS_SAID_READY]  = { PROCESS_RUNNING,  settle },
	[PROCESS_STARTING][PROCESS_EXITED]      = { PROCESS_BACKOFF,  wait_and_retry },
	[PROCESS_STARTING][PROCESS_TIME_PASSED] = { PROCESS_STARTING, kill_it },
	[PROCESS_STARTING][PROCESS_REPLACED]    = { PROCESS_DRAINING, ask_to_stop },
	[PROCESS_STARTING][PROCESS_UNWANTED]    = { PROCESS_DRAINING, ask_to_stop },

	[PROCESS_RUNNING][PROCESS_EXITED]       = { PROCESS_BACKOFF,  wait_and_retry },
	[PROCESS_RUNNING][PROCESS_REPLACED]     = { PROCESS_DRAINING, ask_to_drain },
	[PROCESS_RUNNING][PROCESS_UNWANTED]     = { PROCESS_DRAINING, ask_to_stop },
	[PROCESS_RUNNING][PROCESS_HUNG]         = { PROCESS_RUNNING,  kill_hung },

	[PROCESS_BACKOFF][PROCESS_TIME_PASSED]  = { PROCESS_STARTING, start },
	[PROCESS_BACKOFF][PROCESS_REPLACED]     = { PROCESS_STOPPED,  forget },
	[PROCESS_BACKOFF][PROCESS_UNWANTED]     = { PROCESS_STOPPED,  forget },

	[PROCESS_DRAINING][PROCESS_EXITED]      = { PROCESS_STOPPED,  forget },
	[PROCESS_DRAINING][PROCESS_TIME_PASSED] = { PROCESS_DRAINING, kill_it },
	[PROCESS_DRAINING][PROCESS_UNWANTED]    = { PROCESS_DRAINING, ask_to_stop },
};
/* clang-format on */

void process_step(struct process *p, enum process_event event)
{
	enum process_state was = p->state;

	if (steps[was][event].act == NULL)
		return;
	p->state = steps[was][event].next;
	steps[was][event].act(p);
	if (p->state != was)
		p->calls->changed(p->arg, p);
}

struct process *process_new(struct process_kind *kind, struct loop *l,
			    const struct process_calls *calls, void *arg)
{
	struct process *p = alloc(sizeof(*p));

	p->kind = kind;
	p->loop = l;
	p->calls = calls;
	p->arg = arg;
	p->link = -1;
	return p;
}

void process_adopt(struct process *p, pid_t pid, int link)
{
	p->pid = pid;
	p->link = link;
	p->state = PROCESS_RUNNING;
	p->started_at = loop_now(p->loop);
	p->start_count = 1;
	p->watch = watch_start(p->loop, link, LOOP_READ, on_link, p);
	watch_watchdog(p, false);
}

void process_free(struct process *p)
{
	if (p == NULL)
		return;
	if (p->pid)
		(void)kill(-p->pid, SIGKILL);
	forget(p);
	free(p);
}
