#include "resolver/answer/query_opt.h"

#include <string.h>

enum { OPTION_HEAD_LEN = 4, ECS_HEAD_LEN = 4, KEEPALIVE_LEN = 2 };

bool query_is_diagnosed(const struct query *q)
{
	return (q->asker.rights & ACCESS_DIAGNOSTICS) != 0;
}

size_t query_opt_reserve(const struct query *q)
{
	const struct edns *e = &q->question.edns;
	size_t len = EDNS_OPT_FIXED_LEN;

	if (!e->present)
		return 0;
	if (e->cookie_len)
		len += OPTION_HEAD_LEN + COOKIE_LEN;
	if (q->ecs_used)
		len += OPTION_HEAD_LEN + ECS_HEAD_LEN +
		       sizeof(e->ecs.subnet.addr.octets);
	if (e->keepalive)
		len += OPTION_HEAD_LEN + KEEPALIVE_LEN;
	return len;
}

/* Writes the EDE; for a live name with the reason for the answer as its text. */
static void explain(const struct query *q, struct edns_answer *e)
{
	const struct live_answers *now = q->worker->now;
	const struct live_name *n;
	const struct live_answer *row;

	e->has_ede = q->has_ede;
	e->ede_code = q->ede;
	if (q->live == CONF_NONE || !query_is_diagnosed(q))
		return;
	n = &now->world->names->rows[q->live];
	if (n->live == CONF_NONE || n->pbx != CONF_NONE)
		return;
	row = live_answers_row(now, n->live, q->class);
	e->has_ede = true;
	e->ede_code = EDE_SYNTHESIZED;
	e->ede_text = row->reason;
	e->ede_len = row->reason_len;
	e->ede_tail = now->gen;
	e->ede_tail_len = now->gen_len;
}

/* Writes a valid cookie back, or otherwise a fresh one (RFC 7873 5.2). */
static void bake_cookie(const struct query *q, uint8_t out[COOKIE_LEN])
{
	struct worker *w = q->worker;
	const struct edns *e = &q->question.edns;

	if (q->cookie == COOKIE_GOOD || q->cookie == COOKIE_OLD)
		count_add(&w->counts, COUNT_COOKIE, 1);
	if (q->cookie == COOKIE_GOOD)
		memcpy(out, e->cookie, COOKIE_LEN);
	else
		cookie_make(w->keys, e->cookie, &q->client.addr, w->now_s, out);
}

size_t query_opt_write(const struct query *q, uint8_t *out, size_t len, size_t limit)
{
	const struct conf_node *node = &q->worker->now->world->conf->node;
	const struct edns *asked = &q->question.edns;
	uint8_t cookie[COOKIE_LEN];
	struct edns_ecs ecs;
	struct edns_answer e = {
		.payload = (uint16_t)node->udp_payload_max,
		.rcode = q->rcode,
		.dnssec_ok = asked->dnssec_ok,
	};
	size_t opt_len;

	explain(q, &e);
	if (asked->nsid && query_is_diagnosed(q)) {
		e.nsid = (const uint8_t *)node->name;
		e.nsid_len = (uint16_t)strlen(node->name);
	}
	if (asked->cookie_len) {
		bake_cookie(q, cookie);
		e.cookie = cookie;
		e.cookie_len = COOKIE_LEN;
	}
	if (asked->keepalive && q->client.via != TRANSPORT_UDP) {
		e.keepalive = true;
		e.keepalive_100ms = (uint16_t)(node->tcp_idle_ms / 100);
	}
	if (q->ecs_used) {
		ecs = asked->ecs;
		ecs.scope = q->live == CONF_NONE ? 0 : q->ecs_scope;
		e.ecs = &ecs;
	}
	opt_len = edns_write(&e, out + len, limit - len, len);
	if (opt_len) {
		uint16_t count = (uint16_t)((out[10] << 8 | out[11]) + 1);

		out[10] = (uint8_t)(count >> 8);
		out[11] = (uint8_t)count;
	}
	return len + opt_len;
}
