/*
 * A YAML text as a tree of nodes with their positions. What deputy.conf(5) does not use
 * is refused here: aliases and anchors, tags, several documents, deep nesting.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/operator/diag.h"
#include "conf/source.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAPPING };

struct node {
	enum node_kind kind;
	bool quoted;
	bool broken; /* already reported: not looked at again */
	uint32_t line, col;
	uint32_t end_line, end_col; /* just after a scalar and its quotes */
	const char *text;           /* of a scalar: NUL-ended */
	size_t len;
	struct node *key;   /* of a mapping's value: its key, a scalar */
	struct node *first; /* of a list or a mapping */
	struct node *next;  /* in the same list or mapping */
	uint32_t child_count;
};

/*
 * Reads the one document of a source.
 *
 * out    the root, or NULL for a text of blanks and comments; nodes live in `arena`
 *
 * Returns 0, or ERR_INVALID after a syntax error. Other errors are added to `diags`,
 * and the tree is complete.
 */
int tree_read(const struct source *s, struct arena *arena, struct diags *diags,
	      struct node **out);

/* Returns the value of a mapping's first key of this name, or NULL. */
const struct node *node_find(const struct node *mapping, const char *key);

/* Whether a key was written without a value: "key:", "key: ~", "key: null". */
bool node_is_empty(const struct node *n);

static inline struct diag_place node_place(const struct node *n)
{
	return (struct diag_place){ .line = n ? n->line : 0, .col = n ? n->col : 0 };
}
