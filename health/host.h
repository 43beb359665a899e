/*
 * The host calls of a node: the kernel's routes, links and neighbours by netlink,
 * pings, the names of pbxs, the wall clock.
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

/* Whom to tell of carriers and of names that moved. */
void host_serve(struct host *h, struct prober *p);

/* Resolves the names that a plan has, and no others, from now on. */
void host_resolve(struct host *h, const struct plan *plan);

/* What the names resolve to, before and after a restart. */
void host_restore_names(struct host *h, const struct kept *k);
void host_keep_names(struct host *h, struct kept_rows *out);
