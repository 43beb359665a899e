/*
 * The counters of a worker thread. Only that thread adds; any thread may read.
 */
#pragma once

#include <stdint.h>

enum count {
	COUNT_UDP, /* queries by transport */
	COUNT_TCP,
	COUNT_TLS,
	COUNT_DROPPED, /* not a query: no answer */
	COUNT_NOERROR,
	COUNT_FORMERR,
	COUNT_SERVFAIL,
	COUNT_NXDOMAIN,
	COUNT_NOTIMP,
	COUNT_REFUSED,
	COUNT_OTHER_RCODE,
	COUNT_DENIED, /* REFUSED by the access lists, of those */
	COUNT_TRUNCATED,
	COUNT_LIVE,     /* answered from a live set */
	COUNT_RECURSED, /* contains records obtained by recursion */
	COUNT_CHAOS,
	COUNT_EDNS,
	COUNT_COOKIE,  /* with a good server cookie */
	COUNT_UNSENT,  /* answers that the kernel did not accept */
	COUNT_UNTAKEN, /* connections closed because their clients did not take the
			  answers */
	COUNTS
};

struct counts {
	uint64_t at[COUNTS];
};

static inline void count_add(struct counts *c, enum count what, uint64_t n)
{
	__atomic_store_n(&c->at[what], c->at[what] + n, __ATOMIC_RELAXED);
}

static inline uint64_t count_read(const struct counts *c, enum count what)
{
	return __atomic_load_n(&c->at[what], __ATOMIC_RELAXED);
}

/* Returns the name in commands and metrics: "queries_udp". */
const char *count_name(enum count what);
