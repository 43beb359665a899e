#include "resolver/answer/query.h"

#include <assert.h>
#include <string.h>

#include "conf/conf.h"
#include "dns/rr.h"
#include "resolver/answer/chaos.h"
#include "resolver/answer/query_opt.h"
#include "zones/answer.h"

enum {
	UDP_PAYLOAD_PLAIN = 512, /* RFC 1035 4.2.1 */
	HEADER_QR = 0x80,
	HEADER_RD = 0x01,
	HEADER_TC = 0x02,
	HEADER_RA = 0x80,
	HEADER_AD = 0x20,
	HEADER_CD = 0x10,
	OPCODE_SHIFT = 3
};

static void fail(struct query *q, uint16_t rcode)
{
	q->body = BODY_NONE;
	q->rcode = rcode;
}

static void fail_because(struct query *q, uint16_t rcode, enum ede ede)
{
	fail(q, rcode);
	q->has_ede = true;
	q->ede = (uint16_t)ede;
}

/* Determines the site whose answers the client gets: a client subnet counts only from
 * trusted forwarders (RFC 7871 11.1). */
static void place_asker(struct query *q)
{
	const struct live_answers *now = q->worker->now;
	const struct edns *e = &q->question.edns;
	uint32_t site = q->asker.site;

	q->ecs_used = e->present && e->has_ecs && (q->asker.rights & ACCESS_ECS);
	q->ecs_scope = 0;
	/* For a client that hides its address (prefix 0) the forwarder's own site
	 * counts; the forwarder may give the answer to all such clients (RFC
	 * 7871 7.1.2). */
	if (q->ecs_used && e->ecs.subnet.len != 0)
		site = access_site(now->world->access, &e->ecs.subnet.addr,
				   &q->ecs_scope);
	q->class = live_answers_class(now, site);
}

/* Returns the RCODE for types that are not data (RFC 6895 3.1); NOERROR: look it up. */
static uint16_t type_rcode(const struct query *q)
{
	enum { TYPE_FIRST_META = 128 };
	const struct question *question = &q->question;

	switch (question->type) {
	case RR_OPT:
	case RR_TSIG:
		return RCODE_FORMERR;
	case RR_ANY:
		return RCODE_NOERROR;
	case RR_AXFR:
	case RR_IXFR: {
		struct name name = { .len = question->name_len };

		memcpy(name.wire, question->name, question->name_len);
		return zone_set_exact(q->worker->now->world->zones, &name)
			       ? RCODE_REFUSED
			       : RCODE_NOTAUTH;
	}
	default:
		return question->type >= TYPE_FIRST_META && question->type <= RR_ANY
			       ? RCODE_NOTIMP
			       : RCODE_NOERROR;
	}
}

static bool may_recurse(const struct query *q)
{
	return q->question.verdict == QUESTION_OK && q->question.class == CLASS_IN &&
	       q->asker.rights & ACCESS_QUERY && q->asker.rights & ACCESS_RECURSION;
}

/* Returns the key of a name in the recursion cache. */
static struct packet_key key_of(const struct question *question, const uint8_t *name,
				size_t len)
{
	return (struct packet_key){
		.name = name,
		.name_len = (uint8_t)len,
		.type = question->type,
		.dnssec_ok = question->edns.present && question->edns.dnssec_ok,
		.checking_disabled = question->checking_disabled,
	};
}

/* If the name is not ours, prefetches its bucket of the recursion cache. */
static void begin_outside(struct query *q)
{
	const struct question *question = &q->question;
	struct packet_key key;

	if (q->answer.result != ANSWER_NONE || !question->recursion_desired ||
	    q->worker->recursion == NULL || !may_recurse(q))
		return;
	key = key_of(question, question->name, question->name_len);
	q->hash = packet_hash(&key);
	q->looks_outside = true;
	packet_cache_fetch(recursion_client_cache(q->worker->recursion), q->hash);
}

static void begin_zone(struct query *q)
{
	uint16_t rcode = type_rcode(q);

	if (q->question.type == RR_NXNAME) {
		fail_because(q, RCODE_FORMERR, EDE_INVALID_TYPE);
		return;
	}
	if (rcode) {
		fail(q, rcode);
		return;
	}
	q->body = BODY_ZONE;
	answer_prepare(q->worker->now->world->zones, &q->question, &q->answer);
	begin_outside(q);
}

static void begin_question(struct query *q)
{
	if (!(q->asker.rights & ACCESS_QUERY)) {
		count_add(&q->worker->counts, COUNT_DENIED, 1);
		fail_because(q, RCODE_REFUSED, EDE_PROHIBITED);
	} else if (q->question.tsig_at) {
		fail(q, RCODE_NOTAUTH); /* no key is known here (RFC 8945 5.2.1) */
	} else if (q->question.class == CLASS_IN) {
		begin_zone(q);
	} else if (q->question.class == CLASS_CH) {
		q->body = BODY_CHAOS;
	} else {
		fail(q, RCODE_REFUSED);
	}
}

/* Checks the cookie. Returns whether the client must repeat the query with a valid one
 * (RFC 7873 5.2.4, 5.4). Only over UDP: the source address of a stream is genuine. A
 * cookie that is merely too old is no reason to make a client wait. */
static bool is_badly_cooked(struct query *q)
{
	const struct edns *e = &q->question.edns;
	const struct worker *w = q->worker;
	bool alone = q->question.verdict == QUESTION_COOKIE_ONLY;

	if (!e->cookie_len)
		return false;
	q->cookie = cookie_check(w->keys, e->cookie, e->cookie_len, &q->client.addr,
				 w->now_s);
	return (q->cookie == COOKIE_BAD && (alone || q->client.via == TRANSPORT_UDP)) ||
	       (q->cookie == COOKIE_STALE && alone);
}

void query_read(struct query *q)
{
	static const enum count by_transport[TRANSPORTS] = {
		[TRANSPORT_UDP] = COUNT_UDP,
		[TRANSPORT_TCP] = COUNT_TCP,
		[TRANSPORT_TLS] = COUNT_TLS,
	};
	struct worker *w = q->worker;

	q->rcode = RCODE_NOERROR;
	q->body = BODY_NONE;
	q->has_ede = false;
	q->live = CONF_NONE;
	q->later = NULL;
	q->recursed = q->secure = q->looks_outside = false;
	if (q->rounds == 0)
		count_add(&w->counts, by_transport[q->client.via], 1);
	if (question_read(q->packet, q->len, &q->question) == QUESTION_DROP)
		return;
	q->asker = access_find(w->now->world->access, &q->client.addr);
	place_asker(q);
	if (q->question.edns.present)
		count_add(&w->counts, COUNT_EDNS, 1);
	if (q->question.verdict <= QUESTION_COOKIE_ONLY && is_badly_cooked(q) &&
	    q->asker.rights & ACCESS_QUERY) {
		fail(q, RCODE_BADCOOKIE);
		return;
	}
	switch (q->question.verdict) {
	case QUESTION_OK:
		begin_question(q);
		break;
	case QUESTION_FORMERR:
		fail(q, RCODE_FORMERR);
		break;
	case QUESTION_NOTIMP:
		fail_because(q, RCODE_NOTIMP, EDE_NOT_SUPPORTED);
		break;
	case QUESTION_BADVERS:
		fail(q, RCODE_BADVERS);
		break;
	case QUESTION_COOKIE_ONLY:
	case QUESTION_DROP:
		break;
	}
}

void query_seek(struct query *q)
{
	if (q->looks_outside)
		packet_cache_fetch_packet(recursion_client_cache(q->worker->recursion),
					  q->hash);
	else if (q->body == BODY_ZONE)
		answer_probe(&q->question, &q->answer);
}

/* Returns the ready variant of a live set for this client. */
static const struct ready *live_set(void *arg, uint32_t number, enum live_set set)
{
	struct query *q = arg;

	if (q->live == CONF_NONE)
		q->live = number;
	return live_answers_find(q->worker->now, number, q->class, set);
}

/* Returns the maximum length of the message, including OPT. */
static size_t limit_of(const struct query *q, size_t room)
{
	const struct edns *e = &q->question.edns;
	size_t limit = q->worker->now->world->conf->node.udp_payload_max;

	if (q->client.via != TRANSPORT_UDP)
		return room < QUERY_MAX_LEN ? room : QUERY_MAX_LEN;
	if (!e->present || limit < UDP_PAYLOAD_PLAIN)
		limit = UDP_PAYLOAD_PLAIN;
	else if (e->payload < limit)
		limit = e->payload;
	return limit < room ? limit : room;
}

/* Writes the header of an answer without records; answer_write() overwrites it. */
static void write_head(const struct query *q, uint8_t *out, size_t question_end)
{
	const struct question *question = &q->question;

	memset(out, 0, DNS_HEADER_LEN);
	out[0] = (uint8_t)(question->id >> 8);
	out[1] = (uint8_t)question->id;
	out[2] = (uint8_t)(HEADER_QR | question->opcode << OPCODE_SHIFT |
			   (question->recursion_desired ? HEADER_RD : 0));
	out[3] = q->rcode & 15;
	out[5] = question_end > DNS_HEADER_LEN;
	if (question_end > DNS_HEADER_LEN)
		memcpy(out + DNS_HEADER_LEN, q->packet + DNS_HEADER_LEN,
		       question_end - DNS_HEADER_LEN);
}

/* Whether no zone of ours contains the parent of the queried name. */
static bool is_below_world(const struct query *q)
{
	const struct question *question = &q->question;
	size_t first_len = (size_t)question->name[0] + 1;
	struct name above;
	bool broken;

	above.len = (uint8_t)(question->name_len - first_len);
	above.label_count = (uint8_t)(question->label_count - 1);
	memcpy(above.wire, question->name + first_len, above.len);
	return zone_set_find(q->worker->now->world->zones, &above, &broken) == NULL &&
	       !broken;
}

/* Whether the answer is in a parent zone that is not ours: DS at the apex of a zone. */
static bool asks_parent(const struct query *q)
{
	const struct question *question = &q->question;

	return question->type == RR_DS && q->answer.result == ANSWER_FOUND &&
	       question->label_count &&
	       zone_origin(q->answer.zone)->len == question->name_len &&
	       is_below_world(q);
}

/* Looks up the target at which a chain leaves our zones. */
static enum recursion_client_result find_target(const struct query *q,
						struct recursion_client_answer *out)
{
	struct name name = { .len = (uint8_t)name_wire_len(q->answer.outside) };
	struct packet_key key;

	memcpy(name.wire, q->answer.outside, name.len);
	name_lower(&name);
	key = key_of(&q->question, name.wire, name.len);
	return recursion_client_find(q->worker->recursion, &key, packet_hash(&key),
				     out);
}

static enum recursion_client_result find_outside(const struct query *q,
						 enum answer_result result,
						 struct recursion_client_answer *out)
{
	const struct question *question = &q->question;
	struct packet_key key;

	if (result == ANSWER_OUTSIDE)
		return find_target(q, out);
	key = key_of(question, question->name, question->name_len);
	return recursion_client_find(q->worker->recursion, &key,
				     q->looks_outside ? q->hash : packet_hash(&key),
				     out);
}

/* Adds what recursion has found. Returns whether it has found anything. */
static bool add_outside(struct query *q, enum answer_result *result,
			const struct answer_live *live)
{
	struct recursion_client_answer found;

	if (q->worker->recursion == NULL) {
		fail_because(q, RCODE_SERVFAIL, EDE_NOT_READY);
		return false;
	}
	switch (find_outside(q, *result, &found)) {
	case RECURSION_CLIENT_FOUND:
		break;
	case RECURSION_CLIENT_LATER:
		if (!q->hurried) {
			q->later = found.later;
			return false;
		}
		__attribute__((fallthrough));
	case RECURSION_CLIENT_FAILED:
		fail_because(q, RCODE_SERVFAIL, EDE_NOT_READY);
		return false;
	}
	q->recursed = true;
	q->secure = *result == ANSWER_NONE && found.secure && found.target_at == 0;
	q->has_ede |= found.has_ede;
	q->ede = found.has_ede ? found.ede : q->ede;
	*result = answer_add(&q->question, live, found.ready, found.target_at,
			     &q->answer);
	return true;
}

/* Follows an answer out of our zones, and back, until it ends. Returns whether there is
 * one now. */
static bool recurse(struct query *q, enum answer_result *result,
		    const struct answer_live *live)
{
	bool more = true;

	if (q->worker->recursion)
		recursion_client_begin(q->worker->recursion, &q->client.addr, q->len);
	for (int i = 0; i < WAITER_ROUNDS_MAX && more; i++) {
		if (*result != ANSWER_NONE && *result != ANSWER_OUTSIDE)
			return true;
		more = add_outside(q, result, live);
	}
	return more;
}

static size_t write_zone(struct query *q, uint8_t *out, size_t question_end,
			 size_t limit)
{
	const struct answer_live live = { live_set, q };
	bool recurses = q->question.recursion_desired && may_recurse(q);
	enum answer_result result;

	if (recurses && asks_parent(q)) {
		q->answer.part_count = 0;
		q->answer.ready = NULL;
		result = ANSWER_NONE;
	} else {
		result = answer_find(&q->question, &live, &q->answer);
	}
	if (recurses && !recurse(q, &result, &live))
		return question_end;
	switch (result) {
	case ANSWER_NONE:
		fail(q, RCODE_REFUSED);
		q->has_ede = query_is_diagnosed(q);
		q->ede = EDE_NOT_AUTHORITATIVE;
		return question_end;
	case ANSWER_BROKEN:
		fail_because(q, RCODE_SERVFAIL, EDE_INVALID_DATA);
		return question_end;
	case ANSWER_FOUND:
	case ANSWER_OUTSIDE:
		break;
	}
	question_end = answer_write(&q->answer, out, question_end, limit);
	q->rcode = out[3] & 15;
	return question_end;
}

/* Sets the header flags of recursion. */
static void flag_recursion(const struct query *q, uint8_t *out)
{
	const struct question *question = &q->question;

	if (may_recurse(q))
		out[3] |= HEADER_RA;
	if (!q->recursed)
		return;
	if (question->checking_disabled)
		out[3] |= HEADER_CD;
	if (q->secure && (question->authentic_data || question->edns.dnssec_ok))
		out[3] |= HEADER_AD; /* RFC 6840 5.8 */
}

static void count_answer(const struct query *q, const uint8_t *out)
{
	static const enum count by_rcode[] = {
		[RCODE_NOERROR] = COUNT_NOERROR,   [RCODE_FORMERR] = COUNT_FORMERR,
		[RCODE_SERVFAIL] = COUNT_SERVFAIL, [RCODE_NXDOMAIN] = COUNT_NXDOMAIN,
		[RCODE_NOTIMP] = COUNT_NOTIMP,     [RCODE_REFUSED] = COUNT_REFUSED,
	};
	struct counts *c = &q->worker->counts;

	count_add(c, q->rcode <= RCODE_REFUSED ? by_rcode[q->rcode] : COUNT_OTHER_RCODE,
		  1);
	if (out[2] & HEADER_TC)
		count_add(c, COUNT_TRUNCATED, 1);
	if (q->live != CONF_NONE)
		count_add(c, COUNT_LIVE, 1);
	if (q->recursed)
		count_add(c, COUNT_RECURSED, 1);
}

size_t query_write(struct query *q, uint8_t *out, size_t room)
{
	size_t limit = limit_of(q, room);
	size_t reserve = query_opt_reserve(q);
	size_t end = q->question.question_end;
	size_t len;

	if (q->question.verdict == QUESTION_DROP) {
		count_add(&q->worker->counts, COUNT_DROPPED, 1);
		return 0;
	}
	if (end < DNS_HEADER_LEN)
		end = DNS_HEADER_LEN;
	assert(end + reserve <= limit); /* 271 and 75 against 512 */
	write_head(q, out, end);
	len = end;
	if (q->body == BODY_ZONE)
		len = write_zone(q, out, end, limit - reserve);
	else if (q->body == BODY_CHAOS)
		len = chaos_write(q, out, end, limit - reserve);
	if (q->later)
		return 0;
	if (q->body == BODY_NONE)
		out[3] = q->rcode & 15;
	flag_recursion(q, out);
	if (q->question.edns.present)
		len = query_opt_write(q, out, len, limit);
	count_answer(q, out);
	return len;
}

size_t query_answer(struct query *q, uint8_t *out, size_t room)
{
	query_read(q);
	query_seek(q);
	return query_write(q, out, room);
}
