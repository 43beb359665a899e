/*
 * Lines of a configuration that no diagnosis may show, for a secret stands there. Which
 * they are is known whole only when all is read, and a text that is no YAML has to be
 * judged by its words: so the lines are taken out of what was told at the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diags;
struct node;
struct section;
struct source;

/* All zero hides nothing. */
struct hidden {
	bool *lines; /* from 0; NULL: none */
	uint32_t line_count;
};

/* Whether a mapping of this section has a secret in it, or in one inside it. */
bool section_has_secret(const struct section *sec);

/* The secret of a section whose key stands in a word, or NULL: in "password:x". */
const char *section_secret_in(const struct section *sec, const char *word);

/* Hides the lines where a key of a secret stands, and what may be its value below. */
void hidden_scan(struct hidden *h, const struct source *s);

/* Hides all lines of a value and its key. */
void hidden_add(struct hidden *h, const struct source *s, const struct node *n);

/* Takes the hidden lines out of rows from `first` on. */
void hidden_apply(const struct hidden *h, struct diags *d, size_t first);

void hidden_fini(struct hidden *h);
