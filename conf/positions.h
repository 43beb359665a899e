/* Where each value of a configuration stands in its text: found by the value's address.
 */
#pragma once

#include <stddef.h>

struct node;

struct place_row {
	const void *value;
	const struct node *node;
};

/* All zero is an empty one. */
struct positions {
	struct place_row *rows; /* open addressing; a power of two */
	size_t count, cap;
};

/* A later node of the same value replaces the earlier one. */
void positions_put(struct positions *p, const void *value, const struct node *node);

/* The node, or NULL: the value is a preset. */
const struct node *positions_find(const struct positions *p, const void *value);

void positions_fini(struct positions *p);
