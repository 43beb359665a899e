/*
 * The one sentence that an operator needs first: which live names have no living PBX,
 * which are not answered as planned, and how many are served by their home PBX.
 */
#pragma once

#include "base/operator/command.h"

struct buffer;
struct summary;
struct trace;

struct summary *summary_new(void);
void summary_free(struct summary *s); /* NULL does nothing */

/* Takes the choice for one class of clients of the current name. */
void summary_add_choice(struct summary *s, const struct trace *t);

/* Ends a name, which counts as the worst of its choices. */
void summary_end_name(struct summary *s, const char *name);

/* Puts the sentence, without a full stop: the worst first, and of many names the first
 * few. */
void summary_format(const struct summary *s, struct buffer *out);

/*
 * Returns EXIT_NEGATIVE if a name has no living PBX, EXIT_PARTIAL if one is not served
 * by its home PBX as it should be, and otherwise EXIT_DONE.
 */
enum exit_status summary_status(const struct summary *s);
