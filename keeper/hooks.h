/*
 * Runs the hooks, programs that an operator wants to be run at a switch: one at a time,
 * strictly in the order of the requests, each with a timeout and a number of attempts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

struct conf;
struct hooks;
struct loop;
struct process;

/* The result of one hook. */
struct hook_fate {
	int status; /* exit status; -1: killed, or not ended in time */
	uint32_t tries;
	const char *why; /* "" or one line */
};

typedef void hook_done_fn(void *arg, struct process *asker, uint32_t sequence,
			  const struct hook_fate *fate);

struct hooks *hooks_new(struct loop *l, const char *user, hook_done_fn *done,
			void *arg);
void hooks_free(struct hooks *h); /* kills the one that runs */

/*
 * Queues one as child_hook() wrote it. What is run, how long and how often, is told by
 * `conf` alone, which is borrowed.
 *
 * asker  only handed back
 *
 * Returns 0, ERR_MALFORMED or ERR_NOT_FOUND (no row of `conf` is meant); then nothing
 * is queued, and hook_done_fn is not called.
 */
int hooks_add(struct hooks *h, const struct conf *conf, struct process *asker,
	      uint32_t sequence, struct text payload);

/* Drops what a process has queued; a hook of it that is running no longer has an asker.
 */
void hooks_forget(struct hooks *h, const struct process *asker);

/* Whether the process was the running hook. */
bool hooks_exited(struct hooks *h, pid_t pid, int wait_status);

bool hooks_are_idle(const struct hooks *h);
