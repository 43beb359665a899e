#include "tests/health/sim_body.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "conf/conf.h"
#include "health/chain.h"
#include "health/kept.h"
#include "health/row.h"
#include "health/slots.h"

static int host_route(void *arg, const struct addr *to, struct route *out)
{
	struct sim *s = arg;

	if (s->no_route)
		return ERR_NOT_FOUND;
	*out = (struct route){ .own_host = sim_host_of(s, to)->own_host,
			       .interface = 2 };
	out->next_hop = *to;
	out->next_hop.octets[addr_len(to) - 1] = s->neighbour ? s->neighbour : 254;
	out->next_hop.port = 0;
	return OK;
}

static void host_ping(void *arg, struct ping *e)
{
	struct sim *s = arg;
	bool is_gateway = sim_number_of(&e->to) == 254;
	struct sim_event *plan_it;

	if (is_gateway ? s->gateway_dead || s->gateway_mute
		       : sim_host_of(s, &e->to)->no_echo ||
				 sim_lost(s, sim_host_of(s, &e->to)))
		return;
	plan_it = sim_schedule(s, EVENT_ECHOED, NULL, 1);
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
			sim_event_free(e);
	}
}

static uint32_t host_confirmed_ms(void *arg, uint32_t interface,
				  const struct addr *neighbour)
{
	const struct sim *s = arg;

	(void)interface;
	return s->gateway_confirmed && sim_number_of(neighbour) == 254 ? 0 : UINT32_MAX;
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
	s->wire = sim_wire;
	s->wire.arg = s;
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

void sim_fini(struct sim *s)
{
	prober_free(s->prober);
	board_unref(s->board);
	for (size_t i = 0; i < s->disk.count; i++) {
		free(s->disk.rows[i].key);
		free(s->disk.rows[i].octets);
	}
	free(s->disk.rows);
	sim_free_events(s->events);
	sim_free_events(s->spare);
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
