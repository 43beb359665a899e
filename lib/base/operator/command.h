/*
 * Rows of what an operator can ask a running process over its control socket. The
 * command line's help, its completion and deputy(1) come out of the same rows.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/operator/json.h"

/* Exit statuses of `deputy`; also what a request ends with. */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_NEGATIVE = 1, /* it worked and the answer is no */
	EXIT_USAGE = 2,
	EXIT_NOT_RUNNING = 3,
	EXIT_DENIED = 4,
	EXIT_CONFLICT = 5,
	EXIT_TIMED_OUT = 6,
	EXIT_PARTIAL = 7 /* some of what was asked was done */
};

enum command_right { MAY_READ, MAY_CHANGE };

/*
 * One request under way. The answer is one JSON object that the handler fills; what
 * it holds besides scalars: arrays of objects, printed as tables by the command line.
 */
struct request {
	const char *const *args; /* after the command's own words */
	size_t arg_count;
	const struct command *command; /* the row that is run */
	const char *author;            /* login name of the asking user */
	uid_t uid;
	struct json json;                /* inside the answer's object */
	enum exit_status status;         /* EXIT_DONE at first */
	void *module;                    /* what the module registered its rows with */
	const struct request_door *door; /* admin's way out, and what it needs there */
	void *door_arg;
};

typedef void command_fn(struct request *req);

struct command {
	const char *name; /* "pbx force" */
	const char *args; /* "PBX up|down|drain [--for TIME] [--reason TEXT]" */
	enum command_right right;
	command_fn *run;  /* NULL: done by the command line itself, without a daemon */
	const char *help; /* one line */
};

/* Ends a request with a reason: member "error" and the status. */
void request_fail(struct request *req, enum exit_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The value behind "--name" (or in "--name=value") among the arguments, "" for a bare
 * one, or NULL. Which options take a value is read from the command's row.
 */
const char *request_option(const struct request *req, const char *name);

/* The same of an option that may stand more than once: the one after n others. */
const char *request_option_at(const struct request *req, const char *name, size_t n);

/* Argument number n without the options and their values, or NULL. */
const char *request_word(const struct request *req, size_t n);

/*
 * A request that is answered later (probe --trace) or in pieces (watch): `defer` keeps
 * it open and returns a handle that lives until `request_finish`, which sends the
 * answer and frees it. The arguments stay good as long.
 */
struct request *request_defer(struct request *req);
void request_finish(struct request *deferred);

/* Sends the object filled so far as a line of its own and begins an empty one. */
void request_push(struct request *deferred);

/* Has `fn` called once when nobody waits for the answer any more; finish it then. */
typedef void request_gone_fn(void *arg);
void request_gone(struct request *deferred, request_gone_fn *fn, void *arg);

/*
 * An answer in pieces: a long list, or what happens from now on. `piece` puts some of
 * it into the object and is called again when the asker has taken that, so an answer of
 * any length costs the memory of a piece; one piece is work for less than a
 * millisecond.
 */
enum piece {
	PIECE_MORE,
	PIECE_LATER, /* nothing now: after request_resume() */
	PIECE_LAST
};
typedef enum piece request_piece_fn(struct request *req, void *arg);

/*
 * Answers in pieces from now on; the request need not be deferred before, and is not
 * finished by its handler.
 *
 * done  called once, after the last piece or when nobody waits any more: frees `arg`
 */
void request_pull(struct request *req, request_piece_fn *piece, request_gone_fn *done,
		  void *arg);
void request_resume(struct request *deferred);

/* What the six above call; admin fills it in, and tests that stand in for it. */
struct request_door {
	void (*defer)(struct request *req);
	void (*finish)(struct request *deferred);
	void (*push)(struct request *deferred);
	void (*gone)(struct request *deferred, request_gone_fn *fn, void *arg);
	void (*pull)(struct request *req, request_piece_fn *piece,
		     request_gone_fn *done, void *arg);
	void (*resume)(struct request *deferred);
};
