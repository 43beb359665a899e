/* The position of each value of a configuration in its text, found by the value's
 * address.
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

/* A later node for the same value replaces the earlier one. */
void positions_put(struct positions *p, const void *value, const struct node *node);

/* Returns the node, or NULL if the value is a default. */
const struct node *positions_find(const struct positions *p, const void *value);

void positions_fini(struct positions *p);
