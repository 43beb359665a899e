/* Boards made by hand, for tests of what reads them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "health/board.h"

/* What a fixture's pbx is made of; its slot is its place in the list. */
struct fixture_pbx {
	const char *name;
	uint32_t transports;  /* bit per enum transport: one endpoint each */
	size_t address_count; /* 192.0.2.(10 * slot + 1) and so on */
};

/* A board in which every target is decided and alive. */
struct board *fixture_board(const struct fixture_pbx *pbxs, size_t count);

/* Its rows, to be written before anybody reads. */
struct board_row *fixture_row(struct board *b, uint32_t slot);

/* Takes all targets of a row down; `fell` orders falls. */
void fixture_fall(struct board_row *row, uint64_t fell);
