/*
 * Whether the path to an address loses packets: while an endpoint there is in doubt its
 * host is pinged. Where some echoes return, and some do not, silence is
 * the path's.
 */
#pragma once

#include <stdbool.h>

struct address;
struct prober;
struct target;

/* At most some hosts at a time: many in doubt at once are our own link's fault. */
void path_ask(struct prober *p, struct target *t);

/* Its doubt may be over: then its host is not pinged any more. */
void path_settle(struct prober *p, struct target *t);

/* It is about to be freed. */
void path_forget(struct prober *p, struct address *a);

/* Whether so much is lost that silence proves less; false without any echo. */
bool path_is_lossy(const struct prober *p, const struct target *t);
