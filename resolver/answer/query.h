/*
 * From one query to one answer, the same for every transport, in three passes, so that
 * memory for one query of a batch is prefetched while others are processed:
 *
 *	for each: query_read()
 *	for each: query_seek()
 *	for each: query_write()
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "conf/endpoint.h"
#include "conf/reference.h"
#include "dns/cookie.h"
#include "dns/question.h"
#include "resolver/answer/counts.h"
#include "resolver/live/access.h"
#include "resolver/live/publish.h"
#include "resolver/recursion/client.h"
#include "zones/answer.h"

enum { QUERY_MAX_LEN = 65535, QUERY_UDP_MAX_LEN = 4096 };

/* Where a query came from. */
struct client {
	struct addr addr; /* with its port */
	enum transport via;
};

/* The context of a worker thread for each query; nothing here belongs to another
 * thread. */
struct worker {
	const struct live_answers *now; /* of this turn */
	uint32_t now_s;                 /* wall clock of this turn, for cookies */
	const struct cookie_keys *keys;
	struct counts counts;
	struct recursion_client *recursion; /* NULL: no recursion */
};

/* The sources of the answer's records. */
enum query_body { BODY_NONE, BODY_ZONE, BODY_CHAOS };

struct query {
	/* Set by the caller; `packet` stays as it is until query_write(). */
	const uint8_t *packet;
	size_t len;
	struct client client;
	struct worker *worker;
	unsigned rounds; /* how often it has already waited for recursion */
	bool hurried;    /* it cannot wait: SERVFAIL instead */

	struct recursion_lookup
		*later; /* not NULL: no answer yet, it must wait for this */
	bool recursed;  /* the answer contains records obtained by recursion */
	bool secure;    /* all of it was validated */
	enum query_body body;
	uint16_t rcode;
	uint16_t ede; /* if has_ede */
	bool has_ede;
	struct asker asker;
	uint32_t class;    /* the class of clients, for answers of live names */
	uint32_t live;     /* number of the live name in the answer, or CONF_NONE */
	uint8_t ecs_scope; /* of its client subnet */
	bool ecs_used;
	enum cookie_verdict cookie; /* of a query that has one */
	bool looks_outside; /* not a name of ours: the recursion cache is searched, */
	uint64_t hash;      /* with this hash of the question */
	struct question question;
	struct answer answer;
};

void query_read(struct query *q);
void query_seek(struct query *q);

/*
 * Writes the answer.
 *
 * out   not the packet
 * room  octets available: at least QUERY_UDP_MAX_LEN, for streams 65,535
 *
 * Returns its length, or 0 if there is none, or not yet (q->later).
 */
size_t query_write(struct query *q, uint8_t *out, size_t room);

/* All three passes for one query. */
size_t query_answer(struct query *q, uint8_t *out, size_t room);
