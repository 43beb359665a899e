#include "resolver/answer/chaos.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "conf/conf.h"
#include "dns/rr.h"
#include "dns/writer.h"
#include "resolver/answer/query.h"

enum { TXT_MAX = 255, QUESTION_POINTER = 0xc00c };

/* A TXT answer being written. */
struct chaos_reply {
	struct query *query;
	struct writer out;
	uint16_t count;
};

/* One record of one string. */
static void put_line(void *arg, const char *line, size_t len)
{
	struct chaos_reply *r = arg;
	uint8_t *kept = r->out.at;

	if (len > TXT_MAX)
		len = TXT_MAX;
	writer_u16(&r->out, QUESTION_POINTER);
	writer_u16(&r->out, RR_TXT);
	writer_u16(&r->out, CLASS_CH);
	writer_u32(&r->out, 0);
	writer_u16(&r->out, (uint16_t)(len + 1));
	writer_u8(&r->out, (uint8_t)len);
	writer_octets(&r->out, line, len);
	if (r->out.err)
		r->out.at = kept; /* cut between records, with TC */
	else
		r->count++;
}

static void put_text(struct chaos_reply *r, const char *text)
{
	put_line(r, text, strlen(text));
}

static void put_node_name(struct chaos_reply *r)
{
	put_text(r, r->query->worker->now->world->conf->node.name);
}

static void put_version(struct chaos_reply *r)
{
	put_text(r, "deputy " DEPUTY_VERSION);
}

/* One line for the node, one per pbx, one per live name for this client. */
static void put_status(struct chaos_reply *r)
{
	const struct live_answers *now = r->query->worker->now;
	const struct conf *c = now->world->conf;
	char line[TXT_MAX + 1];

	(void)snprintf(line, sizeof(line),
		       "node=%s gen=%llu zones=%zu live=%zu pbxs=%zu", c->node.name,
		       (unsigned long long)now->board->generation,
		       zone_set_count(now->world->zones), c->live_count, c->pbx_count);
	put_text(r, line);
	for (uint32_t i = 0; i < c->live_count; i++) {
		char reason[TRACE_EDE_MAX + 1];

		(void)live_answers_reason(now,
					  live_answers_row(now, i, r->query->class),
					  reason);
		(void)snprintf(line, sizeof(line), "live=%s %s", c->lives[i].name.text,
			       reason);
		put_text(r, line);
	}
	for (uint32_t i = 0; i < c->pbx_count; i++) {
		const struct board_row *row = board_row(now->board,
							slots_at(now->world->slots, i));

		if (row == NULL)
			continue;
		(void)snprintf(line, sizeof(line), "pbx=%s state=%s%s%s%s%s%s",
			       row->name, pbx_state_name(row->state),
			       row->force ? " forced=" : "",
			       row->force ? force_name(row->force) : "",
			       row->cause[0] ? " cause=\"" : "", row->cause,
			       row->cause[0] ? "\"" : "");
		put_text(r, line);
	}
}

static const struct {
	const char *name;
	void (*put)(struct chaos_reply *r);
} entries[] = {
	{ "id.server.", put_node_name },    { "hostname.bind.", put_node_name },
	{ "version.server.", put_version }, { "version.bind.", put_version },
	{ "status.deputy.", put_status },
};

/* The whole trace of a live name for this client. */
static bool put_trace(struct chaos_reply *r)
{
	const struct live_answers *now = r->query->worker->now;
	uint32_t number = live_names_find(now->world->names, r->query->question.name);
	const struct live_name *n;
	struct choice choice;
	struct trace trace;

	if (number == CONF_NONE)
		return false;
	n = &now->world->names->rows[number];
	if (n->live == CONF_NONE || n->pbx != CONF_NONE)
		return false;
	chain_choose(live_chain(now->live, n->live, r->query->class), now->board,
		     &choice, &trace);
	trace_lines(&trace, put_line, r);
	return true;
}

static bool put_answer(struct chaos_reply *r)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
		struct name name;

		if (name_parse(entries[i].name, strlen(entries[i].name), NULL, &name) ||
		    !name_equal(name.wire, r->query->question.name))
			continue;
		entries[i].put(r);
		return true;
	}
	return put_trace(r);
}

size_t chaos_write(struct query *q, uint8_t *out, size_t question_end, size_t limit)
{
	const struct question *question = &q->question;
	struct chaos_reply r = {
		.query = q,
		.out = writer_of(out + question_end, limit - question_end),
	};

	count_add(&q->worker->counts, COUNT_CHAOS, 1);
	q->body = BODY_NONE;
	q->rcode = RCODE_REFUSED;
	if (!(q->asker.rights & ACCESS_DIAGNOSTICS) ||
	    (question->type != RR_TXT && question->type != RR_ANY) || !put_answer(&r))
		return question_end;
	q->rcode = RCODE_NOERROR;
	out[2] |= 0x04; /* AA */
	if (r.out.err)
		out[2] |= 0x02; /* TC */
	out[6] = (uint8_t)(r.count >> 8);
	out[7] = (uint8_t)r.count;
	return question_end + writer_len(&r.out);
}
