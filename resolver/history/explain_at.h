/* `explain NAME --at TIME`: what was answered then, and why. */
#pragma once

#include "base/operator/command.h"
#include "health/chain.h"
#include "resolver/history/answer_history.h"
#include "resolver/history/switch_history.h"

struct explain_at {
	struct answer_history *answer_history;
	struct switch_history *switch_history;
	const struct chain *chain; /* current: whose members are shown */
	const struct board *board; /* current */
	int64_t now_ms;
};

/* Answers the request, or fails it; at: as moment_parse() reads it. */
void explain_at(const struct explain_at *e, const char *at, struct request *req);
