/* Making boards and their rows: for the prober and tests. */
#pragma once

#include "health/board.h"

struct pbx_layout;

/* Returns a board without rows; the caller adds them, with one reference each. */
struct board *board_new(uint64_t generation, int64_t wall_ms, size_t row_count);

/* Returns a row with every target undecided. */
struct board_row *row_new(const char *name, const struct pbx_layout *l);
struct board_row *row_ref(struct board_row *row);
void row_unref(struct board_row *row); /* NULL does nothing */
