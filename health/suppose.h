/* Hypothetical boards, for `deputy whatif`. */
#pragma once

#include <stdint.h>

#include "health/board.h"

struct conf;
struct slots;

enum supposition {
	SUPPOSE_DOWN,    /* its probes would say so */
	SUPPOSE_UP,      /* its probes would say so, without a hold */
	SUPPOSE_DRAINED, /* it would answer 503 */
	SUPPOSE_FORCED_DOWN,
	SUPPOSE_FORCED_UP,
	SUPPOSE_FORCED_DRAIN,
	SUPPOSE_RELEASED, /* neither forced nor moved away from by hand */
	SUPPOSITIONS
};

/* Returns the board of a configuration with all pbxs up. */
struct board *board_all_up(const struct conf *c, const struct slots *s);

/* Returns a separate board that shares the rows of `b`; the caller unrefs it. */
struct board *board_suppose(const struct board *b);

/* Changes one row of a board that board_suppose() made. */
void board_suppose_row(struct board *b, uint32_t slot, enum supposition s);

/* "down", "forced drain". */
const char *supposition_name(enum supposition s);
