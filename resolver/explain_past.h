/* `explain NAME --at TIME`: what was answered then, and why. */
#pragma once

#include "base/command.h"
#include "health/chain.h"
#include "resolver/history.h"
#include "resolver/past.h"

struct explain_past {
	struct past *past;
	struct history *history;
	const struct chain *chain; /* of now: whose members are told of */
	const struct board *board; /* of now */
	int64_t now_ms;
};

/* Answers the request, or fails it; at: as moment_parse() reads it. */
void explain_past(const struct explain_past *e, const char *at, struct request *req);
