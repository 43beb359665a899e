/*
 * The commands that a running process accepts on its control socket, as rows. The
 * help of the command line, its completion and deputy(1) are generated from the same
 * rows.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/operator/json.h"

/* Exit statuses of `deputy`, and status of a request. */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_NEGATIVE = 1, /* it worked, and the result is negative */
	EXIT_USAGE = 2,
	EXIT_NOT_RUNNING = 3,
	EXIT_DENIED = 4,
	EXIT_CONFLICT = 5,
	EXIT_TIMED_OUT = 6,
	EXIT_PARTIAL = 7 /* partly done */
};

enum command_right { MAY_READ, MAY_CHANGE };

/*
 * A request in progress. The answer is one JSON object filled by the handler; it
 * contains scalars, and arrays of objects, which the command line prints as tables.
 */
struct request {
	const char *const *args; /* after the command's own words */
	size_t arg_count;
	const struct command *command; /* the row that is run */
	const char *author;            /* login name of the user */
	uid_t uid;
	struct json json;        /* inside the answer's object */
	enum exit_status status; /* EXIT_DONE at first */
	void *module; /* the argument that the module registered with its rows */
	const struct request_calls *calls; /* functions of admin that send the answer */
	void *call_arg;
};

typedef void command_fn(struct request *req);

struct command {
	const char *name; /* "pbx force" */
	const char *args; /* "PBX up|down|drain [--for TIME] [--reason TEXT]" */
	enum command_right right;
	command_fn *run;  /* NULL: run by the command line itself, without a daemon */
	const char *help; /* one line */
	/* Arguments that need an explanation, a line each: "--for TIME\thow long\n".
	   NULL: none does. */
	const char *options;
	const char
		*example; /* its arguments, as they might be typed; NULL: it has none */
};

/* Fails a request: sets member "error" and the status. */
void request_fail(struct request *req, enum exit_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Returns the value of option "--name" ("--name value" or "--name=value"), "" for an
 * option without a value, or NULL if it is not given. The command's row says which
 * options take a value.
 */
const char *request_option(const struct request *req, const char *name);

/* The same for an option that may be repeated: occurrence number n, from 0. */
const char *request_option_at(const struct request *req, const char *name, size_t n);

/* Returns argument number n, not counting options and their values, or NULL. */
const char *request_word(const struct request *req, size_t n);

/*
 * For a request that is answered later (probe --trace) or in pieces (watch): `defer`
 * keeps it open and returns a handle that is valid until `request_finish`, which sends
 * the answer and frees it. The arguments are valid as long.
 */
struct request *request_defer(struct request *req);
void request_finish(struct request *deferred);

/* Sends the object filled so far as one line and starts an empty one. */
void request_push(struct request *deferred);

/* Registers `fn` to be called once when the client has gone; it must finish the
 * request. */
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
struct request_calls {
	void (*defer)(struct request *req);
	void (*finish)(struct request *deferred);
	void (*push)(struct request *deferred);
	void (*gone)(struct request *deferred, request_gone_fn *fn, void *arg);
	void (*pull)(struct request *req, request_piece_fn *piece,
		     request_gone_fn *done, void *arg);
	void (*resume)(struct request *deferred);
};
