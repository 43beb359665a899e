/*
 * The watchdog: checks that a child has not hung. The child is asked each second; a
 * second without an answer counts only if the keeper itself was on time and the child
 * could have answered.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	WATCHDOG_PACE_MS = 1000,
	WATCHDOG_SILENT_MAX = 3, /* seconds that count, until it is hung */
	WATCHDOG_STARVED_MAX =
		30, /* and those in which it got too little of a processor */
	WATCHDOG_ASKED_MAX = 8
};

/* The result of one second. */
enum watchdog_sight {
	WATCHDOG_ANSWERED,
	WATCHDOG_SILENT,
	WATCHDOG_STARVED, /* it waited for a processor, or was at work */
	WATCHDOG_HELD     /* the keeper was late, the disk or a debugger holds it */
};

struct watchdog {
	bool expected; /* false: a child of an old version, which never answers */
	bool answered;
	uint32_t asked_count;  /* since it answered */
	uint32_t silent_count; /* in a row */
	uint32_t starved_count;
	uint64_t due_at;
	uint64_t ran_ns;    /* of its main thread, when it was looked at last */
	uint64_t waited_ns; /* for a processor, that thread */
	uint64_t all_ns;    /* the same, all threads */
	uint64_t looked_at; /* ms; 0: never */
	char what[40];      /* the thread that hangs; empty: the whole process */
};

enum { WATCHDOG_THREADS_MAX = 64 };

/* Folders in /proc of the threads of a process, the main one first. Where there are
 * none they are looked for. */
struct watchdog_threads {
	int fds[WATCHDOG_THREADS_MAX];
	size_t count;
};

/* Takes a descriptor; closes one too many. */
void watchdog_threads_add(struct watchdog_threads *t, int fd);
void watchdog_threads_close(struct watchdog_threads *t);

/* Counts a second. Returns whether the child is hung. */
bool watchdog_count(struct watchdog *p, enum watchdog_sight sight);

/*
 * Returns why a process has not answered, from what the kernel shows about the time
 * since the last call: if its main thread did not run it is silent; if its main thread
 * ran it may be busy, and counts as starved. To be called each second, whether it has
 * answered or not.
 */
enum watchdog_sight watchdog_look(struct watchdog *p, pid_t pid,
				  const struct watchdog_threads *shown,
				  uint64_t now_ms);
