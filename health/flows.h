/*
 * The flows of one target: the kept one, and in a long silence a fresh one beside it. A
 * proxy may hold a connection to a dead backend, a firewall or NAT may have forgotten
 * or pinned a flow: then the PBX lives and only the flow is mute.
 */
#pragma once

#include "health/target.h"

struct probe_flow *flows_kept(struct target *t);
struct probe_flow *flows_fresh(struct target *t);

/* Returns 0 or ERR_SYSTEM with errno. */
int flow_open(struct target *t, struct probe_flow *f);
void flow_close(struct probe_flow *f);

/*
 * Opens a fresh one if the silence has lasted for half of the window, and again every
 * few seconds while it lasts. It can prove life, never death: the target is judged as
 * if it were not there. Returns whether it did.
 */
bool flows_try_fresh(struct target *t);

/* The one that the next probe goes over: both in turns while both are open. */
struct probe_flow *flows_next(struct target *t);

/* There was proof of life over one: from now on it is the kept one, and alone. */
void flows_keep(struct target *t, const struct probe_flow *f);
