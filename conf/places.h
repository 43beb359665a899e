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
struct places {
	struct place_row *rows; /* open addressing; a power of two */
	size_t count, cap;
};

/* A later node of the same value replaces the earlier one. */
void places_put(struct places *p, const void *value, const struct node *node);

/* The node, or NULL: the value is a preset. */
const struct node *places_find(const struct places *p, const void *value);

void places_fini(struct places *p);
