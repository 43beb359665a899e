/*
 * Resolves names through libunbound: one query in, one answer within five seconds. To
 * change settings, a new engine is created while the old one finishes its queries.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "dns/recursion.h"

struct engine;
struct loop;

enum {
	ENGINE_OUTSTANDING_MAX = 4000, /* of all workers, each of which has 1,024 */
	/* Packets that one query may cause: half of what BIND 9.18 and unbound 1.23
	 * allow, twice what PowerDNS allows without those for DNSSEC. */
	ENGINE_PACKETS_MAX = 100,
	ENGINE_LIMIT_MS = 4600 /* leaves the worker time within its own 5 s */
};

/* All borrowed until engine_new() returns. */
struct engine_options {
	const struct addr *forwarders; /* with ports; none: from the root */
	size_t forwarder_count;
	const char *root_hints; /* file; NULL: those built into libunbound */
	const char
		*anchor_file; /* fixed trust anchors instead of the root's; or NULL */
	const char *kept_anchors; /* file maintained by RFC 5011 */
	bool validate;
	uint32_t cache_mib;
	const char *const *inside; /* internal domains: they may have private addresses,
				      and no built-in zone hides them */
	size_t inside_count;
	size_t insecure_count; /* the first so many of them need no signatures */
};

/* why: receives a message on error. Returns 0 or ERR_INVALID. */
int engine_new(struct loop *l, const struct engine_options *options, char **why,
	       struct engine **out);

/* Drops outstanding queries without calling back. Not to be called from an answer. */
void engine_free(struct engine *e);

/* The answer is valid until the callback returns. The callback may be made at once. */
typedef void engine_answer_fn(void *arg, const struct recursion_answer *answer);

/* Leads to exactly one answer, unless the engine is freed before. */
void engine_ask(struct engine *e, const struct recursion_question *q,
		engine_answer_fn *fn, void *arg);

struct engine_counts {
	uint64_t questions;
	uint64_t bogus;
	uint64_t kept_out;        /* private addresses were removed */
	uint64_t failed;          /* libunbound returned an error */
	uint64_t late;            /* given up at ENGINE_LIMIT_MS */
	uint64_t refused;         /* beyond ENGINE_OUTSTANDING_MAX */
	uint64_t short_of_budget; /* wanted more than ENGINE_PACKETS_MAX */
};

const struct engine_counts *engine_counts(const struct engine *e);
size_t engine_outstanding(const struct engine *e);
