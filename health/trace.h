/*
 * Why an answer is what it is: filled by chain_choose(), rendered here for EDE, CH TXT,
 * command line and log alike.
 */
#pragma once

#include <stddef.h>

#include "health/chain.h"

struct buffer;
struct json;

/* Octets, without NUL: of the whole text, of its end, of the part before that. */
enum {
	TRACE_EDE_MAX = 120,
	TRACE_GEN_MAX = 15,
	TRACE_REASON_MAX = TRACE_EDE_MAX - TRACE_GEN_MAX
};

/* What decided about a member, in the order of precedence. */
enum reason {
	REASON_FORCED_DOWN,
	REASON_FORCED_DRAIN,
	REASON_FORCED_UP,
	REASON_NO_ADDRESS, /* for clients of this site */
	REASON_UP,
	REASON_UNDECIDED,
	REASON_HELD,        /* up again, waits for its hold, window or the operator */
	REASON_CERTIFICATE, /* up, with a certificate a phone would refuse */
	REASON_DRAINING,
	REASON_DOWN,
	REASON_NEED, /* up, but no endpoint that the live name needs */
	REASONS
};

struct trace_member {
	const char *name;
	const struct board_row *row; /* NULL: unknown to the board */
	const struct board_target
		*witness; /* the target that stands for the reason, or NULL */
	enum reason reason;
	bool frozen; /* the reason is kept while our link or the path is lost */
};

struct trace {
	const struct chain *chain;
	const struct board *board;
	struct choice choice;
	bool all_down; /* the policy decided */
	size_t member_count;
	struct trace_member members[CHAIN_MEMBERS_MAX];
};

/*
 * "site=berlin answer=hq because berlin down since 14:03:07Z (options/udp timeout x10)
 * gen 4711": at most TRACE_EDE_MAX octets, the cause cut first. Returns their number.
 */
size_t trace_ede(const struct trace *t, char out[TRACE_EDE_MAX + 1]);

/* The two parts of it. The first depends on the members' rows alone, and on the day:
 * it stays as it is while they do. */
size_t trace_reason(const struct trace *t, char out[TRACE_REASON_MAX + 1]);
size_t trace_gen(uint64_t generation, char out[TRACE_GEN_MAX + 1]);

/* "forced down" */
const char *reason_text(enum reason r);

/* Puts "berlin down since 14:03:07Z", without the cause. */
void trace_put_member(const struct trace *t, size_t member, struct buffer *out);

/* Calls `fn` with each line of the whole trace, each of at most 255 octets. */
typedef void trace_line_fn(void *arg, const char *line, size_t len);
void trace_lines(const struct trace *t, trace_line_fn *fn, void *arg);

/* Members into the open object of `j`. */
void trace_json(const struct trace *t, struct json *j);

/* The name of what is answered: the winner's, or "registrar", "file", "servfail". */
const char *trace_answer(const struct trace *t);

/* Returns the policy that decided because no member is up; NULL: a member is up. */
const char *trace_policy(const struct trace *t);