/*
 * The lines of a configuration that no diagnosis may show, because they contain a
 * secret. They are all known only when the whole text has been read, and a text that is
 * not YAML must be judged by its words; so these lines are removed from the diagnoses
 * at the end.
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

/* Returns the key of a secret of the section that a word contains, as "password:x"
 * does, or NULL. */
const char *section_secret_in(const struct section *sec, const char *word);

/* Hides the lines with the key of a secret, and those below that may be its value. */
void hidden_scan(struct hidden *h, const struct source *s);

/* Hides all lines of a value and its key. */
void hidden_add(struct hidden *h, const struct source *s, const struct node *n);

/* Removes the hidden lines from the diagnoses, from row `first` on. */
void hidden_apply(const struct hidden *h, struct diags *d, size_t first);

/* Whether a line, from 1, is hidden. */
bool hidden_has(const struct hidden *h, uint32_t line);

void hidden_fini(struct hidden *h);
