/*
 * The node's cookie keys (RFC 9018): the same after a restart or an upgrade, with a new
 * one each day. The main thread stores and rolls them; workers read the current ones.
 */
#pragma once

#include "dns/cookie.h"

struct loop;
struct store;

struct cookie_jar;

enum { COOKIE_JAR_ROLL_S = 86400 };

/* Called after something was put into the store. */
typedef void cookie_jar_put_fn(void *arg);

/* store  NULL: nothing is saved */
struct cookie_jar *cookie_jar_new(struct loop *main, struct store *store,
				  cookie_jar_put_fn *put, void *arg);
void cookie_jar_free(struct cookie_jar *j);

/* Returns the current keys: borrowed, valid for days; callable from any thread. */
const struct cookie_keys *cookie_jar_now(const struct cookie_jar *j);
