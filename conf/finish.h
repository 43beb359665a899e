/* Checks on all settings of a mapping together, after they were read: the `finish` of a
 * section. */
#pragma once

struct parse;
struct node;

/* Fills the probe from the profile. */
void finish_pbx(struct parse *d, const struct node *n, void *base);

/* Resolves `answer`, `home` and `default`. */
void finish_live(struct parse *d, const struct node *n, void *base);
