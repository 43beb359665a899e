/* Keys that stand where they are not known: where they belong, and what was meant. */
#pragma once

struct section;

/* Returns the key of a section that operators call by this other word, or NULL. */
const char *key_by_other_word(const struct section *sec, const char *word);

/*
 * Returns which other sections have a key of this name, "a key of 'live' or 'hosts'",
 * or NULL; the caller frees it.
 */
char *key_elsewhere(const struct section *sec, const char *word);
