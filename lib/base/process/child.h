/*
 * The child's side of its link to the keeper: it receives the configuration and its
 * sockets, instructions to prepare and commit another configuration, to drain and to
 * stop, and requests that hooks be run. Used only by the child's main thread.
 *
 *   child_open(&c, &m)           m: CHILD_START, the configuration and all sockets
 *   child_ready(c)               it is ready; after an upgrade the old child now drains
 *   watch child_fd(c):
 *     while (child_receive(c, &m) == 0) switch (m.type) { ...
 *
 *   CHILD_PREPARE    build from m.conf and m.sockets (the new ones) separately, then
 *                    child_prepared(c, NULL, NULL), or with the reason why not
 *   CHILD_COMMIT     use what was prepared; close the sockets whose ids are in m.gone
 *   CHILD_ABORT      drop what was prepared, with its new sockets; also sent after the
 *                    child itself has refused
 *   CHILD_DRAIN      read no more queries, answer those already read, exit 0
 *   CHILD_STOP       exit 0 soon; also when child_receive() returns ERR_CLOSED
 *   CHILD_HOOK_DONE  the result of the hook that child_hook() requested
 *   CHILD_LOG        m.log is standard error from now on: log_to()
 *   CHILD_PING       child_alive(c, NULL), or with the name of a thread that hangs:
 *                    a child that does not answer is killed
 *
 * child_obey() runs this loop with one callback for each message.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum child_socket_kind { CHILD_UDP, CHILD_TCP, CHILD_SOCKET_KINDS };

struct child_socket {
	int fd;           /* the child's own: it closes it */
	uint32_t id;      /* the keeper's number, never reused */
	uint16_t kind;    /* enum child_socket_kind; CHILD_TCP listens already */
	uint16_t worker;  /* which UDP worker or stream worker reads it, from 0 */
	bool wildcard;    /* bound to 0.0.0.0 or ::; PKTINFO gives the local address of
			     each query */
	struct addr addr; /* as bound, with its port */
};

enum child_message_type {
	/* from the keeper */
	CHILD_START = 1,
	CHILD_PREPARE,
	CHILD_COMMIT,
	CHILD_ABORT,
	CHILD_DRAIN,
	CHILD_STOP,
	CHILD_HOOK_DONE,
	CHILD_SOCKET, /* one, before the CHILD_START or CHILD_PREPARE it belongs to */
	CHILD_LINK,   /* an end of a new link with another child, instead of the one
			 before */
	CHILD_PING,
	CHILD_LOG,

	/* from the child */
	CHILD_READY = 100,
	CHILD_PREPARED,
	CHILD_HOOK_WORDS, /* by releases before CHILD_HOOK; no keeper heeds it */
	CHILD_ALIVE,
	CHILD_HOOK,
	CHILD_THREADS, /* with descriptors of their folders in /proc */
};

/* A message from the keeper. Pointers are valid until the next child_receive(). */
struct child_message {
	enum child_message_type type;
	uint32_t sequence; /* CHILD_HOOK_DONE: as given to child_hook() */

	const char *conf_path; /* CHILD_START, CHILD_PREPARE */
	const uint8_t *conf;
	size_t conf_len;
	const struct child_socket *sockets;
	size_t socket_count;
	uint16_t udp_workers; /* stay as they were at CHILD_START */
	uint16_t stream_workers;
	const char *state_dir, *run_dir; /* of the start too; NULL: of a keeper that
					    does not say them */
	bool upgrade; /* CHILD_START: another child answers until child_ready() */

	const uint32_t *gone; /* CHILD_COMMIT: ids */
	size_t gone_count;

	int log;               /* CHILD_LOG: the child's own descriptor */
	int end;               /* CHILD_LINK: the child's own descriptor */
	const char *link_name; /* "recursor": the child at the other end; "" from a
				  keeper older than CHILD_SPEAKS_NAMES */
	uint16_t link_kind;    /* enum child_socket_kind: of the worker it is for */
	uint16_t link_worker;  /* its number */

	int status;      /* CHILD_HOOK_DONE: exit status, or -1: timed out or killed */
	uint32_t tries;  /* number of times it was run */
	const char *why; /* "" or why it failed, one line */
};

/* Which messages a child understands, sent by child_ready(). Children of older releases
 * did not send it, which counts as 0. */
enum { CHILD_SPEAKS_NAMES = 1, CHILD_SPEAKS = CHILD_SPEAKS_NAMES };

struct child;
struct diags;

enum { CHILD_LINK_FD = 3, CHILD_HOOK_JSON_MAX = 32 * 1024 };

/*
 * Opens the link that the keeper passed as CHILD_LINK_FD and waits for CHILD_START.
 *
 * Returns 0, ERR_NOT_FOUND (not started by a keeper), ERR_TIMEOUT or ERR_CLOSED.
 */
int child_open(struct child **out, struct child_message *start);

/* The same over a given link, which the child then owns. Does not wait. */
struct child *child_new(int fd);
void child_close(struct child *c);

int child_fd(const struct child *c);

/* Returns 0, ERR_AGAIN, ERR_CLOSED or ERR_SYSTEM. */
int child_receive(struct child *c, struct child_message *out);

/* These return 0, ERR_AGAIN (send it again later), ERR_LIMIT or ERR_CLOSED. */
int child_ready(struct child *c);
/* faults: shown to the user who requested the reload, also after success; or NULL. */
int child_prepared(struct child *c, const char *why_not, const struct diags *faults);
int child_alive(struct child *c, const char *stuck);

/*
 * Gives the keeper what the kernel tells of each thread of this process, the main one
 * first, which /proc may hide from it. What it cannot be given, it looks for itself.
 */
void child_show_threads(struct child *c);

/*
 * Has the program of a row of `on-switch` run with `json` on its standard input, after
 * all that were asked for before. What is run, the keeper reads from its own
 * configuration. Every request ends in one CHILD_HOOK_DONE.
 *
 * row     counted from 0
 * digest  child_hook_digest() of the row's words: between two configurations another
 *         program may have its number
 * json    at most CHILD_HOOK_JSON_MAX octets
 */
int child_hook(struct child *c, uint32_t sequence, uint32_t row, uint64_t digest,
	       const char *json);

/* argv: NULL-ended */
uint64_t child_hook_digest(char *const *argv);

/* Callbacks for the messages of the keeper; hook_done may be NULL. */
struct child_calls {
	void (*prepare)(void *arg, const struct child_message *m);
	void (*commit)(void *arg, const struct child_message *m);
	void (*abort)(void *arg);
	void (*drain)(void *arg);
	void (*stop)(void *arg); /* also when the keeper has ended */
	void (*linked)(void *arg, const struct child_message *m);
	void (*hook_done)(void *arg, const struct child_message *m);

	/* Returns the name of a thread that hangs, or NULL if none does. */
	const char *(*stuck)(void *arg);
};

/* Raises the limit on open descriptors to the maximum. */
void child_raise_limits(void);

/* Handles all messages of the keeper that have arrived. */
void child_obey(struct child *c, const struct child_calls *calls, void *arg);
