#include "resolver/recursion/client.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/process/link.h"
#include "dns/edns.h"
#include "dns/recursion.h"
#include "dns/rr.h"
#include "resolver/recursion/quota.h"
#include "resolver/recursion/recursed.h"

enum {
	LOOKUPS_MAX = 1024, /* a power of two */
	SCRATCH_LEN = 192 * 1024,
	BATCHES_A_TURN = 2, /* of at worst 2 ms each, while live names wait */
	STALE_S = 86400,
	STALE_TTL_S = 30, /* RFC 8767 5 */
	RETRY_S = 5,
	FAILURE_S = 2, /* RFC 9520 3.2 */
	FAILURE_KNOWN_S = 30,
	FAILURE_SLOW_MS = 1000,
	POPULAR_HITS = 2,
	PREFETCH_PART = 10,
	PREFETCH_MIN_S = 10
};

/* One question under way. */
struct recursion_lookup {
	TAILQ_ENTRY(recursion_lookup) entry;
	struct recursion_lookup *next; /* in its bucket, or of the free ones */
	struct recursion_question question;
	uint64_t hash;
	uint64_t until_ms;
	uint32_t generation; /* odd: under way */
	uint32_t client;     /* who began it */
	struct parked_queue parked;
};

struct recursion_client {
	struct packet_cache *cache;
	struct recursed *recursed;
	recursion_client_resume_fn *resume;
	void *arg;
	int fd;
	bool silent; /* since its last answer, a query was not answered in time */
	uint64_t now_ms;
	uint32_t now_s;
	uint64_t foreign; /* the world's value for which the cache was filled */
	const struct zone_set *ours;
	const struct rebind *rebind;
	const struct packet *just; /* has just arrived: used whatever its TTL */
	struct client_quota *lookup_quota;
	struct parking *parking;
	const struct addr *client; /* of the query that is answered now */
	bool may_wait;
	uint64_t counts[RECURSION_CLIENT_COUNTS];
	TAILQ_HEAD(lookup_list, recursion_lookup) under_way; /* soonest late first */
	struct recursion_lookup *unused;
	struct recursion_lookup *buckets[LOOKUPS_MAX];
	struct recursion_lookup lookups[LOOKUPS_MAX];
	struct writer out; /* questions of this turn */
	size_t scratch_used;
	_Alignas(8) uint8_t scratch[SCRATCH_LEN];
	uint8_t octets[LINK_PAYLOAD_MAX];
	uint8_t space[LINK_PAYLOAD_MAX];
};

static void count(struct recursion_client *o, enum recursion_client_count what)
{
	__atomic_store_n(&o->counts[what], o->counts[what] + 1, __ATOMIC_RELAXED);
}

uint64_t recursion_client_count(const struct recursion_client *o,
				enum recursion_client_count what)
{
	return __atomic_load_n(&o->counts[what], __ATOMIC_RELAXED);
}

struct recursion_client *recursion_client_new(size_t cache_len,
					      recursion_client_resume_fn *resume,
					      void *arg)
{
	struct recursion_client *o = alloc(sizeof(*o));

	o->cache = packet_cache_new(cache_len);
	o->recursed = recursed_new();
	o->counts[RECURSION_CLIENT_MEMORY] = cache_len;
	o->lookup_quota = client_quota_new(LOOKUPS_MAX);
	o->parking = parking_new();
	o->resume = resume;
	o->arg = arg;
	o->fd = -1;
	o->silent = true;
	o->out = writer_of(o->octets, sizeof(o->octets));
	TAILQ_INIT(&o->under_way);
	for (size_t i = 0; i < LOOKUPS_MAX; i++) {
		o->lookups[i].next = o->unused;
		o->unused = &o->lookups[i];
	}
	return o;
}

static void unlink_it(struct recursion_client *o)
{
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
	o->silent = true;
}

void recursion_client_free(struct recursion_client *o)
{
	struct recursion_lookup *l;

	if (o == NULL)
		return;
	for (l = TAILQ_FIRST(&o->under_way); l; l = TAILQ_NEXT(l, entry)) {
		struct parked *p;

		while ((p = parked_take(&l->parked)))
			free(p);
	}
	unlink_it(o);
	packet_cache_free(o->cache);
	recursed_free(o->recursed);
	client_quota_free(o->lookup_quota);
	parking_free(o->parking);
	free(o);
}

int recursion_client_fd(const struct recursion_client *o)
{
	return o->fd;
}

void recursion_client_turn(struct recursion_client *o, uint64_t now_ms,
			   const struct zone_set *ours, const struct rebind *rebind,
			   uint64_t foreign)
{
	o->now_ms = now_ms;
	o->now_s = (uint32_t)(now_ms / 1000);
	o->ours = ours;
	o->rebind = rebind;
	if (o->foreign != foreign)
		packet_cache_clear(o->cache);
	o->foreign = foreign;
}

static void gauge(struct recursion_client *o, enum recursion_client_count what,
		  uint64_t now)
{
	__atomic_store_n(&o->counts[what], now, __ATOMIC_RELAXED);
}

/* A query that the kernel does not accept will become late. */
void recursion_client_flush(struct recursion_client *o)
{
	size_t len = writer_len(&o->out);
	const struct link_message m = { .type = RECURSION_QUESTIONS,
					.payload = o->octets,
					.len = len };

	gauge(o, RECURSION_CLIENT_WAITING, parking_count(o->parking));
	gauge(o, RECURSION_CLIENT_KEPT, packet_cache_count(o->cache));
	if (len == 0)
		return;
	o->out = writer_of(o->octets, sizeof(o->octets));
	if (o->fd >= 0 && link_send(o->fd, &m) == ERR_CLOSED)
		unlink_it(o);
}

static void send_question(struct recursion_client *o, const struct recursion_lookup *l)
{
	if (recursion_question_write(&o->out, &l->question) == OK)
		return;
	recursion_client_flush(o);
	(void)recursion_question_write(&o->out, &l->question);
}

void recursion_client_link(struct recursion_client *o, int fd)
{
	struct recursion_lookup *l;

	unlink_it(o);
	o->fd = fd;
	o->silent = false;
	o->out = writer_of(o->octets, sizeof(o->octets));
	for (l = TAILQ_FIRST(&o->under_way); l; l = TAILQ_NEXT(l, entry))
		send_question(o, l);
	recursion_client_flush(o);
}

static struct packet_key key_of(const struct recursion_lookup *l)
{
	return (struct packet_key){ .name = l->question.name.wire,
				    .name_len = l->question.name.len,
				    .type = l->question.type,
				    .dnssec_ok = l->question.dnssec_ok,
				    .checking_disabled =
					    l->question.checking_disabled };
}

static struct recursion_lookup **bucket_of(struct recursion_client *o, uint64_t hash)
{
	return &o->buckets[hash & (LOOKUPS_MAX - 1)];
}

static bool is_same(const struct recursion_lookup *l, const struct packet_key *k,
		    uint64_t hash)
{
	return l->hash == hash && l->question.type == k->type &&
	       l->question.dnssec_ok == k->dnssec_ok &&
	       l->question.checking_disabled == k->checking_disabled &&
	       l->question.name.len == k->name_len &&
	       memcmp(l->question.name.wire, k->name, k->name_len) == 0;
}

/* Sorted by timeout, the earliest first; a new one nearly always belongs at the end. */
static void insert(struct recursion_client *o, struct recursion_lookup *l)
{
	struct recursion_lookup *before = TAILQ_LAST(&o->under_way, lookup_list);

	while (before && before->until_ms > l->until_ms)
		before = TAILQ_PREV(before, lookup_list, entry);
	if (before)
		TAILQ_INSERT_AFTER(&o->under_way, before, l, entry);
	else
		TAILQ_INSERT_HEAD(&o->under_way, l, entry);
}

/*
 * Joins the same look-up if it is in progress, or starts it. Returns NULL if the client
 * has too many in progress, or may not wait for them.
 *
 * second  the recursor's second cache is asked
 */
static struct recursion_lookup *ask(struct recursion_client *o,
				    const struct packet_key *k, uint64_t hash,
				    bool second)
{
	struct recursion_lookup **bucket = bucket_of(o, hash);
	struct recursion_lookup *l;
	uint32_t client;

	for (l = *bucket; l; l = l->next)
		if (is_same(l, k, hash)) {
			count(o, RECURSION_CLIENT_JOINED);
			return l;
		}
	l = o->unused;
	client = client_quota_client(o->client);
	if (!o->may_wait || l == NULL || !client_quota_take(o->lookup_quota, client)) {
		count(o, RECURSION_CLIENT_TURNED_AWAY);
		return NULL;
	}
	o->unused = l->next;
	l->client = client;
	l->next = *bucket;
	*bucket = l;
	l->generation++;
	l->hash = hash;
	l->until_ms = o->now_ms + (o->silent ? RECURSION_CLIENT_SILENT_LIMIT_MS
					     : RECURSION_CLIENT_LIMIT_MS);
	TAILQ_INIT(&l->parked);
	l->question = (struct recursion_question){
		.tag = (uint64_t)l->generation << 32 | (uint64_t)(l - o->lookups),
		.type = k->type,
		.dnssec_ok = k->dnssec_ok,
		.checking_disabled = k->checking_disabled,
		.second = second,
		.name = { .len = k->name_len },
	};
	memcpy(l->question.name.wire, k->name, k->name_len);
	insert(o, l);
	count(o, RECURSION_CLIENT_ASKED);
	send_question(o, l);
	return l;
}

/* Removes a look-up; then its waiting queries continue, with what is now in the cache.
 */
static void finish(struct recursion_client *o, struct recursion_lookup *l,
		   const struct packet *just)
{
	struct recursion_lookup **at = bucket_of(o, l->hash);
	struct parked *p;

	TAILQ_REMOVE(&o->under_way, l, entry);
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	l->generation++;
	client_quota_return(o->lookup_quota, l->client);
	o->just = just;
	while ((p = parked_take(&l->parked)))
		o->resume(o->arg, p);
	o->just = NULL;
	l->next = o->unused;
	o->unused = l;
}

/* Uses the entry that was in the cache before, stale or not. Returns whether there is
 * one. */
static bool finish_kept(struct recursion_client *o, struct recursion_lookup *l)
{
	struct packet_key k = key_of(l);
	struct packet *p = packet_cache_find(o->cache, &k, l->hash);

	if (p == NULL || p->rcode == RCODE_SERVFAIL || o->now_s >= p->stale_s)
		return false;
	p->retry_s = o->now_s + RETRY_S;
	finish(o, l, NULL);
	return true;
}

/* Whether it has failed before, and has made its clients wait this time. */
static bool fails_slowly_again(const struct recursion_client *o,
			       const struct recursion_lookup *l,
			       const struct packet *before)
{
	return before && o->now_s < before->stale_s &&
	       o->now_ms + RECURSION_CLIENT_LIMIT_MS - l->until_ms >= FAILURE_SLOW_MS;
}

static void finish_failed(struct recursion_client *o, struct recursion_lookup *l,
			  bool has_ede, uint16_t ede)
{
	struct packet_key k = key_of(l);
	struct packet *p;
	bool lasting;

	if (finish_kept(o, l))
		return;
	lasting = fails_slowly_again(o, l, packet_cache_find(o->cache, &k, l->hash));
	p = packet_cache_put(o->cache, &k, l->hash,
			     recursed_empty(o->recursed, &l->question.name,
					    RCODE_SERVFAIL));
	if (p) {
		p->made_s = o->now_s;
		p->fresh_s = o->now_s + FAILURE_S;
		p->stale_s = o->now_s + FAILURE_KNOWN_S;
		p->flags |= has_ede ? PACKET_HAS_EDE : 0;
		p->flags |= lasting ? PACKET_LASTING : 0;
		p->ede = ede;
	}
	finish(o, l, p);
}

/* The recursor could not find out in time whether the entry is still valid. */
static bool is_stale(const struct recursion_answer *a)
{
	return a->has_ede &&
	       (a->ede == EDE_STALE_ANSWER || a->ede == EDE_STALE_NXDOMAIN);
}

static void finish_answered(struct recursion_client *o, struct recursion_lookup *l,
			    const struct recursion_answer *a)
{
	struct packet_key k = key_of(l);
	struct recursed_answer made;
	struct packet *p = NULL;

	if (a->rcode == RCODE_SERVFAIL) {
		finish_failed(o, l, a->has_ede, a->ede);
		return;
	}
	if (is_stale(a) && finish_kept(o, l))
		return;
	if (recursed_read(o->recursed, &l->question, a, o->ours, o->rebind, &made) ==
	    OK)
		p = packet_cache_put(o->cache, &k, l->hash, made.ready);
	if (p == NULL) {
		count(o, RECURSION_CLIENT_MALFORMED);
		finish_failed(o, l, true, EDE_INVALID_DATA);
		return;
	}
	p->made_s = o->now_s;
	p->fresh_s = o->now_s + (is_stale(a) ? RETRY_S : made.ttl_s);
	p->stale_s = p->fresh_s + STALE_S;
	p->target_at = made.target_at;
	p->flags |= a->secure && !made.rebound ? PACKET_SECURE : 0;
	if (made.rebound)
		count(o, RECURSION_CLIENT_REBINDING);
	p->flags |= l->question.second ? PACKET_SECOND : 0;
	p->flags |= a->has_ede ? PACKET_HAS_EDE : 0;
	p->ede = a->ede;
	if (made.rebound && !a->has_ede) {
		p->flags |= PACKET_HAS_EDE;
		p->ede = EDE_BLOCKED;
	}
	finish(o, l, p);
}

/* Returns 0, or an error for what deputy-recursor never sends. */
static int take_answers(struct recursion_client *o, const struct link_message *m)
{
	struct reader r = reader_of(m->payload, m->len);

	if (m->type != RECURSION_ANSWERS)
		return ERR_MALFORMED;
	while (reader_left(&r)) {
		struct recursion_answer a;
		struct recursion_lookup *l;
		int err = recursion_answer_read(&r, &a);

		if (err)
			return err;
		l = &o->lookups[a.tag & (LOOKUPS_MAX - 1)];
		if (l->generation & 1 && l->question.tag == a.tag)
			finish_answered(o, l, &a);
	}
	return OK;
}

void recursion_client_receive(struct recursion_client *o)
{
	for (int i = 0; i < BATCHES_A_TURN && o->fd >= 0; i++) {
		struct link_message m;
		int err = link_receive(o->fd, o->space, &m);

		if (err == ERR_AGAIN)
			return;
		if (err == OK) {
			link_close_fds(&m);
			o->silent = false;
			err = take_answers(o, &m);
		}
		if (err == OK)
			continue;
		/* A message is whole or not: after a bad one the next may be good. */
		if (err == ERR_CLOSED || err == ERR_SYSTEM)
			unlink_it(o); /* the keeper sends another */
		else
			count(o, RECURSION_CLIENT_MALFORMED);
	}
}

void recursion_client_expire(struct recursion_client *o)
{
	struct recursion_lookup *l;

	while ((l = TAILQ_FIRST(&o->under_way)) && l->until_ms <= o->now_ms) {
		o->silent = true;
		count(o, RECURSION_CLIENT_LATE);
		finish_failed(o, l, true,
			      o->fd < 0 ? EDE_NETWORK_ERROR
					: EDE_NO_REACHABLE_AUTHORITY);
	}
}

void recursion_client_give_up(struct recursion_client *o)
{
	struct recursion_lookup *l;

	while ((l = TAILQ_FIRST(&o->under_way)))
		finish_failed(o, l, true, EDE_NOT_READY);
}

size_t recursion_client_waiter_count(const struct recursion_client *o)
{
	return parking_count(o->parking);
}

int recursion_client_wait_ms(const struct recursion_client *o)
{
	const struct recursion_lookup *l = TAILQ_FIRST(&o->under_way);

	if (l == NULL)
		return -1;
	return l->until_ms > o->now_ms ? (int)(l->until_ms - o->now_ms) : 0;
}

void recursion_client_begin(struct recursion_client *o, const struct addr *client,
			    size_t query_len)
{
	o->client = client;
	o->may_wait = query_len <= PARKED_LEN_MAX;
	o->scratch_used = 0;
}

static uint16_t stale_ede(uint8_t rcode)
{
	return rcode == RCODE_NXDOMAIN ? EDE_STALE_NXDOMAIN : EDE_STALE_ANSWER;
}

/* Copies what was found and lowers its TTLs. */
static enum recursion_client_result give(struct recursion_client *o, struct packet *p,
					 bool stale,
					 struct recursion_client_answer *out)
{
	const struct ready *ready = packet_ready(p);
	size_t len = ready_len(ready);
	uint8_t *copy = o->scratch + o->scratch_used;
	const struct ready *copied = (const struct ready *)(const void *)copy;

	if (len > SCRATCH_LEN - o->scratch_used)
		return RECURSION_CLIENT_FAILED;
	memcpy(copy, ready, len);
	o->scratch_used += len;
	recursed_age(copy + (size_t)(ready_wire(copied) - copy), copied->wire_len,
		     o->now_s - p->made_s, stale ? STALE_TTL_S : 0);
	p->hits++;
	count(o, stale ? RECURSION_CLIENT_STALE : RECURSION_CLIENT_HITS);
	*out = (struct recursion_client_answer){
		.ready = copied,
		.target_at = p->target_at,
		.has_ede = stale || p->flags & PACKET_HAS_EDE,
		.ede = stale ? stale_ede(p->rcode) : p->ede,
		.secure = p->flags & PACKET_SECURE,
	};
	return RECURSION_CLIENT_FOUND;
}

/*
 * Queries a popular name again before it expires. The recursor's cache that it came
 * from still has it, with the rest of its TTL, so the other cache is used.
 */
static void refresh(struct recursion_client *o, struct packet *p,
		    const struct packet_key *k, uint64_t hash)
{
	uint32_t whole_s = p->fresh_s - p->made_s;

	if (p->hits < POPULAR_HITS || p->flags & PACKET_ASKED_AGAIN || o->silent ||
	    whole_s < PREFETCH_MIN_S || p->rcode == RCODE_SERVFAIL ||
	    p->fresh_s - o->now_s > whole_s / PREFETCH_PART)
		return;
	p->flags |= PACKET_ASKED_AGAIN;
	if (ask(o, k, hash, !(p->flags & PACKET_SECOND)))
		count(o, RECURSION_CLIENT_PREFETCHED);
}

const struct packet_cache *recursion_client_cache(const struct recursion_client *o)
{
	return o->cache;
}

enum recursion_client_result recursion_client_find(struct recursion_client *o,
						   const struct packet_key *k,
						   uint64_t hash,
						   struct recursion_client_answer *out)
{
	struct packet *p = packet_cache_find(o->cache, k, hash);
	bool usable = p && p->rcode != RCODE_SERVFAIL && o->now_s < p->stale_s;
	struct recursion_lookup *l;

	if (p && (p == o->just || o->now_s < p->fresh_s)) {
		if (p != o->just)
			refresh(o, p, k, hash);
		return give(o, p, false, out);
	}
	if (usable && o->now_s < p->retry_s)
		return give(o, p, true, out);
	l = ask(o, k, hash, false);
	if (usable && (l == NULL || o->silent))
		return give(o, p, true, out);
	/* It is queried again whether it still fails, but not waited for. */
	if (p && p->flags & PACKET_LASTING && o->now_s < p->stale_s)
		return give(o, p, false, out);
	*out = (struct recursion_client_answer){ .later = l,
						 .has_ede = true,
						 .ede = EDE_NOT_READY };
	return l ? RECURSION_CLIENT_LATER : RECURSION_CLIENT_FAILED;
}

int recursion_client_wait(struct recursion_client *o, struct recursion_lookup *later,
			  const struct parked_query *query, const struct way_back *back)
{
	int err = parked_add(o->parking, &later->parked, query, back);

	if (err)
		count(o, RECURSION_CLIENT_TURNED_AWAY);
	return err;
}
