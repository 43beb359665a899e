#include "base/process/thread.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/operator/log.h"

enum { TRIES = 20, PAUSE_MS = 100 };

/* clang-format off */
enum { EVENT_AGAIN, EVENT_GIVEN_UP };
static struct event events[] = {
	[EVENT_AGAIN] = { .name = "no-thread", .level = LOG_LEVEL_WARNING, .per_minute = 6,
		.help = "the system gave no thread, for the given reason (see pids.max of the unit, and ulimit -u); it is tried again" },
	[EVENT_GIVEN_UP] = { .name = "no-threads", .level = LOG_LEVEL_ERROR,
		.help = "the system still gave no thread: this process ends, and deputyd starts it again" },
};
/* clang-format on */

void thread_start(pthread_t *out, thread_fn *fn, void *arg)
{
	int reason = pthread_create(out, NULL, fn, arg);

	for (int i = 1; reason && i < TRIES; i++) {
		log_event(&events[EVENT_AGAIN], "reason=%s",
			  log_quote(strerror(reason)));
		(void)poll(NULL, 0, PAUSE_MS);
		reason = pthread_create(out, NULL, fn, arg);
	}
	if (reason == 0)
		return;
	log_event(&events[EVENT_GIVEN_UP], "reason=%s", log_quote(strerror(reason)));
	_exit(1); /* threads that there are still use what exit() would free */
}
