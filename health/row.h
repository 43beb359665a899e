/* Making boards and their rows: the prober's business, and tests'. */
#pragma once

#include "health/board.h"

struct pbx_layout;

/* A board without rows; the caller puts them, one reference each. */
struct board *board_new(uint64_t generation, int64_t wall_ms, size_t row_count);

/* A row with every target undecided. */
struct board_row *row_new(const char *name, const struct pbx_layout *l);
struct board_row *row_ref(struct board_row *row);
void row_unref(struct board_row *row); /* NULL does nothing */
