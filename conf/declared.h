/*
 * The names that the lists of a configuration declare: found in its text before
 * anything that refers to them is read.
 */
#pragma once

struct parse;
struct names;
struct section;

/* Collects the names of all lists of mappings. */
void declared_collect(struct parse *d);

/* Returns the names of one list, by position. */
const struct names *declared_names(const struct parse *d, const struct section *rows);

/* Returns a name in the form for names_find(); the caller frees it. */
char *declared_key(const struct section *rows, const char *text);

void declared_fini(struct parse *d);
