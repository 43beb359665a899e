/*
 * The node's cookie keys (RFC 9018): the same after a restart and in the process that
 * an upgrade starts, and a fresh one each day. The main thread keeps and rolls them,
 * workers read what is there at the time.
 */
#pragma once

#include "dns/cookie.h"

struct loop;
struct store;

struct cookie_jar;

enum { COOKIE_JAR_ROLL_S = 86400 };

/* Something was put into the store. */
typedef void cookie_jar_put_fn(void *arg);

/* store  NULL: nothing is kept */
struct cookie_jar *cookie_jar_new(struct loop *main, struct store *store,
				  cookie_jar_put_fn *put, void *arg);
void cookie_jar_free(struct cookie_jar *j);

/* The keys of now: borrowed, good for days; of any thread. */
const struct cookie_keys *cookie_jar_now(const struct cookie_jar *j);
