/* Findings about PBXs: in the configuration, and from connections to them. */
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cmd/doctor_body.h"
#include "conf/conf.h"
#include "health/plan.h"
#include "health/slots.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/tls.h"

enum { CONNECT_MS = 2000, DAYS_FEW = 30, CALLS_MAX = 256 };

static bool is_of_this_host(const struct ifaddrs *all, const struct addr *a)
{
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		struct addr own;

		if (i->ifa_addr == NULL)
			continue;
		addr_from_sockaddr(i->ifa_addr, &own);
		own.scope = a->scope;
		if (addr_len(&own) && addr_equal(&own, a))
			return true;
	}
	return false;
}

static bool is_here(const struct ifaddrs *all, const struct conf_pbx *pbx)
{
	for (size_t n = 0; n < pbx->views[0].address_count; n++)
		if (is_of_this_host(all, &pbx->views[0].addresses[n].addr))
			return true;
	return false;
}

/* The members of a chain that run on this host. */
static size_t here_count(const struct ifaddrs *all, const struct conf *c, uint32_t home)
{
	const struct conf_pbx *pbx = &c->pbxs[home];
	size_t count = is_here(all, pbx);

	for (size_t i = 0; i < pbx->failover_count; i++)
		count += is_here(all, &c->pbxs[pbx->failover[i]]);
	return count;
}

static void examine_chain(struct patient *p, const struct ifaddrs *all,
			  const char *what, const char *name, uint32_t home)
{
	const struct conf *c = patient_conf(p);
	const struct conf_pbx *pbx = &c->pbxs[home];
	struct finding *f;

	if (pbx->failover_count == 0 && c->pbx_count > 1 && strcmp(what, "site") != 0)
		return; /* `conf check` has said so, with the place */
	if (pbx->failover_count == 0) {
		f = report(p, NOTE, "failover", "%s '%s' has no stand-in", what, name);
		why(f,
		    "when pbx '%s' goes down, there is no "
		    "other PBX to answer with",
		    pbx->name);
		remedy(f, "add one: pbx '%s', failover: [ ... ]", pbx->name);
	} else if (here_count(all, c, home) == pbx->failover_count + 1) {
		f = report(p, NOTE, "failover",
			   "%s '%s': all its PBXs are on this one host", what, name);
		why(f, "they fail together, and this node with them");
		remedy(f, "put the failover PBX and a second node on another host");
	}
}

/* A node on the host of a PBX fails with it: devices must query the other one first. */
static void examine_hosts(struct patient *p)
{
	const struct conf *c = patient_conf(p);
	struct ifaddrs *all = NULL;
	struct finding *f;

	if (getifaddrs(&all))
		return;
	for (size_t i = 0; i < c->pbx_count; i++) {
		if (!is_here(all, &c->pbxs[i]))
			continue;
		f = report(p, NOTE, "DNS order",
			   "this node is on the same host as "
			   "pbx '%s' and fails with it",
			   c->pbxs[i].name);
		why(f, "a device whose first DNS server is dead waits 5 s at every "
		       "look-up");
		remedy(f, "on devices that fail over from it, list another node first");
	}
	for (size_t i = 0; i < c->live_count; i++)
		if (!c->lives[i].by_site)
			examine_chain(p, all, "live name", c->lives[i].name.text,
				      c->lives[i].home);
	for (size_t i = 0; i < c->site_count; i++)
		examine_chain(p, all, "site", c->sites[i].name, c->sites[i].pbx);
	freeifaddrs(all);
}

/* One connection to one endpoint, while the loop turns. */
struct probe_call {
	struct patient *p;
	const struct plan_pbx *plan;
	enum transport transport;
	struct addr to;
	struct stream *stream;
	size_t *open_count;
	char at[ADDR_TEXT_LEN];
	bool done;
};

static void done(struct probe_call *k)
{
	if (!k->done)
		--*k->open_count;
	k->done = true;
}

static void judge_certificate(struct probe_call *k, const struct tls_certificate *c)
{
	const char *name = k->plan->conf.name;
	const char *for_name = NULL;
	struct finding *f;

	for (size_t i = 0; i < k->plan->name_count && for_name == NULL; i++)
		if (!stream_certificate_is_for(k->stream, k->plan->names[i]))
			for_name = k->plan->names[i];
	if (!k->plan->conf.verify)
		return;
	if (c->days_left < 0) {
		f = report(k->p, BAD, "certificates",
			   "the certificate of pbx '%s' at %s expired %d days ago",
			   name, k->at, -c->days_left);
	} else if (for_name) {
		f = report(k->p, BAD, "certificates",
			   "the certificate of pbx '%s' at %s "
			   "is not valid for %s",
			   name, k->at, for_name);
	} else if (!c->verified) {
		f = report(k->p, BAD, "certificates",
			   "the certificate of pbx '%s' at %s is not trusted: %s", name,
			   k->at, c->fault ? c->fault : "not verified");
		why(f, "phones reject it unless they trust another CA");
		remedy(f,
		       "install one that phones trust, or configure "
		       "its CA: pbx '%s', ca-file",
		       name);
		return;
	} else if (c->days_left <= DAYS_FEW) {
		f = report(k->p, NOTE, "certificates",
			   "the certificate of pbx '%s' at %s expires in %d days", name,
			   k->at, c->days_left);
	} else {
		(void)report(k->p, GOOD, "certificates",
			     "pbx '%s' at %s: valid for %d days", name, k->at,
			     c->days_left);
		return;
	}
	why(f, "phones reject such a certificate and get no service from this PBX");
	remedy(f, "renew it on the PBX, for all its live names");
}

static void on_opened(void *arg)
{
	struct probe_call *k = arg;
	struct tls_certificate c;

	if (k->transport == TRANSPORT_TLS && stream_certificate(k->stream, &c))
		judge_certificate(k, &c);
	done(k);
}

static void on_closed(void *arg, int reason)
{
	struct probe_call *k = arg;
	const char *text = stream_error(k->stream);
	struct finding *f;

	if (k->done)
		return;
	done(k);
	f = report(k->p, BAD, "endpoints", "pbx '%s': cannot connect over %s to %s: %s",
		   k->plan->conf.name, transport_name(k->transport), k->at,
		   text && *text ? text : err_text(reason));
	why(f, "devices that use it cannot register there");
	remedy(f,
	       "check that the PBX is up, that the port is open and that no firewall "
	       "blocks it; deputy probe %s --trace shows the messages",
	       k->plan->conf.name);
}

static size_t on_received(void *arg, const uint8_t *octets, size_t len)
{
	(void)arg;
	(void)octets;
	return len;
}

static const struct stream_calls calls = {
	.opened = on_opened,
	.received = on_received,
	.closed = on_closed,
};

static void call_endpoint(struct probe_call *k, struct loop *l)
{
	const struct conf_pbx *c = &k->plan->conf;
	struct stream_target target = { .to = k->to, .open_ms = CONNECT_MS };
	struct tls *tls = NULL;

	if (k->transport == TRANSPORT_TLS) {
		if (tls_client_new(c->ca_file, false, &tls))
			return;
		if (c->certificate)
			(void)tls_identify(tls, c->certificate, c->key_file);
		target.tls = tls; /* lives as long as this process */
		target.server_name = k->plan->name_count ? k->plan->names[0] : NULL;
	}
	(void)addr_format_port(&k->to, k->at);
	++*k->open_count;
	if (stream_connect(l, &target, &calls, k, &k->stream))
		done(k);
}

/* Adds the connections to one endpoint at all addresses. Returns how many there are. */
static size_t list_endpoint(struct patient *p, const struct plan_pbx *x,
			    const struct conf_endpoint *e, struct probe_call *list,
			    size_t count)
{
	const struct conf_pbx_view *v = &x->conf.views[0];

	for (size_t i = 0; i < v->address_count; i++) {
		if (v->addresses[i].addr.family == 0)
			continue;
		if (count < CALLS_MAX) {
			list[count] = (struct probe_call){
				.p = p,
				.plan = x,
				.transport = e->transport,
				.to = v->addresses[i].addr,
			};
			list[count].to.port = e->port;
		}
		count++;
	}
	return count;
}

/* The connections that a phone of no particular site would open: the first ones. */
static size_t list_calls(struct patient *p, const struct plan *plan,
			 struct probe_call *list)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->pbx_count; i++) {
		const struct plan_pbx *x = &plan->pbxs[i];

		for (size_t k = 0; k < x->conf.endpoint_count; k++)
			if (x->conf.endpoints[k].transport != TRANSPORT_UDP)
				count = list_endpoint(p, x, &x->conf.endpoints[k], list,
						      count);
	}
	if (count <= CALLS_MAX)
		return count;
	(void)report(p, NOTE, "connections",
		     "only the first %d over TCP and TLS were opened, %zu were not",
		     CALLS_MAX, count - CALLS_MAX);
	return CALLS_MAX;
}

static void examine_connections(struct patient *p)
{
	const struct conf *c = patient_conf(p);
	struct slots *slots = slots_new(c, NULL);
	struct plan *plan = plan_new(c, slots);
	struct probe_call *list = alloc_array(CALLS_MAX, sizeof(*list));
	struct loop *l = loop_new();
	size_t open_count = 0;
	size_t count = list_calls(p, plan, list);

	for (size_t i = 0; i < count; i++) {
		list[i].open_count = &open_count;
		call_endpoint(&list[i], l);
	}
	while (open_count)
		loop_turn(l, true);
	for (size_t i = 0; i < count; i++)
		stream_close(list[i].stream);
	free(list);
	loop_free(l);
	plan_free(plan);
	slots_free(slots);
}

/* A node that runs has seen what a connection would show, and judged it. */
void doctor_pbxs(struct patient *p)
{
	examine_hosts(p);
	if (!patient_runs(p))
		examine_connections(p);
}
