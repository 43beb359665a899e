/* `explain NAME --at TIME`: what was answered then, and why. */
#pragma once

#include "base/operator/command.h"
#include "health/chain.h"
#include "resolver/history/answer_history.h"
#include "resolver/history/switch_history.h"
#include "resolver/live/held.h"

struct explain_at {
	struct answer_history *answer_history;
	struct switch_history *switch_history;
	struct held *held;         /* the current snapshot; owned by the callee */
	const struct chain *chain; /* of that snapshot: the members to report on */
	int64_t now_ms;
};

/*
 * Answers the request or fails it, and finishes it in later turns of the loop.
 *
 * at  a time as moment_parse() reads it
 */
void explain_at(const struct explain_at *e, const char *at, struct request *req);
