/* The names of one kind of thing, found by binary search: pbxs, sites, live names. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct name_row {
	char *text;
	uint32_t index; /* of the thing that has this name */
};

/* All zero is an empty one. */
struct names {
	struct name_row *rows;
	size_t count, cap;
};

/* Returns a copy in lower case (ASCII), which the caller frees. */
char *name_lowered(const char *text);

/* Copies `text`, in lower case. */
void names_put(struct names *n, const char *text, uint32_t index);

/* Sorts by name, then by index; to be called before names_find(). */
void names_sort(struct names *n);

/* Returns the lowest index of that name, or UINT32_MAX. */
uint32_t names_find(const struct names *n, const char *text);

/* Returns the name most similar to a misspelt one, or NULL. */
const char *names_suggest(const struct names *n, const char *text);

void names_fini(struct names *n);
