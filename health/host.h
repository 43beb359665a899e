/*
 * The host calls of a node: the kernel's routes, links and neighbours by netlink,
 * pings, the host names of pbxs, the wall clock.
 */
#pragma once

#include "health/host_calls.h"

struct host;
struct kept;
struct kept_rows;
struct loop;
struct plan;
struct prober;

struct host *host_new(struct loop *l);
void host_free(struct host *h);

/* Borrowed. */
const struct host_calls *host_calls(struct host *h);

/* Callbacks for changes of carrier and of the addresses of names. */
void host_serve(struct host *h, struct prober *p);

/* Sets the names to resolve to those of a plan. */
void host_resolve(struct host *h, const struct plan *plan);

/* The addresses of the names, before and after a restart. */
void host_restore_names(struct host *h, const struct kept *k);
void host_keep_names(struct host *h, struct kept_rows *out);
