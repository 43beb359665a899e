#include "tests/health/sim.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "conf/conf.h"
#include "health/chain.h"
#include "health/kept.h"
#include "health/row.h"
#include "health/slots.h"

enum { OPEN_MS = 1000, RETRANSMIT_MS = 200 };

enum event_kind {
	EVENT_OPENED,
	EVENT_CLOSED,
	EVENT_REFUSED,
	EVENT_ANSWERED,
	EVENT_ECHOED
};

struct sim_event {
	struct timer timer;
	struct sim *sim;
	struct sim_event *next, *before;
	enum event_kind kind;
	struct probe_flow *flow;
	struct ping *ping;
	uint64_t branch, sent_at;
	int reason;
	uint16_t status;
};

/* splitmix64: the same seed, the same run. */
static uint64_t draw(struct sim *s)
{
	uint64_t z = s->seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static double draw_share(struct sim *s)
{
	return (double)(draw(s) >> 11) / 9007199254740992.0;
}

static double draw_span(struct sim *s, double mean)
{
	return -mean * log(1.0 - draw_share(s));
}

static bool lost(struct sim *s, struct sim_host *h)
{
	double now = (double)loop_now(s->loop);

	if (h->mode == SIM_SILENT)
		return true;
	while (h->loss.burst_ms > 0 && h->until_ms <= now) {
		h->in_burst = !h->in_burst;
		h->until_ms += draw_span(s, h->in_burst ? h->loss.burst_ms
							: h->loss.apart_ms);
	}
	return draw_share(s) < (h->in_burst ? h->loss.in_burst : h->loss.alone);
}

static uint8_t number_of(const struct addr *a)
{
	return a->octets[addr_len(a) - 1];
}

static struct sim_host *host_of(struct sim *s, const struct addr *a)
{
	return &s->hosts[number_of(a) % SIM_HOSTS];
}

static void event_free(struct sim_event *e)
{
	timer_stop(&e->timer);
	if (e->before)
		e->before->next = e->next;
	else
		e->sim->events = e->next;
	if (e->next)
		e->next->before = e->before;
	e->next = e->sim->spare;
	e->sim->spare = e;
}

static void happen(void *arg)
{
	struct sim_event e = *(struct sim_event *)arg;

	event_free(arg);
	switch (e.kind) {
	case EVENT_OPENED:
		if (e.flow->target->transport == TRANSPORT_TLS)
			target_certified(e.flow->target,
					 host_of(e.sim, &e.flow->target->to)->fault);
		target_opened(e.flow);
		break;
	case EVENT_CLOSED:
		target_closed(e.flow, e.reason, 0, err_text(e.reason));
		break;
	case EVENT_REFUSED:
		target_rejected(e.flow, e.branch, true, "ICMP port unreachable");
		break;
	case EVENT_ANSWERED:
		target_answered(e.flow, e.branch, e.status,
				host_of(e.sim, &e.flow->target->to)->retry_after_s);
		break;
	case EVENT_ECHOED:
		e.ping->answered_sent_at = e.sent_at;
		e.ping->answers = true;
		ping_echoed(e.ping, e.sent_at);
		break;
	}
}

static struct sim_event *schedule(struct sim *s, enum event_kind kind,
				  struct probe_flow *f, uint64_t after_ms)
{
	struct sim_event *e = s->spare;

	if (e)
		s->spare = e->next;
	else
		e = alloc(sizeof(*e));
	*e = (struct sim_event){ .sim = s };
	e->kind = kind;
	e->flow = f;
	e->next = s->events;
	if (e->next)
		e->next->before = e;
	s->events = e;
	timer_start(s->loop, &e->timer, after_ms, happen, e);
	return e;
}

static void forget_flow(struct sim *s, const struct probe_flow *f)
{
	for (struct sim_event *e = s->events, *next; e; e = next) {
		next = e->next;
		if (e->flow == f)
			event_free(e);
	}
}

static void plan_closed(struct sim *s, struct probe_flow *f, int reason,
			uint64_t after_ms)
{
	schedule(s, EVENT_CLOSED, f, after_ms)->reason = reason;
}

static int wire_open(void *arg, struct probe_flow *f)
{
	struct sim *s = arg;
	const struct target *t = f->target;
	struct sim_host *h = host_of(s, &t->to);

	if (s->no_descriptors) {
		errno = EMFILE;
		return ERR_SYSTEM;
	}
	if (t->transport == TRANSPORT_UDP)
		schedule(s, EVENT_OPENED, f, 0);
	else if (lost(s, h))
		plan_closed(s, f, ERR_TIMEOUT, OPEN_MS);
	else if (h->mode == SIM_REFUSES)
		plan_closed(s, f, ERR_REFUSED, h->rtt_ms);
	else if (h->mode == SIM_NO_TLS && t->transport == TRANSPORT_TLS)
		plan_closed(s, f, ERR_TLS, 2ul * h->rtt_ms);
	else
		schedule(s, EVENT_OPENED, f, h->rtt_ms);
	return OK;
}

static void wire_close(void *arg, struct probe_flow *f)
{
	forget_flow(arg, f);
}

static uint16_t status_of(const struct sim_host *h, struct target *t)
{
	if (h->busy_one_in)
		return (++t->cseq % h->busy_one_in) ? 200 : 503;
	if (h->status)
		return h->status;
	return h->mode == SIM_DRAINS ? 503 : h->mode == SIM_FAILS ? 500 : 200;
}

/* Whether what is sent over a flow is only read, or goes to somebody who is gone. */
static bool is_mute(const struct sim *s, const struct sim_host *h,
		    const struct probe_flow *f)
{
	return f->opened_at <= h->muted_at ||
	       (h->mute_after_ms &&
		loop_now(s->loop) - f->opened_at >= h->mute_after_ms);
}

static int wire_send(void *arg, struct probe_flow *f, uint64_t branch)
{
	struct sim *s = arg;
	struct target *t = f->target;
	struct sim_host *h = host_of(s, &t->to);
	uint64_t delay_ms = h->rtt_ms;
	struct sim_event *e;

	s->sent_count++;
	sim_rate_add(&h->asked, loop_now(s->loop));
	if (is_mute(s, h, f))
		return OK;
	if (t->transport == TRANSPORT_UDP && h->mode == SIM_REFUSES) {
		if (!h->no_icmp && !lost(s, h))
			schedule(s, EVENT_REFUSED, f, h->rtt_ms)->branch = branch;
		return OK;
	}
	for (uint64_t rto = RETRANSMIT_MS; lost(s, h); rto *= 2) {
		if (t->transport == TRANSPORT_UDP || rto > 60000)
			return OK;
		delay_ms += rto; /* TCP sends it again */
	}
	if (h->one_in && h->asked_count++ % h->one_in)
		return OK;
	if (h->slow_ms && h->asked_count++ % 2)
		delay_ms += h->slow_ms;
	e = schedule(s, EVENT_ANSWERED, f, delay_ms);
	e->branch = branch;
	e->status = status_of(h, t);
	return OK;
}

static void wire_ping(void *arg, struct probe_flow *f)
{
	(void)arg;
	(void)f;
}

static void wire_renew(void *arg, struct probe_flow *f)
{
	(void)arg;
	(void)f;
}

static void wire_judge(void *arg, struct target *t)
{
	(void)arg;
	(void)t;
}

static uint64_t wire_now_us(void *arg)
{
	const struct sim *s = arg;

	return loop_now(s->loop) * 1000;
}

static uint64_t wire_branch(void *arg)
{
	struct sim *s = arg;

	s->branch++;
	return s->branch;
}

static int host_route(void *arg, const struct addr *to, struct route *out)
{
	struct sim *s = arg;

	if (s->no_route)
		return ERR_NOT_FOUND;
	*out = (struct route){ .own_host = host_of(s, to)->own_host, .interface = 2 };
	out->next_hop = *to;
	out->next_hop.octets[addr_len(to) - 1] = 254;
	out->next_hop.port = 0;
	return OK;
}

static void host_ping(void *arg, struct ping *e)
{
	struct sim *s = arg;
	bool is_gateway = number_of(&e->to) == 254;
	struct sim_event *plan_it;

	if (is_gateway ? s->gateway_dead || s->gateway_mute
		       : host_of(s, &e->to)->no_echo || lost(s, host_of(s, &e->to)))
		return;
	plan_it = schedule(s, EVENT_ECHOED, NULL, 1);
	plan_it->ping = e;
	plan_it->sent_at = e->sent_at;
	e->own = s;
}

static void host_forget(void *arg, struct ping *ping)
{
	struct sim *s = arg;

	ping->own = NULL;
	for (struct sim_event *e = s->events, *next; e; e = next) {
		next = e->next;
		if (e->ping == ping)
			event_free(e);
	}
}

static uint32_t host_confirmed_ms(void *arg, uint32_t interface,
				  const struct addr *neighbour)
{
	const struct sim *s = arg;

	(void)interface;
	return s->gateway_confirmed && number_of(neighbour) == 254 ? 0 : UINT32_MAX;
}

static int64_t host_wall_ms(void *arg)
{
	const struct sim *s = arg;

	return s->wall_ms + (int64_t)loop_now(s->loop);
}

static size_t host_addresses(void *arg, const char *name, struct addr *out, size_t max)
{
	const struct sim *s = arg;

	for (size_t i = 0; i < SIM_NAMES && s->names[i].name; i++) {
		const struct sim_name *n = &s->names[i];

		if (strcmp(n->name, name) != 0)
			continue;
		for (size_t k = 0; k < n->count && k < max; k++)
			out[k] = n->addresses[k];
		return n->count < max ? n->count : max;
	}
	return 0;
}

static void keep(struct sim *s)
{
	struct kept_rows rows = { 0 };

	prober_keep_rows(s->prober, &rows);
	for (size_t i = 0; i < rows.count; i++) {
		struct kept_row row = kept_rows_at(&rows, i);

		if (row.octets)
			sim_disk_put(&s->disk, &row);
		else
			sim_disk_drop(&s->disk, row.key);
	}
	kept_rows_fini(&rows);
}

static void publish(void *arg, struct board *fresh, const struct switch_record *records,
		    size_t count)
{
	struct sim *s = arg;

	board_unref(s->board);
	s->board = fresh;
	s->board_count++;
	for (size_t i = 0; i < count; i++) {
		if (s->change_count == SIM_CHANGES) {
			s->change_count--;
			memmove(s->changes, s->changes + 1,
				s->change_count * sizeof(*s->changes));
			memmove(s->changed_at, s->changed_at + 1,
				s->change_count * sizeof(*s->changed_at));
		}
		s->changed_at[s->change_count] = loop_now(s->loop);
		s->changes[s->change_count++] = records[i];
		s->counts[records[i].kind]++;
	}
	if (s->tell)
		s->tell(s->tell_arg, fresh);
	keep(s);
}

void sim_init(struct sim *s, uint64_t seed)
{
	*s = (struct sim){ .seed = seed, .wall_ms = 1795356187000 };
	s->loop = loop_new_virtual(1000000);
	s->wire = (struct wire){ wire_open,   wire_close, wire_send,
				 wire_ping,   wire_renew, wire_now_us,
				 wire_branch, wire_judge, s };
	s->host_calls = (struct host_calls){ .route = host_route,
					     .ping = host_ping,
					     .forget = host_forget,
					     .confirmed_ms = host_confirmed_ms,
					     .wall_ms = host_wall_ms,
					     .addresses = host_addresses,
					     .arg = s };
	s->calls = (struct prober_calls){ .publish = publish, .arg = s };
	for (size_t i = 0; i < SIM_HOSTS; i++)
		s->hosts[i].rtt_ms = 1;
}

static void free_events(struct sim_event *e)
{
	while (e) {
		struct sim_event *next = e->next;

		timer_stop(&e->timer);
		free(e);
		e = next;
	}
}

void sim_fini(struct sim *s)
{
	prober_free(s->prober);
	board_unref(s->board);
	for (size_t i = 0; i < s->disk.count; i++) {
		free(s->disk.rows[i].key);
		free(s->disk.rows[i].octets);
	}
	free(s->disk.rows);
	free_events(s->events);
	free_events(s->spare);
	loop_free(s->loop);
}

static struct addr host_addr(uint8_t host)
{
	return (struct addr){ .family = AF_INET, .octets = { 192, 0, 2, host } };
}

struct drawing {
	struct conf_pbx pbx;
	struct conf_pbx_view view;
	struct conf_pbx_address addresses[2];
	struct conf_endpoint endpoints[TRANSPORTS];
};

static void draw_up(struct drawing *d, const struct sim_pbx *p)
{
	*d = (struct drawing){ .view = { .site = CONF_NONE,
					 .addresses = d->addresses } };
	d->addresses[d->view.address_count++].addr = host_addr(p->host);
	if (p->second)
		d->addresses[d->view.address_count++].addr = host_addr(p->second);
	d->pbx = (struct conf_pbx){ .views = &d->view,
				    .view_count = 1,
				    .endpoints = d->endpoints };
	for (unsigned t = 0; t < TRANSPORTS; t++)
		if (p->transports >> t & 1)
			d->endpoints[d->pbx.endpoint_count++] =
				(struct conf_endpoint){ (enum transport)t, 5060 };
	d->pbx.name = alloc_text(p->name);
	d->pbx.profile = p->profile;
	d->pbx.probe =
		conf_profiles[p->profile == PROFILE_AUTO ? PROFILE_WAN : p->profile];
	d->pbx.hold_ms = p->hold_ms;
	d->pbx.failback_manual = p->failback_manual;
	if (p->witness)
		d->pbx.witness = host_addr(p->witness);
}

static struct plan *make_plan(const struct sim_pbx *pbxs, size_t count)
{
	struct drawing *d = alloc_array(count, sizeof(*d));
	struct conf_pbx *rows = alloc_array(count, sizeof(*rows));
	struct conf conf = { .pbxs = rows, .pbx_count = count };
	struct slots *slots;
	struct plan *plan;

	for (size_t i = 0; i < count; i++) {
		draw_up(&d[i], &pbxs[i]);
		rows[i] = d[i].pbx;
	}
	slots = slots_new(&conf, NULL);
	plan = plan_new(&conf, slots);
	slots_free(slots);
	for (size_t i = 0; i < count; i++)
		free(rows[i].name);
	free(rows);
	free(d);
	return plan;
}

void sim_load_plan(struct sim *s, struct plan *plan)
{
	if (!s->prober)
		s->prober = prober_new(s->loop, &s->wire, &s->host_calls, &s->calls);
	prober_load(s->prober, plan);
}

void sim_load(struct sim *s, const struct sim_pbx *pbxs, size_t count)
{
	sim_load_plan(s, make_plan(pbxs, count));
}

void sim_restart_plan(struct sim *s, struct plan *plan)
{
	struct kept *kept = kept_new();

	prober_free(s->prober);
	s->prober = prober_new(s->loop, &s->wire, &s->host_calls, &s->calls);
	for (size_t i = 0; i < s->disk.count; i++)
		(void)kept_read(kept, s->disk.rows[i].key, s->disk.rows[i].octets,
				s->disk.rows[i].len);
	kept_sort(kept);
	prober_keep(s->prober, kept);
	prober_load(s->prober, plan);
}

void sim_restart(struct sim *s, const struct sim_pbx *pbxs, size_t count)
{
	sim_restart_plan(s, make_plan(pbxs, count));
}

void sim_run(struct sim *s, uint64_t ms)
{
	loop_advance(s->loop, ms);
}

/* What a change of mode does to a flow. */
static void strike(struct sim *s, struct probe_flow *f, enum sim_mode mode)
{
	bool is_stream = f->target->transport != TRANSPORT_UDP;

	if (mode == SIM_REFUSES || mode == SIM_SILENT || mode == SIM_NO_TLS)
		forget_flow(s, f);
	if ((mode == SIM_REFUSES || mode == SIM_NO_TLS) && is_stream)
		plan_closed(s, f, ERR_REFUSED, 0);
	if (mode == SIM_SILENT && f->state == FLOW_OPENING)
		plan_closed(s, f, ERR_TIMEOUT, OPEN_MS);
}

void sim_mode(struct sim *s, uint8_t host, enum sim_mode mode)
{
	s->hosts[host].mode = mode;
	for (size_t i = 0; i < s->prober->slot_count; i++)
		for (size_t k = 0;
		     s->prober->pbxs[i] && k < s->prober->pbxs[i]->target_count; k++) {
			struct target *t = s->prober->pbxs[i]->targets[k];

			if (number_of(&t->to) != host)
				continue;
			for (size_t f = 0; f < FLOWS; f++)
				if (t->flows[f].state != FLOW_CLOSED)
					strike(s, &t->flows[f], mode);
		}
}

void sim_mute(struct sim *s, uint8_t host)
{
	s->hosts[host].muted_at = loop_now(s->loop);
}

const struct board_row *sim_row(const struct sim *s, uint32_t slot)
{
	return board_row(s->board, slot);
}

uint32_t sim_answer(const struct sim *s, size_t member_count)
{
	struct chain c = { .live = "pbx.example.",
			   .site = CONF_NONE,
			   .ttl_s = 10,
			   .member_count = member_count };
	struct choice choice;

	for (uint32_t i = 0; i < member_count; i++)
		c.members[i] = (struct chain_member){ sim_row(s, i)->name, i };
	chain_choose(&c, s->board, &choice, NULL);
	return choice.winner.member;
}
