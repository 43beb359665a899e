#include "tests/resolver/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "dns/writer.h"
#include "resolver/live/builder.h"
#include "tests/harness.h"

enum { PACKET_MAX = 4096, OPT_LEN = 11 };

static void must_not_fail(const struct diags *d, int err)
{
	struct buffer text = { 0 };

	if (err == OK && d->error_count == 0)
		return;
	diags_format(d, &text);
	buffer_put_u8(&text, 0);
	puts((const char *)text.octets);
	exit(2);
}

struct stage *stage_new(const char *conf)
{
	struct stage *s = alloc(sizeof(*s));
	const struct builder_job job = {
		.path = "/nowhere/deputy.conf",
		.conf = conf,
		.conf_len = strlen(conf),
	};
	struct built built;

	builder_build_now(&job, &built);
	must_not_fail(&built.diags, built.err);
	diags_fini(&built.diags);
	diags_fini(&built.zones);
	s->world = built.world;
	s->answers = built.answers;
	s->live = live_ref(s->answers->live);
	s->board = board_ref(s->answers->board);
	s->keys.count = 1;
	s->worker.keys = &s->keys;
	s->worker.now = s->answers;
	s->worker.now_s = 1000000;
	s->query.worker = &s->worker;
	return s;
}

void stage_free(struct stage *s)
{
	live_answers_free(s->answers);
	board_unref(s->board);
	live_unref(s->live);
	world_unref(s->world);
	free(s);
}

void stage_alive(struct stage *s, const char *up)
{
	struct live_answers *was = s->answers;
	struct board *fresh = board_from_conf(s->world->conf, s->world->slots);

	fresh->generation = s->board->generation + 1;
	for (size_t i = 0; i < fresh->row_count; i++) {
		struct board_row *row = fresh->rows[i];

		row->state = up[i] == '1' ? PBX_UP : PBX_DOWN;
		for (size_t t = 0; t < row->target_count; t++) {
			row->targets[t].alive = up[i] == '1';
			row->targets[t].decided = true;
			(void)snprintf(row->targets[t].cause, CAUSE_LEN, "test");
		}
		(void)snprintf(row->cause, CAUSE_LEN, "test");
	}
	s->answers = live_answers_next(was, fresh);
	board_unref(s->board);
	s->board = fresh;
	s->worker.now = s->answers;
	live_answers_free(was);
}

int stage_send(struct stage *s, const char *from, enum transport via,
	       const uint8_t *packet, size_t len)
{
	uint8_t *out;
	uint16_t payload;

	s->query.packet = guarded(packet, len);
	s->query.len = len;
	s->query.client.via = via;
	if (addr_parse(from, &s->query.client.addr))
		abort();
	out = via == TRANSPORT_UDP ? s->out + sizeof(s->out) - QUERY_UDP_MAX_LEN
				   : s->out;
	s->out_len = query_answer(&s->query, out,
				  via == TRANSPORT_UDP ? QUERY_UDP_MAX_LEN
						       : QUERY_MAX_LEN);
	memmove(s->out, out, s->out_len);
	if (s->out_len == 0)
		return -1;
	if (!stage_has_opt(s, &payload))
		return s->out[3] & 15;
	return (s->out[3] & 15) | s->query.rcode >> 4 << 4;
}

int stage_ask(struct stage *s, const struct ask *a)
{
	static const struct name root = { .len = 1 };
	uint8_t packet[PACKET_MAX];
	struct writer w = writer_of(packet, sizeof(packet));
	struct name name;

	if (name_parse(a->name, strlen(a->name), &root, &name))
		abort();
	writer_u16(&w, 0x1234);
	writer_u16(&w, a->flags);
	writer_u16(&w, 1);
	writer_u32(&w, 0);
	writer_u16(&w, a->edns);
	writer_octets(&w, name.wire, name.len);
	writer_u16(&w, a->type);
	writer_u16(&w, a->class ? a->class : CLASS_IN);
	if (a->edns) {
		writer_u8(&w, 0);
		writer_u16(&w, RR_OPT);
		writer_u16(&w, a->payload ? a->payload : 1232);
		writer_u8(&w, 0);
		writer_u8(&w, a->version);
		writer_u16(&w, (uint16_t)a->edns_flags);
		writer_u16(&w, (uint16_t)a->options_len);
		writer_octets(&w, a->options, a->options_len);
	}
	writer_octets(&w, a->behind, a->behind_len);
	return stage_send(s, a->from ? a->from : "127.0.0.1", a->via, packet,
			  writer_len(&w));
}

/* One record of the answer. */
struct answer_seen {
	struct name owner;
	uint16_t type, class;
	uint32_t ttl;
	size_t rdlen;
	struct reader rdata;
};

/* Walks to record n of a section; returns whether it is there. */
static bool find_record(const struct stage *s, unsigned section, unsigned n,
			struct answer_seen *out)
{
	struct reader r = reader_of(s->out, s->out_len);
	struct name name;
	unsigned counts[4];

	(void)reader_u32(&r);
	for (int i = 0; i < 4; i++)
		counts[i] = reader_u16(&r);
	for (unsigned i = 0; i < counts[0]; i++) {
		(void)name_read(&r, &name);
		(void)reader_u32(&r);
	}
	for (unsigned at = 0; at < 3; at++)
		for (unsigned i = 0; i < counts[at + 1]; i++) {
			if (name_read(&r, &out->owner))
				return false;
			out->type = reader_u16(&r);
			out->class = reader_u16(&r);
			out->ttl = reader_u32(&r);
			out->rdlen = reader_u16(&r);
			out->rdata = reader_within(&r, out->rdlen);
			out->rdata.start = s->out;
			if (r.err)
				return false;
			if (at == section && i == n)
				return true;
		}
	return false;
}

unsigned stage_count(const struct stage *s, unsigned section)
{
	struct answer_seen seen;
	unsigned count = 0;

	for (unsigned i = 0; find_record(s, section, i, &seen); i++)
		count += seen.type != RR_OPT;
	return count;
}

const char *stage_record(const struct stage *s, unsigned section, unsigned n)
{
	static char text[2048];
	char owner[NAME_TEXT_LEN];
	char type[16];
	struct buffer wire = { 0 };
	struct buffer out = { 0 };
	struct answer_seen seen;

	text[0] = '\0';
	if (!find_record(s, section, n, &seen) ||
	    rr_rdata_read(&seen.rdata, seen.type, seen.rdlen, &wire))
		return text;
	rr_rdata_format(seen.type, wire.octets, wire.len, &out);
	(void)snprintf(text, sizeof(text), "%s %u %s %.*s",
		       name_format(seen.owner.wire, owner), seen.ttl,
		       rr_type_format(seen.type, type), (int)out.len, out.octets);
	buffer_fini(&wire);
	buffer_fini(&out);
	return text;
}

static bool find_opt(const struct stage *s, struct answer_seen *out)
{
	for (unsigned i = 0; find_record(s, 2, i, out); i++)
		if (out->type == RR_OPT)
			return true;
	return false;
}

bool stage_has_opt(const struct stage *s, uint16_t *payload)
{
	struct answer_seen opt;

	if (!find_opt(s, &opt))
		return false;
	*payload = opt.class;
	return true;
}

int stage_option(const struct stage *s, uint16_t code, uint8_t out[64])
{
	struct answer_seen opt;

	memset(out, 0, 64);
	if (!find_opt(s, &opt))
		return -1;
	while (reader_left(&opt.rdata) && !opt.rdata.err) {
		uint16_t c = reader_u16(&opt.rdata);
		uint16_t len = reader_u16(&opt.rdata);
		const uint8_t *at = reader_take(&opt.rdata, len);

		if (c != code || at == NULL)
			continue;
		memcpy(out, at, len < 64 ? len : 64);
		return len;
	}
	return -1;
}

int stage_ede(const struct stage *s, const char **text)
{
	static char copy[256];
	struct answer_seen opt;

	copy[0] = '\0';
	*text = copy;
	if (!find_opt(s, &opt))
		return -1;
	while (reader_left(&opt.rdata) && !opt.rdata.err) {
		uint16_t code = reader_u16(&opt.rdata);
		size_t len = reader_u16(&opt.rdata);
		struct reader option = reader_within(&opt.rdata, len);
		int ede = reader_u16(&option);
		const uint8_t *at = reader_take(&option, reader_left(&option));

		if (code != EDNS_EDE || at == NULL)
			continue;
		(void)snprintf(copy, sizeof(copy), "%.*s", (int)len - 2,
			       (const char *)at);
		return ede;
	}
	return -1;
}
