/* Characters of UTF-8, and how text of others is shown on a terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct buffer;

/*
 * Reads the character that `t` begins with (RFC 3629); `t` stays where it is.
 *
 * Returns its octets, or 0 if it is none or not whole.
 */
size_t rune_read(const struct text *t, uint32_t *out);

/* Returns the octets of the characters that `t` begins with and that fit into `most`.
 */
size_t rune_fit(struct text t, size_t most);

/* Returns how many columns of a terminal the text takes, each octet that is no UTF-8
 * being one. */
size_t rune_columns(struct text t);

/* Returns the octets of the characters that `t` begins with and that fit into so many
 * columns. */
size_t rune_fit_columns(struct text t, size_t most);

/*
 * Checks text that is to be shown on one line as it is.
 *
 * Returns 0, ERR_MALFORMED if it is not UTF-8, or ERR_INVALID if something in it is
 * hidden.
 */
int rune_check(struct text t);

/* Whether a terminal obeys it instead of showing it: control characters of both sets
 * and those that change the direction of text. All are below U+10000. */
bool rune_is_hidden(uint32_t rune);

/*
 * Appends text with the octets of what is hidden, or no UTF-8, as "\x1b".
 *
 * is_lines  line ends and tabs stay as they are
 */
void rune_put_visible(struct buffer *out, struct text t, bool is_lines);
