#include "keeper/process.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/process/link.h"
#include "tests/harness.h"

static unsigned change_count;
static enum process_state last_state;

static void note_change(void *arg, struct process *p)
{
	(void)arg;
	change_count++;
	last_state = p->state;
}

static void note_start(void *arg, struct process *p)
{
	(void)arg;
	(void)p;
}

static const struct process_calls calls = { .changed = note_change,
					    .starting = note_start };

/* A program that ends at once, whatever it is given. */
static char true_path[] = "/bin/true";
static const struct child_kind row = { .name = "true",
				       .program = "true",
				       .drain_ms = 1 };
static struct process_kind kind = { .row = &row, .path = true_path };

static void backoff_doubles_from_at_once_to_ten_seconds(void)
{
	static const uint32_t expected[] = { 0,    0,    100,  200,   400,   800,
					     1600, 3200, 6400, 10000, 10000, 10000 };

	for (uint32_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		CU_ASSERT_EQUAL(process_backoff_ms(i), expected[i]);
	CU_ASSERT_EQUAL(process_backoff_ms(UINT32_MAX), 10000);
}

/* A process that never was, in a state reached by events. */
static struct process *in_state(struct loop *l, const enum process_event *events,
				size_t count)
{
	struct process *p = process_new(&kind, l, &calls, NULL);

	for (size_t i = 0; i < count; i++)
		process_step(p, events[i]);
	return p;
}

static void events_that_do_not_concern_a_state_change_nothing(void)
{
	struct loop *l = loop_new();
	struct process *p = in_state(l, NULL, 0);

	for (int e = 0; e < PROCESS_EVENTS; e++)
		if (e != PROCESS_WANTED)
			process_step(p, (enum process_event)e);
	CU_ASSERT_EQUAL(p->state, PROCESS_STOPPED);
	process_free(p);
	loop_free(l);
}

static void life_goes_through_its_states(void)
{
	static const enum process_event run[] = { PROCESS_WANTED, PROCESS_SAID_READY };
	static const enum process_event fail[] = { PROCESS_WANTED, PROCESS_EXITED };
	struct loop *l = loop_new();
	struct process *p = in_state(l, run, 2);

	CU_ASSERT_EQUAL(p->state, PROCESS_RUNNING);
	process_step(p, PROCESS_REPLACED);
	CU_ASSERT_EQUAL(p->state, PROCESS_DRAINING);
	process_step(p, PROCESS_EXITED);
	CU_ASSERT_EQUAL(p->state, PROCESS_STOPPED);
	CU_ASSERT_EQUAL(p->link, -1);
	process_free(p);

	p = in_state(l, fail, 2);
	CU_ASSERT_EQUAL(p->state, PROCESS_BACKOFF);
	CU_ASSERT_TRUE(timer_is_started(&p->timer));
	process_step(p, PROCESS_TIME_PASSED);
	CU_ASSERT_EQUAL(p->state, PROCESS_STARTING);
	CU_ASSERT_EQUAL(p->start_count, 2);
	process_step(p, PROCESS_EXITED);
	CU_ASSERT_EQUAL(p->failure_count, 2);
	process_step(p, PROCESS_UNWANTED);
	CU_ASSERT_EQUAL(p->state, PROCESS_STOPPED);
	CU_ASSERT_FALSE(timer_is_started(&p->timer));
	process_free(p);
	loop_free(l);
}

static void minute_of_life_forgives_failures(void)
{
	static const enum process_event fail[] = { PROCESS_WANTED, PROCESS_EXITED,
						   PROCESS_TIME_PASSED, PROCESS_EXITED,
						   PROCESS_TIME_PASSED };
	struct loop *l = loop_new();
	struct process *p = in_state(l, fail, 5);

	CU_ASSERT_EQUAL(p->failure_count, 2);
	process_step(p, PROCESS_SAID_READY);
	p->started_at -= 60000;
	process_step(p, PROCESS_EXITED);
	CU_ASSERT_EQUAL(p->failure_count, 1);
	process_free(p);
	loop_free(l);
}

static void each_change_of_state_is_told(void)
{
	static const enum process_event run[] = { PROCESS_WANTED, PROCESS_SAID_READY,
						  PROCESS_EXITED };
	struct loop *l = loop_new();
	struct process *p;

	change_count = 0;
	p = in_state(l, run, 3);
	CU_ASSERT_EQUAL(change_count, 3);
	CU_ASSERT_EQUAL(last_state, PROCESS_BACKOFF);
	process_free(p);
	loop_free(l);
}

static void messages_wait_until_the_link_has_room(void)
{
	static const uint8_t payload[60000];
	static uint8_t space[LINK_PAYLOAD_MAX];
	struct loop *l = loop_new();
	struct process *p = process_new(&kind, l, &calls, NULL);
	struct link_message m;
	uint32_t got = 0;
	int ends[2];

	CU_ASSERT_EQUAL(link_pair(ends), OK);
	process_adopt(p, 0, ends[0]);
	for (uint32_t i = 0; i < 20; i++)
		process_send(p, CHILD_COMMIT, i, payload, sizeof(payload), ends[1]);
	CU_ASSERT_TRUE(p->queue_count > 0);
	while (got < 20) {
		int err = link_receive(ends[1], space, &m);

		if (err == ERR_AGAIN) {
			loop_turn(l, true);
			continue;
		}
		CU_ASSERT_EQUAL_FATAL(err, OK);
		CU_ASSERT_EQUAL(m.sequence, got);
		CU_ASSERT_EQUAL(m.fd_count, 1);
		link_close_fds(&m);
		got++;
	}
	CU_ASSERT_EQUAL(p->queue_count, 0);
	close(ends[1]);
	process_free(p);
	loop_free(l);
}

/* As a user who may have no further process, until that is allowed. Returns whether
 * the child was made in the end. */
static bool is_made_later(void)
{
	enum { NOBODY = 65534 };
	struct loop *l = loop_new();
	struct process *p = process_new(&kind, l, &calls, NULL);
	struct rlimit limit;
	bool waits;

	if (getrlimit(RLIMIT_NPROC, &limit))
		return false;
	limit.rlim_cur = 1;
	if (setrlimit(RLIMIT_NPROC, &limit) ||
	    (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY)))
		return false;
	process_step(p, PROCESS_WANTED);
	waits = p->state == PROCESS_STARTING && p->pid == 0 && p->link == -1;
	while (p->failure_count < 2) /* tried once more */
		loop_turn(l, true);
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NPROC, &limit))
		return false;
	while (p->pid == 0)
		loop_turn(l, true);
	return waits && p->state == PROCESS_STARTING && p->start_count >= 3;
}

static void process_that_cannot_be_made_is_tried_again_with_back_off(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(is_made_later() ? 0 : 1);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "back-off doubles from at once to ten seconds",
		  backoff_doubles_from_at_once_to_ten_seconds },
		{ "events that do not concern a state change nothing",
		  events_that_do_not_concern_a_state_change_nothing },
		{ "a life goes through its states", life_goes_through_its_states },
		{ "a minute of life forgives failures",
		  minute_of_life_forgives_failures },
		{ "each change of state is told", each_change_of_state_is_told },
		{ "messages wait until the link has room",
		  messages_wait_until_the_link_has_room },
		{ "a process that cannot be made is tried again with back-off",
		  process_that_cannot_be_made_is_tried_again_with_back_off },
		CU_TEST_INFO_NULL,
	};

	return suite_run("keeper/process", tests);
}
