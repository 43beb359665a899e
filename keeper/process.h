/*
 * One child process of the keeper: a state machine that starts it, restarts it with
 * back-off when it ends, drains it when another one replaces it, and stops it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/process/child.h"
#include "base/text.h"
#include "keeper/kinds.h"
#include "keeper/watchdog.h"
#include "net/loop.h"

struct process;
struct sockets;
struct socket_row;

enum process_state {
	PROCESS_STOPPED,
	PROCESS_STARTING,
	PROCESS_RUNNING,
	PROCESS_DRAINING,
	PROCESS_BACKOFF,
	PROCESS_STATES
};

enum process_event {
	PROCESS_WANTED,      /* it should run */
	PROCESS_SAID_READY,  /* it answers */
	PROCESS_EXITED,      /* its process ended */
	PROCESS_TIME_PASSED, /* the state's timer */
	PROCESS_REPLACED,    /* another answers in its place */
	PROCESS_UNWANTED,    /* it should end */
	PROCESS_HUNG,        /* it hangs */
	PROCESS_EVENTS
};

/* Calls to the owner. */
struct process_calls {
	void (*changed)(void *arg, struct process *p); /* the state has changed */
	/* faults: of diags_decode(). */
	void (*prepared)(void *arg, struct process *p, uint32_t sequence,
			 const char *why_not, struct text faults);
	void (*hook)(void *arg, struct process *p, uint32_t sequence,
		     struct text payload);

	/* Puts what the process is started with into its queue: process_send_start().
	 */
	void (*starting)(void *arg, struct process *p);
};

/* What is common to all processes of a kind, one after another. */
struct process_kind {
	const struct child_kind *row;
	char *path;
	char *label; /* of its metrics */
	const char *user;
	uint64_t past_starts; /* of those that ended for good */
	uint64_t past_hung;
};

struct process {
	struct process_kind *kind;
	const struct process_calls *calls;
	void *arg;
	struct loop *loop;
	enum process_state state; /* written by process_step() alone */
	bool preparing;           /* it was asked to prepare, and has not answered */
	bool follows;    /* it replaces another of its kind as soon as it is ready */
	pid_t pid;       /* 0: none */
	int end_status;  /* of the last one, as waitpid() told it */
	int link;        /* -1: none */
	uint16_t speaks; /* CHILD_SPEAKS of the program that runs */
	struct watch *watch;
	struct timer timer;
	uint64_t started_at;
	uint32_t failure_count; /* ends in a row after less than a minute each */
	uint32_t start_count;
	struct watchdog watchdog; /* while it runs */
	struct watchdog_threads threads;
	struct timer watchdog_timer;
	uint32_t hung_count;    /* how often it was killed because it hung */
	struct outgoing *queue; /* messages for which the link had no room */
	size_t queue_count;
	struct process *next; /* the owner's list */
};

struct process *process_new(struct process_kind *kind, struct loop *l,
			    const struct process_calls *calls, void *arg);
void process_free(struct process *p); /* kills what still runs */

void process_step(struct process *p, enum process_event event);

/* Takes over a running process of a former keeper. */
void process_adopt(struct process *p, pid_t pid, int link);

/* Returns the time in ms until the next start, after a number of failures in a row. */
uint32_t process_backoff_ms(uint32_t failure_count);

const char *process_state_name(enum process_state s);

/* Messages; descriptors are duplicated. */
void process_send(struct process *p, uint32_t type, uint32_t sequence,
		  const void *payload, size_t len, int fd);
void process_send_socket(struct process *p, const struct socket_row *row);
