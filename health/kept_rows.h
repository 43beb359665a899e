/*
 * Rows of what is kept on their way to the disk, in the order in which they are to be
 * put: keys and values in one piece, made on the prober's thread, put by the main one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct kept_name;
struct kept_pbx;

/* All zero: none. */
struct kept_rows {
	struct buffer octets;
	struct kept_span {
		size_t key, value; /* where they begin; the key ends with a NUL */
		size_t len;
		bool gone;
	} * spans;
	size_t count, cap;
};

struct kept_row {
	const char *key;
	const void *octets; /* NULL: the row is to be deleted */
	size_t len;
};

void kept_rows_fini(struct kept_rows *rows);

/* One row, borrowed until another is put. */
struct kept_row kept_rows_at(const struct kept_rows *rows, size_t i);

void kept_rows_put_head(struct kept_rows *rows, uint64_t generation, uint64_t order,
			uint64_t switch_seq);
void kept_rows_put_pbx(struct kept_rows *rows, const struct kept_pbx *p);
void kept_rows_put_name(struct kept_rows *rows, const struct kept_name *n);

/* Moves all rows of `from` to the end of `rows`. */
void kept_rows_move(struct kept_rows *rows, struct kept_rows *from);

void kept_rows_drop(struct kept_rows *rows, const char *key);
void kept_rows_drop_pbx(struct kept_rows *rows, const char *name);
void kept_rows_drop_name(struct kept_rows *rows, const char *name);
