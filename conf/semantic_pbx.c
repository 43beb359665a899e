/* Pbxs: chains, addresses, probes. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/pace.h"
#include "conf/semantic.h"
#include "conf/value.h"

enum { ENDPOINTS_MAX = 16 };

static void check_failover(const struct semantic *x, uint32_t index)
{
	const struct conf *c = x->conf;
	const struct conf_pbx *pbx = &c->pbxs[index];

	for (size_t i = 0; i < pbx->failover_count; i++) {
		const struct node *n = parse_node(x->d, &pbx->failover[i], pbx);

		if (pbx->failover[i] == index)
			parse_fault(x->d, n, "pbx '%s' cannot stand in for itself",
				    pbx->name ? pbx->name : "?");
	}
}

static void check_endpoints(const struct semantic *x, const struct conf_endpoint *rows,
			    size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (rows[i].transport == rows[j].transport &&
			    rows[i].port == rows[j].port) {
				parse_fault(x->d, parse_node(x->d, &rows[i], rows),
					    "%s@%u is listed twice",
					    transport_name(rows[i].transport),
					    rows[i].port);
				break;
			}
}

static void check_view_addresses(const struct semantic *x, const struct conf_pbx *pbx,
				 const struct conf_pbx_view *view)
{
	char text[ADDR_TEXT_LEN];

	for (size_t i = 0; i < view->address_count; i++) {
		const struct addr *a = &view->addresses[i].addr;
		const struct node *n = parse_node(x->d, &view->addresses[i], pbx);

		if (a->family == 0)
			continue;
		for (size_t j = 0; j < i; j++)
			if (addr_equal(a, &view->addresses[j].addr))
				parse_fault(x->d, n, "%s is listed twice",
					    addr_format(a, text));
	}
}

/* Whether the same address stands in a view before. */
static bool stood_before(const struct conf_pbx *pbx, size_t view,
			 const struct conf_pbx_address *a)
{
	for (size_t v = 0; v < view; v++)
		for (size_t i = 0; i < pbx->views[v].address_count; i++) {
			const struct conf_pbx_address *b = &pbx->views[v].addresses[i];

			if (a->name && b->name
				    ? strcmp(a->name->text, b->name->text) == 0
				    : a->addr.family && addr_equal(&a->addr, &b->addr))
				return true;
		}
	return false;
}

/* Over all sites: those beyond the limit would not be probed. */
static void check_address_count(const struct semantic *x, const struct conf_pbx *pbx)
{
	enum { ADDRESSES_MAX = 16 };
	size_t count = 0;

	for (size_t v = 0; v < pbx->view_count; v++)
		for (size_t i = 0; i < pbx->views[v].address_count; i++) {
			const struct conf_pbx_address *a = &pbx->views[v].addresses[i];

			if (stood_before(pbx, v, a))
				continue;
			if (count++ == ADDRESSES_MAX)
				parse_fault(x->d, parse_node(x->d, a, pbx),
					    "a pbx has at most %d addresses, over all "
					    "sites",
					    ADDRESSES_MAX);
		}
}

/* The distinct endpoints of a pbx, over all sites. */
struct endpoint_set {
	struct conf_endpoint rows[ENDPOINTS_MAX];
	size_t count;
};

/* Returns false if there is no room for one more. */
static bool endpoint_add(struct endpoint_set *set, const struct conf_endpoint *e)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->rows[i].transport == e->transport &&
		    set->rows[i].port == e->port)
			return true;
	if (set->count == ENDPOINTS_MAX)
		return false;
	set->rows[set->count++] = *e;
	return true;
}

/* Those beyond the limit would not be probed. */
static void check_endpoint_count(const struct semantic *x, const struct conf_pbx *pbx)
{
	struct endpoint_set set = { .count = 0 };

	for (size_t i = 0; i < pbx->endpoint_count; i++)
		(void)endpoint_add(&set, &pbx->endpoints[i]);
	for (size_t v = 0; v < pbx->view_count; v++)
		for (size_t i = 0; i < pbx->views[v].endpoint_count; i++) {
			const struct conf_endpoint *e = &pbx->views[v].endpoints[i];

			if (endpoint_add(&set, e))
				continue;
			parse_fault(x->d, parse_node(x->d, e, pbx),
				    "a pbx has at most %d endpoints, over all sites",
				    ENDPOINTS_MAX);
			return;
		}
}

static void check_witness(const struct semantic *x, const struct conf_pbx *pbx)
{
	const struct node *n = parse_node(x->d, &pbx->witness, pbx);
	bool itself = false;

	if (!parse_is_given(x->d, &pbx->witness)) {
		if (parse_is_given(x->d, &pbx->witness_switch))
			parse_fault(x->d, parse_node(x->d, &pbx->witness_switch, pbx),
				    "'witness-lost' has no effect without 'witness'");
		return;
	}
	for (size_t v = 0; v < pbx->view_count; v++)
		for (size_t i = 0; i < pbx->views[v].address_count; i++)
			itself |= pbx->witness.family &&
				  addr_equal(&pbx->views[v].addresses[i].addr,
					     &pbx->witness);
	if (itself)
		parse_fault(x->d, n,
			    "the witness %s is the pbx itself: use its gateway or a "
			    "neighbour instead",
			    n->text);
}

static void check_views(const struct semantic *x, const struct conf_pbx *pbx)
{
	check_endpoints(x, pbx->endpoints, pbx->endpoint_count);
	for (size_t i = 0; i < pbx->view_count; i++) {
		const struct conf_pbx_view *view = &pbx->views[i];

		check_view_addresses(x, pbx, view);
		check_endpoints(x, view->endpoints, view->endpoint_count);
		for (size_t j = 1; j < i; j++)
			if (view->site != CONF_NONE && view->site == pbx->views[j].site)
				parse_fault(x->d, parse_node(x->d, view, pbx),
					    "site '%s' is listed twice",
					    x->conf->sites[view->site].name);
	}
}

void semantic_check_pbxs(const struct semantic *x)
{
	const struct conf *c = x->conf;

	for (uint32_t i = 0; i < c->pbx_count; i++) {
		check_failover(x, i);
		check_views(x, &c->pbxs[i]);
		check_address_count(x, &c->pbxs[i]);
		check_endpoint_count(x, &c->pbxs[i]);
		check_witness(x, &c->pbxs[i]);
	}
}

/* Returns the node of the setting that was written, of several probe settings that
 * conflict. */
static const struct node *probe_node(const struct semantic *x,
				     const struct conf_pbx *pbx, const uint32_t *one,
				     const uint32_t *other)
{
	return parse_is_given(x->d, one) ? parse_node(x->d, one, pbx)
					 : parse_node(x->d, other, pbx);
}

static void check_probe(const struct semantic *x, const struct conf_pbx *pbx)
{
	const struct conf_probe *p = &pbx->probe;
	uint64_t decided_ms = p->pace_ms + p->timeout_ms;
	char one[DURATION_TEXT_LEN];
	char other[DURATION_TEXT_LEN];
	const char *whose = pbx->profile == PROFILE_AUTO
				    ? " (from the profile wan; set "
				      "'profile' to tune it)"
				    : "";

	for (uint32_t lost = 1; lost < p->lost_count; lost++)
		decided_ms += probe_doubt_ms(p, decided_ms);
	if (p->timeout_ms > p->silence_ms)
		parse_fault(x->d, probe_node(x, pbx, &p->timeout_ms, &p->silence_ms),
			    "the probe timeout of %s is longer than "
			    "the silence window of %s%s",
			    duration_format(p->timeout_ms, one),
			    duration_format(p->silence_ms, other), whose);
	else if (p->pace_ms > p->silence_ms)
		parse_fault(x->d, probe_node(x, pbx, &p->pace_ms, &p->silence_ms),
			    "the pace of %s is longer than the silence window of %s%s",
			    duration_format(p->pace_ms, one),
			    duration_format(p->silence_ms, other), whose);
	else if (p->after_miss_ms > p->pace_ms)
		parse_fault(
			x->d, probe_node(x, pbx, &p->after_miss_ms, &p->pace_ms),
			"after a miss, probes would be sent less often (every %s) than "
			"before (every %s)%s",
			duration_format(p->after_miss_ms, one),
			duration_format(p->pace_ms, other), whose);
	else if (decided_ms > p->silence_ms)
		parse_fault(
			x->d, probe_node(x, pbx, &p->lost_count, &p->silence_ms),
			"%u probes cannot be lost within the silence window of %s: at "
			"this pace that takes %s%s",
			p->lost_count, duration_format(p->silence_ms, one),
			duration_format(decided_ms, other), whose);
}

/* The settings that a pbx may be probed with: with `auto` also those of lan. */
static bool is_quick(const struct conf_pbx *pbx)
{
	const struct conf_probe *lan = &conf_profiles[PROFILE_LAN];
	struct conf_probe p = pbx->probe;

	if (pace_limit(&p) == UINT32_MAX)
		return true;
	if (pbx->profile != PROFILE_AUTO)
		return false;
	if (!(pbx->probe_set & PROBE_PACE))
		p.pace_ms = lan->pace_ms;
	if (!(pbx->probe_set & PROBE_LOST))
		p.lost_count = lan->lost_count;
	return pace_limit(&p) == UINT32_MAX;
}

/* Where its pace was declared. */
static const struct node *pace_node(const struct semantic *x,
				    const struct conf_pbx *pbx)
{
	if (parse_is_given(x->d, &pbx->probe.pace_ms))
		return parse_node(x->d, &pbx->probe.pace_ms, pbx);
	if (parse_is_given(x->d, &pbx->probe.lost_count))
		return parse_node(x->d, &pbx->probe.lost_count, pbx);
	return parse_node(x->d, &pbx->profile, pbx);
}

/* One note, at the first of them: an operator who means it means it for all. */
static void check_pace(const struct semantic *x)
{
	const struct conf *c = x->conf;
	const struct conf_pbx *first = NULL;
	size_t count = 0;
	uint32_t every_ms;

	for (size_t i = 0; i < c->pbx_count; i++) {
		const struct conf_pbx *p = &c->pbxs[i];

		if (!is_quick(p))
			continue;
		first = first ? first : p;
		count++;
	}
	if (!first)
		return;
	every_ms = pace_every_ms(&first->probe, (uint32_t)first->endpoint_count);
	parse_notice(x->d, pace_node(x, first), NOTICE_PACE_QUICK,
		     "an address of pbx '%s'%s gets %u requests per second, and more "
		     "in doubt: where a PBX bans who sends 16 in 2 s, exempt this "
		     "host there",
		     first->name ? first->name : "?",
		     count > 1 ? " (and of others)" : "", 1000 / every_ms);
}

void semantic_check_probes(const struct semantic *x)
{
	const struct conf *c = x->conf;

	for (size_t i = 0; i < c->pbx_count; i++)
		if (c->pbxs[i].probe_set && parse_is_sound(x->d, &c->pbxs[i].probe))
			check_probe(x, &c->pbxs[i]);
	if (x->d->diags->error_count == 0)
		check_pace(x);
}

struct taken {
	const struct conf_pbx *pbx;
	const struct conf_pbx_address *address;
	struct conf_endpoint endpoint;
};

static int compare_taken(const void *a, const void *b)
{
	const struct taken *x = a;
	const struct taken *y = b;
	int order = addr_compare(&x->address->addr, &y->address->addr);

	if (order == 0)
		order = x->endpoint.port - y->endpoint.port;
	if (order == 0)
		order = (int)x->endpoint.transport - (int)y->endpoint.transport;
	return order ? order : (x->pbx > y->pbx) - (x->pbx < y->pbx);
}

/* Two pbxs with the same endpoint fail together: most likely a typing error. */
void semantic_check_addresses(const struct semantic *x)
{
	const struct conf *c = x->conf;
	struct taken *rows;
	size_t count = 0;
	char text[ADDR_TEXT_LEN];

	for (size_t i = 0; i < c->pbx_count; i++)
		if (c->pbxs[i].view_count)
			count += c->pbxs[i].views[0].address_count *
				 c->pbxs[i].endpoint_count;
	rows = alloc_array(count, sizeof *rows);
	count = 0;
	for (size_t i = 0; i < c->pbx_count; i++) {
		const struct conf_pbx *p = &c->pbxs[i];

		for (size_t a = 0; p->view_count && a < p->views[0].address_count; a++)
			for (size_t e = 0; p->views[0].addresses[a].addr.family &&
					   e < p->endpoint_count;
			     e++)
				rows[count++] = (struct taken){
					.pbx = p,
					.address = &p->views[0].addresses[a],
					.endpoint = p->endpoints[e],
				};
	}
	qsort(rows, count, sizeof *rows, compare_taken);
	for (size_t i = 1; i < count; i++)
		if (rows[i].pbx != rows[i - 1].pbx &&
		    addr_equal(&rows[i].address->addr, &rows[i - 1].address->addr) &&
		    rows[i].endpoint.port == rows[i - 1].endpoint.port &&
		    rows[i].endpoint.transport == rows[i - 1].endpoint.transport)
			parse_notice(x->d,
				     parse_node(x->d, rows[i].address, rows[i].pbx),
				     NOTICE_SHARED_ADDRESS,
				     "%s is also an address of pbx "
				     "'%s': the two would fail together",
				     addr_format(&rows[i].address->addr, text),
				     rows[i - 1].pbx->name ? rows[i - 1].pbx->name
							   : "?");
	free(rows);
}
