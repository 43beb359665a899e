/*
 * Whether a child still turns. It is asked each second; a second without an answer
 * counts only if the keeper itself was on time and the child could have answered.
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

/* What a second brought. */
enum watchdog_sight {
	WATCHDOG_ANSWERED,
	WATCHDOG_SILENT,
	WATCHDOG_STARVED, /* it waited for a processor, or was at work */
	WATCHDOG_HELD     /* the keeper was late, the disk or a debugger holds it */
};

struct watchdog {
	bool expected; /* a child of a former version never answers */
	bool answered;
	uint32_t asked_count;  /* since it answered */
	uint32_t silent_count; /* in a row */
	uint32_t starved_count;
	uint64_t due_at;
	uint64_t ran_ns;    /* of its main thread, when it was looked at last */
	uint64_t waited_ns; /* for a processor, that thread */
	uint64_t all_ns;    /* the same, all threads */
	uint64_t looked_at; /* ms; 0: never */
	char what[40];      /* what stands still; empty: all of it */
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
 * Why a process that did not answer is silent, by what the kernel tells of it since it
 * was looked at last: whose main thread stands still is silent; whose main thread runs
 * may be at long work, and counts as starved. To be called each second, answered or
 * not.
 */
enum watchdog_sight watchdog_look(struct watchdog *p, pid_t pid,
				  const struct watchdog_threads *shown,
				  uint64_t now_ms);
